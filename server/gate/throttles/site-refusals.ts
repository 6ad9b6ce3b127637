/**
 * Requests to sites that are refused before anyone is asked who they are: what a proxy tells can be read in two ways, a cookie comes
 * twice, a path is none that a rule fits. Anyone can make them, and who does may be looking for a way round the rules; so it is on
 * record, once a minute for each network and so often a minute in all, and counted beyond that.
 */
import type { EventData } from '@sallyport/contract/events.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import type { GateDeps } from '../gate-deps.ts';
import { createFewAMinute } from './few-a-minute.ts';
import { createTellOrCount } from './tell-or-count.ts';

export type SiteFault = EventData<'proxy.refused'>['fault'];

/** `host` as it was asked for, where that could be read. */
export type NoteRefusedAtSite = (
  fault: SiteFault,
  host: string | undefined,
  arrival: Arrival,
) => Promise<void>;

export function createSiteRefusals(
  deps: Pick<GateDeps, 'store' | 'record' | 'clock'> & {
    readonly counter: Pick<GateDeps['counter'], 'count'>;
  },
): NoteRefusedAtSite {
  const tellOrCount = createTellOrCount(deps, createFewAMinute(deps.clock));

  return (fault, host, arrival) => {
    const { network, door } = arrival;
    return tellOrCount(
      `${network} ${fault}`,
      {
        type: 'proxy.refused',
        outcome: 'refused',
        ...byArrival(arrival),
        data: { fault, ...(host === undefined ? {} : { host: host.slice(0, 128) }) },
      },
      { subject: undefined, door, action: 'enter', resource: { kind: 'part', id: 'portal' } },
    );
  };
}
