/** Inviting applications to register themselves (desk.ts). */
import type { Openness } from '@sallyport/contract/resources.ts';
import type { AnswerOf } from '../remote/connection.ts';
import type { Done, Page } from './done.ts';

export type ShownInvitation = AnswerOf<'listAppInvitations'>['items'][number];

export interface NewInvitation {
  /** The id of who answers for what registers by it. */
  readonly owner: string;
  readonly uses: number;
  /** Milliseconds. */
  readonly lifetime: number;
  readonly open: Openness;
  readonly members: readonly string[];
}

export interface InvitationsDesk {
  /** The newest first. */
  list(filter: { readonly limit: number; readonly after?: string }): Done<Page<ShownInvitation>>;
  invite(terms: NewInvitation): Done<AnswerOf<'inviteApps'>>;
  withdraw(id: string): Done<unknown>;
}
