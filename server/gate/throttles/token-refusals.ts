/**
 * Access tokens that are shown by somebody who may not: without the key that they are bound to, or for what they were not given
 * for. That is what theft looks like, so it is on record, once a minute for each grant and network, and counted beyond that. A
 * network that goes on waits. Who shows a right token does not wait with it: there is nothing here that could be guessed.
 */
import { MINUTE } from '../../kernel/clock.ts';
import type { ProcessId } from '../../kernel/id.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import type { GateDeps } from '../gate-deps.ts';
import { blame } from './blame.ts';
import { createFewAMinute } from './few-a-minute.ts';
import { createSeldom } from './seldom.ts';
import type { Guess, Throttle } from './throttle.ts';

export interface RefusedToken {
  readonly grant: string;
  readonly process: ProcessId;
  readonly resource: { readonly kind: 'application' | 'api' | 'site'; readonly id: string };
}

/** Undefined for what is no token of ours. Gives the time until which its network waits, where it does. */
export type NoteRefusedToken = (
  token: RefusedToken | undefined,
  arrival: Arrival,
) => Promise<number | undefined>;

export function createTokenRefusals(
  { store, record, counter, clock }: Pick<GateDeps, 'store' | 'record' | 'counter' | 'clock'>,
  throttle: Throttle,
): NoteRefusedToken {
  const first = createSeldom(clock, MINUTE);
  const fewOfStrangers = createFewAMinute(clock);
  return async (token, arrival) => {
    const { network, door } = arrival;
    const guess: Guess = {
      account: undefined,
      knownDevice: undefined,
      network: token === undefined ? `${network} tokens` : `${network} ${token.grant}`,
      within: network,
    };
    const blocked = await throttle.blocked(guess);
    const tell = token === undefined ? fewOfStrangers(network) : first(guess.network);
    if (!tell) {
      counter.count({
        type: 'decision.counted',
        outcome: 'refused',
        subject: token?.process,
        door,
        action: 'enter',
        resource: token?.resource ?? { kind: 'part', id: 'portal' },
      });
    }
    if (blocked !== undefined && !tell) return blocked.retryAt;
    await store.write(async (tx) => {
      if (tell) {
        await record.append(tx, {
          type: 'entry.refused',
          outcome: 'refused',
          ...byArrival(arrival),
          subject: token?.process,
          reason: 'not-valid',
          data: {
            scopes: [],
            ...(token === undefined ? {} : { resource: token.resource, grant: token.grant }),
          },
        });
      }
      if (blocked === undefined) await blame(tx, { throttle, record }, guess, arrival);
    });
    return blocked?.retryAt;
  };
}
