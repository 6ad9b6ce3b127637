/** A log-in that is finished with a passkey in the browser (gate/network/approvals.ts), as a prompt that shows the number. */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { Arrival } from '../../gate/arrival.ts';
import type { LogInOutcome, Network } from '../../gate/network/network-words.ts';
import type { OpenAttempt } from '../../gate/outcome.ts';
import { type Clock, MINUTE } from '../../kernel/clock.ts';
import type { Continue, Reply } from '../../wire/tacacs/authentication.ts';

/** What can be shown on our pages and at no prompt. */
export const ELSEWHERE: readonly ProofKind[] = ['webauthn', 'card'];
const LIFETIME = 2 * MINUTE;
const MOST_ASKS = 20;

export const finishesElsewhere = ({ challenges }: OpenAttempt): boolean =>
  challenges.some(({ kind }) => ELSEWHERE.includes(kind));

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
    const held = await network.hold(
      token,
      { numbered: true, station, lifetime: LIFETIME },
      arrival,
    );
    if (held.state === 'refused') {
      return held.reason === 'too-many'
        ? { state: 'refused', reason: 'throttled', retryAt: clock.now() + LIFETIME }
        : { state: 'refused', reason: 'not-permitted' };
    }
    const says = `Open ${origin()}/me and type ${held.number} there. Then press Enter here: `;
    let open = true;
    try {
      for (let asks = 0; asks < MOST_ASKS; asks += 1) {
        yield prompt(asks === 0 ? says : `It is not approved yet. ${says}`);
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
