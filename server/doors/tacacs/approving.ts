/** A log-in that is finished with a passkey in the browser (gate/network/log-in-approvals.ts), as a prompt that shows the number. */
import type { Arrival } from '../../gate/arrival.ts';
import { MOST_ASKS, NOT_YET, whereToType } from '../../gate/network/elsewhere.ts';
import type { LogInOutcome, Network } from '../../gate/network/network-words.ts';
import type { OpenAttempt } from '../../gate/outcome.ts';
import { type Clock, MINUTE } from '../../kernel/clock.ts';
import type { Continue, Reply } from '../../wire/tacacs/authentication.ts';

/** When somebody for whom too much waits may try again: by then most of it is over. */
const AGAIN = 2 * MINUTE;

export type ApproveElsewhere = (
  attempt: OpenAttempt,
  station: string | undefined,
  arrival: Arrival,
) => AsyncGenerator<Reply, LogInOutcome, Continue>;

export function createApproveElsewhere({
  network,
  clock,
  origin,
  prompt,
}: {
  readonly network: Pick<Network, 'hold' | 'collect' | 'withdraw'>;
  readonly clock: Clock;
  readonly origin: () => string;
  readonly prompt: (text: string) => Reply;
}): ApproveElsewhere {
  return async function* approve({ token }, station, arrival) {
    const held = await network.hold(token, { numbered: true, station }, arrival);
    if (held.state === 'refused' && held.reason === 'too-many') {
      return { state: 'refused', reason: 'throttled', retryAt: clock.now() + AGAIN };
    }
    // What can't be shown at the prompt is refused, as where it is not held at all.
    if (held.state === 'refused' || held.number === undefined) {
      return { state: 'refused', reason: 'not-permitted' };
    }
    const says = `${whereToType(origin(), held.number)}: `;
    let open = true;
    try {
      for (let asks = 0; asks < MOST_ASKS; asks += 1) {
        yield prompt(asks === 0 ? says : `${NOT_YET} ${says}`);
        const collected = await network.collect(token, arrival);
        if (collected.state === 'waiting') continue;
        open = false;
        return collected;
      }
      return { state: 'refused', reason: 'attempt-over' };
    } finally {
      // Given up at the device, too.
      if (open) await network.withdraw(token, arrival);
    }
  };
}
