/**
 * What a proof is. One folder a kind stands beside this file; each exports a factory that gives a ProofModule.
 *
 * To add a kind: copy the folder nearest to it, give it its own `kind` in contract/proofs.ts, implement the functions below,
 * add one line to main/proofs.ts and its line to test/proofs/kinds.ts. Nothing else changes.
 *
 * A proof verifies; it never grants. It knows nothing of policy, sessions or throttles: the gate decides what is asked for,
 * counts failures before anything is computed here, and writes the record. Slow work (hashing, signatures) happens in
 * `verify` and `finishEnrolment`, outside any transaction; what must happen at most once is a conditional update in `spend`
 * or `commit`, inside the gate's transaction.
 */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Id, Ids, SubjectId } from '../kernel/id.ts';
import type { Random } from '../kernel/random.ts';
import type { Result } from '../kernel/result.ts';
import type { Queries, Tx } from '../store/store.ts';
import type { Box, Vault } from '../vault/vault.ts';

export type ProofId = Id<'proof'>;
export type Factor = 'know' | 'have' | 'are';

/** What a proof is worth. Assurance is computed from these each time, and stored nowhere. */
export interface ProofClass {
  readonly kind: ProofKind;
  readonly factors: readonly Factor[];
  readonly phishingResistant: boolean;
  /** What was shown can't be shown again: codes of one use, signatures over a nonce. */
  readonly replayResistant: boolean;
  readonly hardwareBound: boolean;
  /** Good for enrolling proofs and for nothing else. */
  readonly enrolmentOnly: boolean;
  /** How much it asks of a person, from 0; the ladder offers the least first. */
  readonly effort: number;
}

/** A proof that a subject holds: one row, whatever its kind. `sealed` opens with the subject's box. */
export interface HeldProof {
  readonly id: ProofId;
  readonly subject: SubjectId;
  readonly kind: ProofKind;
  readonly name: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  /** Public facts of the kind's own, as JSON: algorithm, AAGUID, transports. Never a secret. */
  readonly detail: string;
  readonly sealed: Uint8Array | null;
  /** Only ever rises, by conditional update: the last TOTP step accepted, a signature count. */
  readonly counter: number;
}

/** What the gate knows of the moment at which a proof is asked for or offered. */
export interface Moment {
  readonly now: number;
  /** The door's name: work that waits for its turn waits in its own door's queue. */
  readonly door: string;
  /** 32 random bytes of this attempt and step: what a signature must cover. */
  readonly nonce: Uint8Array;
  /** Where the person's browser says it is; undefined for doors without origins. */
  readonly origin: string | undefined;
  /** The address that the request came from. */
  readonly source: string;
}

export type WrongReason =
  | 'wrong' // does not match
  | 'used' // matched, but was accepted before
  | 'expired'
  | 'malformed' // not of the form that this kind has
  | 'not-held' // the subject has no proof of this kind
  | 'not-here' // held, but not usable from this network or origin
  | 'busy'; // not judged: there was no room for the work. It is no guess and counts as none; `retryAt` says when to come back

export type Verdict =
  | {
      readonly sound: true;
      readonly proof: ProofId;
      readonly class: ProofClass;
      /** When what was shown is over by itself, as a certificate is: a session that rests on it ends no later. */
      readonly until?: number;
      /**
       * Takes what may be used only once, by one conditional change of one row; false when another request was first. Called once, in
       * the gate's transaction, which may expect the change instead of waiting for it (`tx.expect`): then `run` says 1, and all is undone
       * where it was not so. So nothing else may depend on what `run` says.
       */
      spend(tx: Pick<Tx, 'run'>): Promise<boolean>;
      /** What is worth an event of its own, such as a signature count that went back. */
      readonly notes: readonly ProofNote[];
    }
  | {
      readonly sound: false;
      readonly reason: WrongReason;
      readonly proof?: ProofId;
      /** When trying again can help: the next code's time. */
      readonly retryAt?: number;
    };

export type ProofNote =
  | 'sign-count-regressed'
  | 'clock-drift-learnt'
  | 'rehashed'
  | 'last-recovery-code'
  | 'breached';

/** What a client needs to make the proof, safe to show to whoever holds the attempt. */
export interface Challenge {
  readonly kind: ProofKind;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Enrolment {
  /** Sealed by the caller and given back to `finishEnrolment`: what the server must remember meanwhile. */
  readonly state: Uint8Array;
  /** What the person or browser needs: a QR text, creation options. */
  readonly offer: Readonly<Record<string, unknown>>;
}

export type EnrolmentError =
  | { readonly code: 'malformed'; readonly detail: string }
  | { readonly code: 'wrong' } // the confirming code or signature does not match
  | { readonly code: 'too-short' | 'too-long' | 'breached' | 'guessable' }
  | { readonly code: 'not-allowed'; readonly detail: string } // an authenticator outside the allow-list
  | { readonly code: 'held-already' }
  | { readonly code: 'too-many' }
  | { readonly code: 'busy'; readonly retryAt: number };

export interface Enrolling {
  readonly subject: SubjectId;
  /** What the person signs in as: the label that their app or browser shows. */
  readonly account: string;
  /** Words of the person's own, which a password must not be guessable from. */
  readonly names: readonly string[];
  /** All that the subject holds, of whatever kind. */
  readonly held: readonly HeldProof[];
  readonly box: Box;
  readonly moment: Moment;
}

/** What is shown once, after the commit: recovery codes. */
export interface Enrolled {
  readonly proof: ProofId;
  readonly shownOnce?: readonly string[];
}

/** An enrolment that needs nothing more but to be written, which can still find that another was first. */
export interface Ready {
  commit(tx: Tx): Promise<Result<Enrolled, EnrolmentError>>;
}

export interface ProofModule {
  readonly kind: ProofKind;
  /** How many a subject can have; with one, enrolling again replaces it. */
  readonly most: number;
  /** Whether a sign-in may begin with it: its challenge tells nothing of the account. */
  readonly opens: boolean;
  /** Whether it stands on its own as a way in; not what is kept for the day when all else is lost. */
  readonly stands: boolean;
  /** Whether it can be guessed, so that guesses at it are counted for the account. A signature can't. */
  readonly guessable: boolean;
  /** Whether it is verified in no time, by what is loaded: then that needs no place under the throttles beforehand (prove.ts). */
  readonly atOnce?: boolean;
  /** The worth of a held proof, or of the kind in general when none is given (for simulation). */
  describe(held?: HeldProof): ProofClass;
  /** The host that alone it can be shown at, where that is not ours (a passkey); kinds that can be shown anywhere leave it out. */
  otherHost?(held: HeldProof): string | undefined;
  /**
   * Everywhere below `held` may have proofs of other kinds among it: a module looks at its own.
   * `held` is empty for an unknown account, and the answer must then look like anyone's.
   */
  challenge(held: readonly HeldProof[], moment: Moment): Challenge;
  /** Finds whom an offer that names no one belongs to (a passkey); kinds that can't leave it out. */
  identify?(q: Queries, offer: unknown): Promise<SubjectId | undefined>;
  /**
   * Judges an offer, which is hostile input. With `held` empty it does the same work as for a wrong proof, so that time
   * tells nothing. Never throws for anything in the offer.
   */
  verify(
    q: Queries,
    held: readonly HeldProof[],
    box: Box | undefined,
    offer: unknown,
    moment: Moment,
  ): Promise<Verdict>;
  beginEnrolment(
    enrolling: Enrolling,
    options: unknown,
  ): Promise<Result<Enrolment, EnrolmentError>>;
  finishEnrolment(
    enrolling: Enrolling,
    state: Uint8Array,
    offer: unknown,
  ): Promise<Result<Ready, EnrolmentError>>;
}

/** What every kind may be built with; a kind that needs more adds it to its own. */
export interface ProofDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly vault: Vault;
}
