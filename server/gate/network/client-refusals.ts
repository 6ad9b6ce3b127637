/**
 * Whoever speaks RADIUS or TACACS+ and is no network device of ours, or can't show that they are: on record once a minute for each
 * address and cause and so often a minute in all, and counted beyond that, since packets cost their sender nothing.
 */
import type { EventData } from '@sallyport/contract/events.ts';
import { MINUTE } from '../../kernel/clock.ts';
import type { DeviceId } from '../../kernel/id.ts';
import type { GateDeps } from '../gate-deps.ts';
import { createSeldom } from '../throttles/seldom.ts';

export type ClientRefusal = EventData<'network.client-refused'>['why'];

export interface RefusedClient {
  readonly protocol: 'radius' | 'tacacs';
  readonly why: ClientRefusal;
  readonly address: string;
  /** The network device that it came as, where there is one. */
  readonly client?: { readonly device: DeviceId; readonly name: string } | undefined;
}

/** Never throws: what can't be written is reported, and nobody was heard all the same. */
export type NoteRefusedClient = (refused: RefusedClient) => Promise<void>;

const MOST_A_MINUTE = 60;

export function createClientRefusals({
  store,
  record,
  counter,
  clock,
  report,
}: Pick<GateDeps, 'store' | 'record' | 'counter' | 'clock' | 'report'>): NoteRefusedClient {
  const first = createSeldom(clock, MINUTE);
  let running = { minute: 0, told: 0 };

  function isToTell(key: string): boolean {
    const minute = Math.floor(clock.now() / MINUTE);
    if (running.minute !== minute) running = { minute, told: 0 };
    if (running.told >= MOST_A_MINUTE || !first(key)) return false;
    running.told += 1;
    return true;
  }

  return async ({ protocol, why, address, client }) => {
    try {
      if (!isToTell(`${protocol} ${why} ${address}`)) {
        counter.count({
          type: 'decision.counted',
          outcome: 'refused',
          subject: client?.device,
          door: protocol,
          action: 'logIn',
          resource: { kind: 'part', id: 'network' },
        });
        return;
      }
      await store.write((tx) =>
        record.append(tx, {
          type: 'network.client-refused',
          outcome: 'refused',
          subject: client?.device,
          door: protocol,
          reason: 'not-permitted',
          personal: { address },
          data: { protocol, why, ...(client === undefined ? {} : { client: client.name }) },
        }),
      );
    } catch (fault) {
      report(fault);
    }
  };
}
