/** The gate's three answers, in the words that every door speaks. */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { PersonId } from '../kernel/id.ts';
import type { Challenge } from '../proofs/proof.ts';
import type { LoggedIn } from './network/logged-in.ts';
import type { SessionId } from './sessions/session-table.ts';

export type Outcome = Granted | Challenged | Refused;

export interface Granted {
  readonly state: 'granted';
  readonly grant: Grant;
}

/** Of an attempt at a network device: those are the doors of the network alone, and nobody else is answered so. */
export interface Admitted {
  readonly state: 'admitted';
  readonly login: LoggedIn;
}

export interface Challenged {
  readonly state: 'challenged';
  readonly attempt: OpenAttempt;
}

export interface Refused {
  readonly state: 'refused';
  readonly reason: RefusedReason;
  /** When trying again can help. */
  readonly retryAt?: number;
  /** The attempt, when it is still open for another try. */
  readonly attempt?: OpenAttempt;
}

/**
 * What a refused person is told: only what they can act on. Why exactly is on the record.
 *
 * - `wrong`: what was offered did not match, or nobody goes by that name, or they may not sign in: all look alike;
 * - `used`: the code was right, and was used before;
 * - `throttled`: too many tries, wait until `retryAt`;
 * - `busy`: too much is asked of us at once, come back at `retryAt`; it counted as no try;
 * - `attempt-over`: the attempt expired, was finished, or had too many tries: begin again;
 * - `not-permitted`: no proof that the person holds is enough for this;
 * - `not-asked`: that proof is not among those asked for;
 * - `no-session`: there is no session, or it has ended: sign in;
 * - `unproven-key`: the browser has to show its key first (bound-sessions.ts), and then ask again;
 * - `unavailable`: something failed on our side.
 */
const refusedReasons = [
  'wrong',
  'used',
  'throttled',
  'busy',
  'attempt-over',
  'not-permitted',
  'not-asked',
  'no-session',
  'unproven-key',
  'unavailable',
] as const;
export type RefusedReason = (typeof refusedReasons)[number];

export interface OpenAttempt {
  /** Names the attempt and proves that it is the holder's own. */
  readonly token: string;
  /** What may be offered next, the least effort first. */
  readonly challenges: readonly Challenge[];
  /** What was proven so far. */
  readonly proven: readonly ProofKind[];
  readonly expiresAt: number;
}

export interface Grant {
  readonly subject: PersonId;
  /** What the session is good for. */
  readonly kind: SessionKind;
  readonly session: { readonly id: SessionId; readonly token: string; readonly expiresAt: number };
  /** Of a session that took the place of a bound one: its browser's key need not be shown again. */
  readonly keyProof?: string;
  /** Remembers that this browser signed in as this person. */
  readonly device?: { readonly token: string; readonly expiresAt: number };
}

/**
 * `full` is a person who signed in; `enrolment` one who came with a pass, and may enrol proofs; `token` a script that acts
 * within its scopes.
 */
export type SessionKind = 'full' | 'enrolment' | 'token';
