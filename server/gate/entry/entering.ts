/** The words in which doors ask the gate to let someone into a resource, and in which it answers. `enter.ts` decides. */
import type { ProcessId, ResourceId } from '../../kernel/id.ts';
import type { AnyProofClass } from '../../policy/request.ts';
import type { Confirmation, ProcessOffer, ProcessProofClass } from '../../proofs/process-proof.ts';
import type { Once } from '../../proofs/spent-table.ts';
import type { Process } from '../../subjects/process.ts';
import type { Resource } from '../../subjects/resource.ts';
import type { LiveSession } from '../sessions/sessions.ts';
import type { ShownAt } from '../shown.ts';
import type { Wish } from '../wish.ts';
import type { GrantId } from './grant-table.ts';

export type { Confirmation, Once, ProcessOffer };

/** What is to be entered: an API by its audience, anything by its id, a page of a site by where it is. */
export type EntryTarget =
  | { readonly audience: string }
  | { readonly id: ResourceId }
  | {
      readonly host: string;
      /** Normalised by the door; what can be read in two ways never gets here. */
      readonly path: string;
      readonly method: string;
    };

/** A key that a token is to be bound to, whose possession the door has checked (RFC 9449). */
export interface BoundKey {
  readonly confirmation: Confirmation;
  /** What of its proof may be used once; spent in the gate's transaction. */
  readonly once?: Once | undefined;
}

/** A process that wants in. */
export interface Entry {
  /** Its name or id, as it says; undefined where its proof says who it comes from. */
  readonly as: string | undefined;
  /** One proof and no more: what comes with two is refused (RFC 6749 §2.3). */
  readonly offers: readonly ProcessOffer[];
  readonly resource: EntryTarget;
  /** None asks for all that it is listed for and that is not sensitive. */
  readonly scopes: readonly string[];
  /** What the token is to be bound to; a certificate that was the proof is, without being said. */
  readonly bound?: BoundKey | undefined;
  /** It wants a token: where the API takes only tokens that are bound to something, there has to be something. */
  readonly forToken?: boolean | undefined;
  /** Whose token it came with, and what that rests on: they must be let in there as well (RFC 8693). */
  readonly onBehalfOf?: OnBehalfOf | undefined;
}

export interface OnBehalfOf {
  readonly process: ProcessId;
  readonly proofs: readonly ShownAt<AnyProofClass>[];
}

/**
 * Why someone was not let in: what they can act on, and no more.
 *
 * - `malformed`: not one proof, or scopes that are none;
 * - `wrong`: the proof did not match, or there is no such process, or it is disabled: all look alike;
 * - `used`: the proof was right, and was used before;
 * - `throttled`, `busy`: wait until `retryAt`;
 * - `no-such-resource`: nothing goes by that (told only to those whose proof was right);
 * - `scope`: it has no such scopes, or not for this one;
 * - `unbound`: the API takes only tokens that are bound to a key or certificate;
 * - `not-permitted`: policy says no;
 * - `no-session`: the session of the person has ended;
 * - `unproven-key`: it is bound to a key of its browser, which has to be shown again;
 * - `unavailable`: something failed on our side.
 */
export type EntryRefusedReason =
  | 'malformed'
  | 'wrong'
  | 'used'
  | 'throttled'
  | 'busy'
  | 'no-such-resource'
  | 'scope'
  | 'unbound'
  | 'not-permitted'
  | 'no-session'
  | 'unproven-key'
  | 'unavailable';

export interface EntryRefused {
  readonly state: 'refused';
  readonly reason: EntryRefusedReason;
  readonly retryAt?: number;
  /** Of `not-permitted`: no proof of theirs would change that, held or not. */
  readonly closed?: boolean;
}

/** What was granted, whoever it was granted to. */
interface EnteredAnything {
  /** The id of the grant: what `make` writes goes under it, and the record names it. */
  readonly grant: GrantId;
  readonly resource: Resource;
  /** In the order in which the resource lists them. */
  readonly scopes: readonly string[];
  readonly sensitive: boolean;
  /** The function that a site's rule names for what was asked; '' where there is none. */
  readonly function: string;
  readonly policies: readonly string[];
  /** Of whoever enters, as it was then: a grant is void once it has risen. */
  readonly epoch: number;
  readonly now: number;
}

export interface Entered extends EnteredAnything {
  readonly proofs: readonly ShownAt<ProcessProofClass>[];
  readonly process: Process;
  readonly confirmation: Confirmation | undefined;
  /** When what they showed is over by itself. */
  readonly until: number | undefined;
}

export interface EnteredAs extends EnteredAnything {
  readonly proofs: readonly ShownAt[];
  readonly session: LiveSession;
}

export type EntryOutcome<T> =
  | { readonly state: 'granted'; readonly value: T; readonly entered: Entered }
  | EntryRefused;

/** Given by what makes an entry, where there is to be none yet: what was written is undone, and no entry is on record. */
export class Unmade<T> {
  readonly value: T;

  constructor(value: T) {
    this.value = value;
  }
}

export type EntryAsOutcome<T> =
  | { readonly state: 'granted'; readonly value: T; readonly entered: EnteredAs }
  | {
      readonly state: 'challenged';
      readonly session: LiveSession;
      /** What to step up with: `gate.ask({ to: 'stepUp', session, wish })`. */
      readonly wish: Wish;
      readonly kinds: readonly string[];
    }
  | EntryRefused;

/** A person who wants in, by their session. */
export interface EntryAs {
  readonly resource: EntryTarget;
  readonly scopes: readonly string[];
}

/** A process that shows who it is, and wants in nowhere: to be told of a token, or to end one. */
export interface Recognition {
  readonly as: string | undefined;
  readonly offers: readonly ProcessOffer[];
}

export interface Recognised {
  readonly state: 'granted';
  readonly process: Process;
  readonly proofs: readonly ShownAt<ProcessProofClass>[];
  /** What it presented, where a token can be bound to that. */
  readonly confirmation: Confirmation | undefined;
}
