/**
 * Requests that come again (RFC 5080 §2.2.2): a network device that hears nothing sends the same packet once more. It gets the answer
 * that it was given, and nobody is judged twice: a code would be spent, and a guess counted, for a packet that was lost.
 *
 * Only what a network device signed gets here. What is kept is bounded; the oldest goes first, and going costs no more than a second
 * judgement.
 */
import { createAgingMap } from '../../kernel/aging-map.ts';
import type { Clock } from '../../kernel/clock.ts';
import { equal } from '../../kernel/equal.ts';

/** As long as a device may go on trying, and longer than its timeouts are (RFC 5080 §2.2.2 names 5 to 30 seconds). */
const KEEP = 30_000;
const MARGIN = 5000;
const MOST = 50_000;

export interface Pending {
  /** What it is answered with; nothing where it is not to be answered. */
  done(answer: Uint8Array | undefined): void;
  /** Whether the answer is still awaited: whoever uses the identifier again, for another request, awaits that one. */
  wanted(): boolean;
}

export type Met =
  | { readonly state: 'new'; readonly pending: Pending }
  /** It is being judged: the answer to the first one is on its way. */
  | { readonly state: 'judged-now' }
  | { readonly state: 'answered'; readonly answer: Uint8Array };

export interface Duplicates {
  /** `from` is who sent it, by address and port; the rest tells their requests apart. */
  meet(from: string, identifier: number, authenticator: Uint8Array): Met;
}

interface Kept {
  readonly authenticator: Uint8Array;
  answer: Uint8Array | undefined;
}

/** `longest` is how long a judgement may take: what is sent again meanwhile has to meet it. */
export function createDuplicates(clock: Clock, longest = 0): Duplicates {
  const kept = createAgingMap<string, Kept>({
    most: MOST,
    keep: { clock, for: Math.max(KEEP, longest + MARGIN) },
  });

  return {
    meet(from, identifier, authenticator) {
      const key = `${from}/${identifier}`;
      const before = kept.get(key);
      if (before !== undefined && equal(before.authenticator, authenticator)) {
        const { answer } = before;
        return answer === undefined ? { state: 'judged-now' } : { state: 'answered', answer };
      }
      // Where the identifier is used again, for another request, the answer to the one before is wanted no more.
      const mine: Kept = { authenticator: authenticator.slice(), answer: undefined };
      kept.set(key, mine);
      return {
        state: 'new',
        pending: {
          wanted: () => kept.get(key) === mine,
          done(answer) {
            if (answer !== undefined) mine.answer = answer;
            else if (kept.get(key) === mine) kept.delete(key);
          },
        },
      };
    },
  };
}
