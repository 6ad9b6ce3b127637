/** The words in which an application asks a person to answer on our pages, and in which both are answered. `app-requests.ts` decides. */
import type { PersonId, ResourceId } from '../../../kernel/id.ts';
import type { ApprovalId, ApprovalRow } from '../../approvals/approval-table.ts';
import type { Arrival } from '../../arrival.ts';
import type { Demand } from '../../demand.ts';
import type { EntryRefused } from '../../entry/entering.ts';
import type { Performed } from '../../gate.ts';
import type { NotFound } from '../answered.ts';
import type { AppAsk, AppEntered } from './app-words.ts';

export interface AskedOfPerson extends Pick<AppAsk, 'app' | 'scopes' | 'apis' | 'demand'> {
  /** The application's handle for it: a secret. */
  readonly handle: string;
  /** Who was named, as `named` told; possibly nobody. */
  readonly person: string;
  /** By what name. */
  readonly name: string;
  /** What the application shows as well; checked by `isPlain`. */
  readonly message: string | undefined;
  /** Where the application says that it was asked from. */
  readonly place: string | undefined;
  /** By which the application knows us when we tell it of the answer; undefined where it asks itself. */
  readonly token: string | undefined;
  /** Milliseconds; no longer than `longest`. */
  readonly lifetime: number;
}

export type Asked =
  /** The number that the application is to show. */
  | { readonly state: 'asked'; readonly number: number }
  | { readonly state: 'throttled'; readonly retryAt: number };

/** What an application is told that asks how it stands. */
export type Polled =
  | { readonly state: 'unknown' | 'pending' | 'slow-down' | 'expired' | 'refused' }
  | ({ readonly state: 'granted' } & Approved);

export type Approved = Pick<
  AppEntered,
  'person' | 'grant' | 'until' | 'authTime' | 'acr' | 'amr' | 'apis'
> & { readonly scopes: readonly string[] };

/** A request as the person sees it who is to answer. */
export interface OwnRequest {
  readonly id: ApprovalId;
  readonly app: ResourceId;
  readonly title: string;
  readonly firstParty: boolean;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface SeenRequest extends OwnRequest {
  readonly scopes: readonly string[];
  readonly may: readonly { readonly api: string; readonly says: readonly string[] }[];
  readonly apis: AppAsk['apis'];
  readonly message: string | undefined;
  /** Where the application is, and where it says that its user is. */
  readonly address: string;
  readonly place: string | undefined;
  /** What the proofs shown have to be, beside what policy wants. */
  readonly demand: Demand;
  /** One of them is the one that the application shows; none while a fresh proof is missing. */
  readonly numbers: readonly number[];
}

export type RequestAnswered =
  | { readonly state: 'done'; readonly value: 'approved' | 'mismatched' }
  | { readonly state: 'failed'; readonly error: NotFound }
  /** A proof is missing, or not fresh enough. */
  | { readonly state: 'wanting'; readonly request: SeenRequest }
  | EntryRefused
  | Exclude<Performed<never, NotFound>, { state: 'done' | 'failed' }>;

export interface AppRequests {
  /** How long a request waits at most. Milliseconds. */
  readonly longest: number;
  /** That it was answered, where the application wants to hear it. */
  tellApp(row: ApprovalRow, person: PersonId): void;
  /** Whom a name stands for: a person, or nobody, which looks the same. */
  named(name: string): Promise<string>;
  /** Whether there is room for one more, before anything is written: otherwise when there is. */
  room(app: ResourceId, name: string): Promise<number | undefined>;
  ask(asked: AskedOfPerson, arrival: Arrival): Promise<Asked>;
  poll(handle: string, app: string, arrival: Arrival): Promise<Polled>;
  list(session: string, arrival: Arrival): Promise<Performed<readonly OwnRequest[], never>>;
  look(session: string, id: string, arrival: Arrival): Promise<Performed<SeenRequest, NotFound>>;
  /** With the number that the person sees at the application. A wrong one refuses the request for good. */
  answer(session: string, id: string, number: number, arrival: Arrival): Promise<RequestAnswered>;
  /** "I did not ask for this." */
  disown(session: string, id: string, arrival: Arrival): Promise<Performed<void, NotFound>>;
}
