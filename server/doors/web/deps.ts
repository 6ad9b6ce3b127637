/**
 * What the web door needs of the house. It frames pages and forms; every question in it is answered by the gate, and every
 * call names the session it is made in, so that each is judged anew.
 */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { Logger } from 'pino';
import type { Arrival } from '../../gate/arrival.ts';
import type { Ask } from '../../gate/ask.ts';
import type { OpenAttempt, Outcome, RefusedReason, SessionKind } from '../../gate/outcome.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { PersonId } from '../../kernel/id.ts';
import type { Random } from '../../kernel/random.ts';
import type { EnrolmentError, ProofClass, ProofId } from '../../proofs/proof.ts';

export interface WebDoorDeps {
  readonly gate: WebGate;
  readonly portal: Portal;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** 32 bytes, the same on every node: cookies and form tokens are sealed under keys made from it. */
  readonly key: Uint8Array;
  /** The address that browsers know us by, and whether it is HTTPS. */
  readonly origin: () => string;
  readonly secure: boolean;
  readonly trustedNetwork: (address: string) => boolean;
  /** Whose sign-in this is, shown on its pages; undefined when the configuration does not say. */
  readonly organisation: string | undefined;
}

export interface WebGate {
  ask(ask: Ask, arrival: Arrival): Promise<Outcome>;
  prove(attempt: string, offer: Offer, arrival: Arrival): Promise<Outcome>;
  /** The open attempt as its holder sees it, unchanged: a page is shown again after each redirect and reload. */
  look(attempt: string, arrival: Arrival): Promise<OpenAttempt | undefined>;
}

export interface Offer {
  readonly kind: ProofKind;
  /** What the kind's own `verify` reads: `{ password }`, `{ code }` or the browser's credential as JSON. */
  readonly data: unknown;
}

/** A use case of the portal: done, or a proof has to be shown again first (then ask the gate to step up), or refused. */
export type Performed<T = undefined> =
  | { readonly state: 'done'; readonly value: T }
  | { readonly state: 'needs-proof' }
  | { readonly state: 'refused'; readonly reason: RefusedReason };

export type Enrolled<T> =
  | Performed<T>
  | { readonly state: 'not-enrolled'; readonly error: EnrolmentError };

export interface Portal {
  /** Who is here; undefined when there is no such session or it has ended. Counts as use of the session. */
  visitor(session: string, arrival: Arrival): Promise<Visitor | undefined>;
  signOut(session: string, arrival: Arrival): Promise<void>;

  proofs(session: string, arrival: Arrival): Promise<Performed<readonly OwnProof[]>>;
  sessions(session: string, arrival: Arrival): Promise<Performed<readonly OwnSession[]>>;
  /** Newest first; `before` is the id of the last event seen. */
  activity(
    session: string,
    page: { readonly limit: number; readonly before?: string },
    arrival: Arrival,
  ): Promise<Performed<readonly OwnEvent[]>>;

  beginEnrolment(
    session: string,
    kind: ProofKind,
    options: { readonly name?: string },
    arrival: Arrival,
  ): Promise<Enrolled<BegunEnrolment>>;
  finishEnrolment(
    session: string,
    enrolment: string,
    offer: unknown,
    arrival: Arrival,
  ): Promise<Enrolled<FinishedEnrolment>>;
  /** What a person has who came by a pass: whether it is enough to leave the enrolment with. */
  enrolmentState(session: string, arrival: Arrival): Promise<Performed<EnrolmentState>>;
  /** Ends the enrolment: granted with a full session, or refused as long as it is not enough. */
  completeEnrolment(session: string, arrival: Arrival): Promise<Outcome>;

  renameProof(session: string, proof: ProofId, name: string, arrival: Arrival): Promise<Performed>;
  /** `false` when it is kept, because without it the person could not sign in any more. */
  removeProof(session: string, proof: ProofId, arrival: Arrival): Promise<Performed<boolean>>;

  endSession(session: string, id: string, arrival: Arrival): Promise<Performed>;
  endOtherSessions(session: string, arrival: Arrival): Promise<Performed<number>>;
  /** "This wasn't me": ends every other session, forgets other known devices, and alerts. `about` is an event. */
  reportTrouble(
    session: string,
    about: string | undefined,
    arrival: Arrival,
  ): Promise<Performed<{ readonly sessionsEnded: number }>>;
}

export interface Visitor {
  readonly subject: PersonId;
  readonly kind: SessionKind;
  readonly displayName: string;
  /** The name they sign in with. */
  readonly identifier: string;
  readonly expiresAt: number;
}

export interface OwnProof {
  readonly id: ProofId;
  readonly kind: ProofKind;
  readonly name: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  readonly class: ProofClass;
  /** Recovery codes that are still good. */
  readonly left?: number;
  /** Whether it can be removed now; without it the person could not sign in any more when not. */
  readonly removable: boolean;
}

export interface OwnSession {
  readonly id: string;
  readonly current: boolean;
  readonly createdAt: number;
  readonly seenAt: number;
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
}

export interface OwnEvent {
  readonly id: string;
  readonly type: string;
  readonly outcome: 'granted' | 'challenged' | 'refused' | 'done' | 'failed';
  readonly at: number;
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
  /** The kind of proof that it tells of, if any. */
  readonly kind: ProofKind | undefined;
  /** Whether someone else did it, such as an administrator. */
  readonly byOther: boolean;
}

export interface BegunEnrolment {
  /** Names and holds what was begun; given back to `finishEnrolment`. */
  readonly token: string;
  readonly offer: Readonly<Record<string, unknown>>;
}

export interface FinishedEnrolment {
  readonly proof: ProofId;
  readonly shownOnce?: readonly string[];
}

export interface EnrolmentState {
  readonly held: readonly ProofKind[];
  /** At least two proofs of different kinds, of which one is more than a code on paper. */
  readonly enough: boolean;
  readonly hasRecovery: boolean;
}
