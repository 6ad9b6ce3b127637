/**
 * What a proof of a process is. One folder a kind stands beside this file; each exports a factory that gives a
 * ProcessProofModule. Strongest first:
 *
 *     certificate   a client certificate, pinned or of a trusted CA (RFC 8705 §2)
 *     key           a signed assertion of the process's own key, private_key_jwt (RFC 7523, OpenID Connect Core §9)
 *     workload      a token that another issuer gave the workload, so that no secret exists at all (RFC 7523 §3, SPIFFE)
 *     secret        a shared secret: shown once, kept as a hash
 *
 * To add a kind: its word in contract/processes.ts, in its place by strength; a folder here, copied from the nearest; a line
 * in main/process-proofs.ts; its rows in test/proofs/process-kinds.ts. Nothing else changes.
 *
 * It differs from a proof of a person (proof.ts) in that nobody is asked anything: a process comes with its proof, in one
 * request, and `verify` is all that there is. As there, a proof verifies and never grants; it knows neither policy nor
 * throttles; what is slow (signatures, fetching keys) happens in `verify`, outside any transaction; and what may happen once
 * is a conditional write in `spend`, inside the gate's transaction.
 *
 * What is held is a row of the same table as the proofs of people. Nothing in it is a secret: public keys, rules, the hash of
 * 256 random bits. Each has a time from which and until which it is good, and several of a kind stand beside one another, so
 * that keys rotate with an overlap: add the new one, move the process over, remove the old one.
 */
import type { ProcessProofKind } from '@sallyport/contract/processes.ts';
import type { RestsOn } from '../authority/x509/authority-words.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Ids, ProcessId } from '../kernel/id.ts';
import type { Random } from '../kernel/random.ts';
import type { Result } from '../kernel/result.ts';
import type { Tx } from '../store/store.ts';
import type { ProofClass, ProofId, WrongReason } from './proof.ts';
import type { Once } from './spent-table.ts';

/** What a proof of a process is worth, in the words in which proofs of people are. */
export type ProcessProofClass = Omit<ProofClass, 'kind'> & { readonly kind: ProcessProofKind };

/** A proof that a process holds: one row, whatever its kind. */
export interface HeldProcessProof {
  readonly id: ProofId;
  readonly process: ProcessId;
  readonly kind: ProcessProofKind;
  readonly name: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  /** What it is checked with, as JSON of the kind's own, within the frame that every kind has (process-held.ts). */
  readonly detail: string;
  /** From when it is good. */
  readonly notBefore: number;
  /** Until when; null for a trust in others, which ends when it is removed. */
  readonly expiresAt: number | null;
  /** Another took its place, and it ends by itself. */
  readonly replaced: boolean;
}

/** One proof as it came with a request: hostile, whatever its type says. */
export interface ProcessOffer {
  readonly kind: ProcessProofKind;
  readonly data: unknown;
}

/** What the gate knows of the moment at which a proof comes. */
export interface ProcessMoment {
  readonly now: number;
  /** Who it says it is, as it was said: an assertion must name the same. */
  readonly claimed: string;
  /** The process that goes by that, if there is one: the names that an assertion may call it by. */
  readonly process: { readonly id: ProcessId; readonly name: string } | undefined;
  /** What it is held to, where it is an application. */
  readonly profile?: 'fapi2' | undefined;
}

export type ProcessVerdict =
  | {
      readonly sound: true;
      readonly proof: ProofId;
      readonly class: ProcessProofClass;
      /** Takes what may be used only once; false when it was used before. Called once, in the gate's transaction. */
      spend(tx: Tx): Promise<boolean>;
      /** What was presented, where a token can be bound to it: the thumbprint of a certificate (RFC 8705 §3.1). */
      readonly confirmation?: Confirmation;
      /** Others who vouch for it, and may stop to: noted with what is granted by it. */
      readonly rests?: RestsOn;
      /** When what was presented is over by itself, and so is what is granted by it. */
      readonly until?: number;
    }
  | {
      readonly sound: false;
      /** `no-keys`: those that it is checked with are published elsewhere, and could not be fetched; `retryAt` says when they are tried again. */
      readonly reason: WrongReason | 'revoked' | 'no-keys';
      readonly proof?: ProofId;
      /** When trying again can help. */
      readonly retryAt?: number;
    };

/** What a token is bound to, as its `cnf` says it (RFC 7800 §3): a key (RFC 9449 §6) or a certificate (RFC 8705 §3.1). */
export type Confirmation = { readonly jkt: string } | { readonly 'x5t#S256': string };

export type ProcessProofError =
  | { readonly code: 'malformed'; readonly detail: string }
  /** Well-formed, and too weak: a short key, a life that is too long. */
  | { readonly code: 'not-allowed'; readonly detail: string }
  | { readonly code: 'held-already' }
  | { readonly code: 'too-many' };

export interface AddingProcessProof {
  readonly process: ProcessId;
  readonly name: string;
  /** All that the process holds, of whatever kind. */
  readonly held: readonly HeldProcessProof[];
  /** The kind's own settings, which came from outside. */
  readonly settings: unknown;
  /** Now, unless it says later. */
  readonly notBefore?: number | undefined;
  /** As late as the kind allows, unless it says earlier. */
  readonly expiresAt?: number | undefined;
}

export interface AddedProcessProof {
  readonly proof: ProofId;
  readonly expiresAt: number | null;
  /** What is shown once, after the commit: a secret. */
  readonly shownOnce?: readonly string[];
}

/** Whose words they are, as their client is called to us. */
export interface WordsAsked {
  readonly client: string;
  readonly now: number;
  readonly profile?: 'fapi2';
}

export interface SignedWords {
  readonly words: Readonly<Record<string, unknown>>;
  /** To be spent before they are believed. */
  readonly once: Once;
}

export interface WordsFault {
  readonly reason: WrongReason;
  readonly retryAt?: number;
}

export interface ProcessProofModule {
  readonly kind: ProcessProofKind;
  /** How many a process can have at once. */
  readonly most: number;
  /** Whether it can be guessed, so that guesses at it are counted for the process. A signature can't. */
  readonly guessable: boolean;
  /** The worth of a held proof, or of the kind in general when none is given. */
  describe(held?: HeldProcessProof): ProcessProofClass;
  /** Who an offer itself says it comes from, unchecked; undefined for kinds that say nothing of it. */
  claims(data: unknown): string | undefined;
  /** What a held proof is, in public words: the thumbprint of a key, an issuer and a rule. Never a hash of a secret. */
  shown(held: HeldProcessProof): Readonly<Record<string, unknown>>;
  /** The CA that a held proof takes certificates of, in DER, where it names one. */
  namedCa?(held: HeldProcessProof): Uint8Array | undefined;
  add(tx: Tx, adding: AddingProcessProof): Promise<Result<AddedProcessProof, ProcessProofError>>;
  /**
   * Judges an offer, which is hostile input. `held` may have proofs of other kinds among it, and is empty where nobody is
   * known. Never throws for anything in the offer.
   */
  verify(
    held: readonly HeldProcessProof[],
    data: unknown,
    moment: ProcessMoment,
  ): Promise<ProcessVerdict>;
  /** What was signed beside a proof, where this kind signs: as hostile as an offer. */
  signed?(
    held: readonly HeldProcessProof[],
    text: string,
    asked: WordsAsked,
  ): Promise<Result<SignedWords, WordsFault>>;
}

export type ProcessProofModules = Readonly<Record<ProcessProofKind, ProcessProofModule>>;

/** What every kind may be built with; a kind that needs more adds it to its own. */
export interface ProcessProofDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
}
