/** Looking after people (desk.ts). */
import type { PersonStatus, Role } from '@sallyport/contract/people.ts';
import type { AnswerOf, Refused } from '../remote/connection.ts';
import type { Problem } from '../terminal/output.ts';
import type { Done, Page } from './done.ts';

export type ShownPerson = AnswerOf<'changePerson'>;
export type PersonWithProofs = AnswerOf<'showPerson'>;
export type ShownSession = AnswerOf<'listSessions'>['items'][number];
export type IssuedPass = AnswerOf<'issuePass'> & { readonly link: string };

export interface PeopleFilter {
  readonly status?: PersonStatus;
  readonly role?: Role;
  readonly after?: string;
  readonly limit: number;
}

export interface NewPerson {
  readonly identifier: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly roles: readonly Role[];
  readonly groups: readonly string[];
}

export interface PassTerms {
  readonly purpose: 'pass' | 'link';
  readonly lifetimeMinutes?: number;
  readonly uses?: number;
  readonly networks: readonly string[];
}

export interface Force {
  /** Also the only administrator: only whoever is at the machine can say so. */
  readonly force: boolean;
}

export interface Added {
  readonly person: ShownPerson;
  /** With the link with which they set up their proofs; undefined when there could be none, and they are there without. */
  readonly pass: IssuedPass | undefined;
  /** Why there is none. */
  readonly because?: Refused | Problem | undefined;
}

export interface PeopleDesk {
  /** By what they sign in with, or by id. */
  find(typed: string): Done<ShownPerson | undefined>;
  list(filter: PeopleFilter): Done<Page<ShownPerson>>;
  show(id: string): Done<PersonWithProofs>;
  add(person: NewPerson): Done<Added>;
  change(id: string, change: Partial<NewPerson>): Done<ShownPerson>;
  disable(id: string, how: Force): Done<ShownPerson>;
  enable(id: string): Done<ShownPerson>;
  erase(id: string, how: Force): Done<unknown>;
  issuePass(id: string, terms: PassTerms): Done<IssuedPass>;
  revokePass(id: string): Done<unknown>;
  sessions(filter: { readonly person?: string; readonly after?: string }): Done<Page<ShownSession>>;
  revokeSession(id: string): Done<unknown>;
  /** How many there were. */
  revokeSessionsOf(id: string): Done<number>;
}
