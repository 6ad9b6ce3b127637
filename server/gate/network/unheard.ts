/**
 * Whoever speaks RADIUS or TACACS+ and is no network device of ours, or can't show that they are: on record once a minute for each
 * address and cause and so often a minute in all, and counted beyond that, since packets cost their sender nothing.
 */
import { byArrival } from '../arrival.ts';
import type { GateDeps } from '../gate-deps.ts';
import { createFewAMinute } from '../throttles/few-a-minute.ts';
import type { Network } from './network-words.ts';

export function createUnheard({
  store,
  record,
  counter,
  clock,
  report,
}: Pick<GateDeps, 'store' | 'record' | 'counter' | 'clock' | 'report'>): Network['unheard'] {
  const isToTell = createFewAMinute(clock);

  return async (why, { protocol, client }, arrival) => {
    // Never throws: what can't be written is reported, and nobody was heard all the same.
    try {
      if (!isToTell(`${protocol} ${why} ${arrival.address}`)) {
        counter.count({
          type: 'decision.counted',
          outcome: 'refused',
          subject: client?.device,
          door: arrival.door,
          action: 'logIn',
          resource: { kind: 'part', id: 'network' },
        });
        return;
      }
      await store.write((tx) =>
        record.append(tx, {
          type: 'network.client-refused',
          outcome: 'refused',
          ...byArrival(arrival),
          subject: client?.device,
          reason: 'not-permitted',
          data: { protocol, why, ...(client === undefined ? {} : { client: client.name }) },
        }),
      );
    } catch (fault) {
      report(fault);
    }
  };
}
