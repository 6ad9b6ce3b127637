/** The words in which applications register themselves, and in which they are answered. */
import type { ResourceId } from '../../../../kernel/id.ts';
import type { Result } from '../../../../kernel/result.ts';
import type { Arrival } from '../../../arrival.ts';
import type { Application } from '../app-words.ts';
import type { Introduction } from './own-words.ts';
import type { InvitationId } from './registration-table.ts';

export interface Registered {
  readonly app: Application;
  readonly at: number;
  /** Shown once. */
  readonly secret: string | null;
  readonly secretEndsAt: number | null;
  /** By which it looks after its registration; shown once. */
  readonly token: string;
}

export interface OwnRegistration {
  readonly app: Application;
  readonly at: number;
}

export type NoRegistration =
  | { readonly code: 'throttled'; readonly retryAt: number }
  | { readonly code: 'wrong' }
  | { readonly code: 'not-valid' }
  /** It would lead people where it did not when it registered. */
  | { readonly code: 'elsewhere' }
  /** It is not for the application to change any more. */
  | { readonly code: 'not-permitted' };

/** What it says of itself now, and who it says it is. */
export interface Changing {
  readonly said: Introduction;
  /** Undefined where it says nothing of it. */
  readonly secret: string | undefined;
}

export interface AppRegistration {
  /** Whether the token is one that is good now; a refusal is on record. It is looked at again when it is used. */
  welcome(
    token: string | undefined,
    arrival: Arrival,
  ): Promise<Result<InvitationId, NoRegistration>>;
  register(
    token: string,
    said: Introduction,
    arrival: Arrival,
  ): Promise<Result<Registered, NoRegistration>>;
  /** Notes that somebody who was invited said what can't be. */
  malformed(
    about: { readonly invitation: InvitationId } | { readonly app: ResourceId },
    field: string,
    arrival: Arrival,
  ): Promise<void>;
  see(
    app: string,
    token: string | undefined,
    arrival: Arrival,
  ): Promise<Result<OwnRegistration, NoRegistration>>;
  /** Says something else of itself (RFC 7592 §2.2), by a token that is good no more then. */
  change(
    app: string,
    token: string | undefined,
    changing: Changing,
    arrival: Arrival,
  ): Promise<Result<OwnRegistration & { readonly token: string }, NoRegistration>>;
  /** It goes, with all that it was granted. */
  leave(
    app: string,
    token: string | undefined,
    arrival: Arrival,
  ): Promise<Result<void, NoRegistration>>;
}

/** Told to whoever brought no token that is good. */
export const WRONG = { code: 'wrong' } as const;
