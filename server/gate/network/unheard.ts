/**
 * Whoever speaks RADIUS or TACACS+ and is no network device of ours, or can't show that they are: on record once a minute for each
 * address and cause and so often a minute in all, and counted beyond that, since packets cost their sender nothing.
 */
import { byArrival } from '../arrival.ts';
import type { GateDeps } from '../gate-deps.ts';
import { createFewAMinute } from '../throttles/few-a-minute.ts';
import { createTellOrCount } from '../throttles/tell-or-count.ts';
import type { Network } from './network-words.ts';

export function createUnheard(
  deps: Pick<GateDeps, 'store' | 'record' | 'counter' | 'clock' | 'report'>,
): Network['unheard'] {
  const tellOrCount = createTellOrCount(deps, createFewAMinute(deps.clock));

  return async (why, { protocol, client }, arrival) => {
    // Never throws: what can't be written is reported, and nobody was heard all the same.
    try {
      const { door, address } = arrival;
      const subject = client?.device;
      await tellOrCount(
        `${protocol} ${why} ${address}`,
        {
          type: 'network.client-refused',
          outcome: 'refused',
          ...byArrival(arrival),
          subject,
          reason: 'not-permitted',
          data: { protocol, why, ...(client === undefined ? {} : { client: client.name }) },
        },
        { subject, door, action: 'logIn', resource: { kind: 'part', id: 'network' } },
      );
    } catch (fault) {
      deps.report(fault);
    }
  };
}
