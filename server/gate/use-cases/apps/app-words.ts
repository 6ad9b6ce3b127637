/** The words in which doors ask what people's applications may do, and in which they are answered. `apps.ts` decides. */
import type { ApiDetail, ApplicationDetail } from '@sallyport/contract/resources.ts';
import type { PersonId, ResourceId } from '../../../kernel/id.ts';
import type { Tx } from '../../../store/store.ts';
import type { Arrival } from '../../arrival.ts';
import type { Demand } from '../../demand.ts';
import type { EntryRefused, ProcessOffer } from '../../entry/entering.ts';
import type { GrantId } from '../../entry/grant-table.ts';
import type { Performed } from '../../gate.ts';
import type { SessionId } from '../../sessions/session-table.ts';
import type { NotFound } from '../answered.ts';
import type { AppStates } from './app-states.ts';
import type { DeviceCodes } from './device-codes.ts';
import type { SubjectOf } from './subject-of.ts';

export interface Application {
  readonly id: ResourceId;
  readonly name: string;
  readonly title: string;
  readonly detail: ApplicationDetail;
}

export interface AppApi {
  readonly id: ResourceId;
  readonly title: string;
  readonly audience: string;
  readonly scopes: ApiDetail['scopes'];
}

export interface AppPerson {
  readonly id: PersonId;
  readonly identifier: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly groups: readonly string[];
}

export interface AppAsk {
  readonly app: ResourceId;
  /** Of OpenID Connect. */
  readonly scopes: readonly string[];
  readonly apis: readonly { readonly audience: string; readonly scopes: readonly string[] }[];
  readonly demand: Demand;
  /** Whether to ask again what was answered before. */
  readonly askAgain: boolean;
  /** Who has just said yes, to this very question. */
  readonly agreed: string | undefined;
}

export interface AppEntered {
  readonly state: 'entered';
  readonly person: PersonId;
  readonly session: SessionId;
  readonly grant: GrantId;
  readonly until: number;
  /** Seconds: when a proof was shown last. */
  readonly authTime: number;
  readonly acr: string;
  readonly amr: readonly string[];
  readonly apis: readonly { readonly audience: string; readonly scopes: readonly string[] }[];
}

export type AppEntry =
  | AppEntered
  /** Policy or the application wants a proof; `person` is who is signed in. */
  | {
      readonly state: 'challenged';
      readonly person: PersonId | undefined;
      /** No proof that they hold is what the application asks for. */
      readonly beyond?: boolean;
    }
  /** They have to say yes first. */
  | { readonly state: 'consent'; readonly person: PersonId }
  /** What was to be done with it could not be: `Also` said so. */
  | { readonly state: 'over'; readonly person: PersonId }
  | EntryRefused;

/** Done in the transaction that grants, before it does; where it answers false, nothing is granted. */
export type Also = (tx: Tx, entered: AppEntered) => Promise<boolean>;

/** What may act for a person, as they see it. */
export interface OwnApp {
  readonly id: ResourceId;
  readonly title: string;
  readonly since: number;
  readonly lastUsedAt: number;
  /** Also while they are signed out. */
  readonly offline: boolean;
  /** What it may do at which API, in words for people. */
  readonly may: readonly string[];
}

export interface Apps {
  readonly states: AppStates;
  readonly deviceCodes: DeviceCodes;
  /** Our own command line. */
  readonly commandLine: ResourceId;
  application(id: string): Promise<Application | undefined>;
  api(audience: string): Promise<AppApi | undefined>;
  person(id: string): Promise<AppPerson | undefined>;
  readonly subjectOf: SubjectOf;
  /** An application that proves itself, as any process does. */
  prove(
    presented: { readonly as: string | undefined; readonly offers: readonly ProcessOffer[] },
    arrival: Arrival,
  ): Promise<{ readonly state: 'proven'; readonly app: ResourceId } | EntryRefused>;
  /** A place for what an authorization request leaves behind, whoever makes it; otherwise when there is one. */
  place(arrival: Arrival): number | undefined;
  /** Who is signed in. */
  whoIs(session: string, arrival: Arrival): Promise<AppPerson | undefined>;
  enter(session: string, ask: AppAsk, arrival: Arrival, also?: Also): Promise<AppEntry>;
  /**
   * What is left of the scopes of a grant at these APIs, or at all that it names, for an application that wants fresh tokens;
   * undefined where it may have none.
   */
  mayRefresh(
    asked: {
      readonly grant: string;
      readonly app: ResourceId;
      readonly audiences: readonly string[] | undefined;
    },
    arrival: Arrival,
  ): Promise<AppEntered['apis'] | undefined>;
  agree(
    session: string,
    ask: Pick<AppAsk, 'app' | 'scopes' | 'apis'>,
    arrival: Arrival,
  ): Promise<boolean>;
  decline(session: string, app: ResourceId, arrival: Arrival): Promise<void>;
  /** A code or refresh token came twice: what it stands for ends. */
  reused(
    what: { readonly grant: string; readonly app: string; readonly what: 'code' | 'refresh-token' },
    arrival: Arrival,
  ): Promise<void>;
  /** What the protocol refused: on record, and counted where it comes again and again. */
  refused(
    what: { readonly app: string; readonly at: string; readonly error: string },
    arrival: Arrival,
  ): Promise<void>;
  list(session: string, arrival: Arrival): Promise<Performed<readonly OwnApp[], never>>;
  revoke(session: string, app: string, arrival: Arrival): Promise<Performed<number, NotFound>>;
}
