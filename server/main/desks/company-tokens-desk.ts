/** What people are called at an upstream server (desk.ts). */
import type { AnswerOf } from '../remote/connection.ts';
import type { Done } from './done.ts';

export interface CompanyTokensDesk {
  /** Of one person, by their id. */
  assign(person: string, account: string): Done<AnswerOf<'assignCompanyToken'>>;
}
