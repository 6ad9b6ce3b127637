/** What waits for people's answers (desk.ts). */
import type { AnswerOf } from '../remote/connection.ts';
import type { Done, Page } from './done.ts';

export type ShownApproval = AnswerOf<'listApprovals'>['items'][number];

export interface ApprovalsDesk {
  list(filter: { readonly after?: string; readonly limit: number }): Done<Page<ShownApproval>>;
  cancel(id: string): Done<unknown>;
}
