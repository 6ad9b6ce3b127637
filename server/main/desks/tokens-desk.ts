/** Tokens for scripts (desk.ts). They are revoked as the sessions that their ids name. */
import type { AnswerOf } from '../remote/connection.ts';
import type { Done } from './done.ts';

export interface TokenTerms {
  /** The id of whose it is. */
  readonly owner: string;
  readonly scope: readonly string[];
  /** Milliseconds. */
  readonly lifetime: number;
}

export interface TokensDesk {
  issue(terms: TokenTerms): Done<AnswerOf<'issueToken'>>;
}
