/**
 * Requests of clients that are refused before anyone is asked who they are: credentials that come twice, a proof of possession that is
 * none, a form that can be read in two ways. Nothing was guessed at, so nobody waits for it; but somebody tries, and that is on record,
 * once a minute for each network and so often a minute in all, and counted beyond that.
 */
import type { EventData } from '@sallyport/contract/events.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import type { GateDeps } from '../gate-deps.ts';
import { createFewAMinute } from './few-a-minute.ts';
import { createTellOrCount } from './tell-or-count.ts';

export type RequestFault = NonNullable<EventData<'entry.refused'>['fault']>;

export type NoteRefusedRequest = (fault: RequestFault, arrival: Arrival) => Promise<void>;

export function createRequestRefusals(
  deps: Pick<GateDeps, 'store' | 'record' | 'counter' | 'clock'>,
): NoteRefusedRequest {
  const tellOrCount = createTellOrCount(deps, createFewAMinute(deps.clock));

  return (fault, arrival) => {
    const { network, door } = arrival;
    return tellOrCount(
      `${network} ${door} ${fault}`,
      {
        type: 'entry.refused',
        outcome: 'refused',
        ...byArrival(arrival),
        reason: 'malformed',
        data: { scopes: [], fault },
      },
      { subject: undefined, door, action: 'enter', resource: { kind: 'part', id: 'portal' } },
    );
  };
}
