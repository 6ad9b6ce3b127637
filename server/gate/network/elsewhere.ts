/**
 * What the doors of the network say alike of a log-in that is finished in a browser (log-in-approvals.ts), and how often they say it. When
 * they say it is their own, since no two protocols wait alike.
 */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { OpenAttempt } from '../outcome.ts';

/** What can be shown on our pages, and through no network device. */
export const ELSEWHERE: readonly ProofKind[] = ['webauthn', 'card'];

/** How often somebody may ask how it stands. */
export const MOST_ASKS = 20;

export const NOT_YET = 'It is not approved yet.';

/** Whether it asks for what can be shown there. */
export const finishesElsewhere = ({ challenges }: Pick<OpenAttempt, 'challenges'>): boolean =>
  challenges.some(({ kind }) => ELSEWHERE.includes(kind));

export const whereToType = (origin: string, number: number): string =>
  `Open ${origin}/me and type ${number} there. Then press Enter here`;
