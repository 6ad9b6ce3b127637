import type { Result } from '../../kernel/result.ts';
import type { Refused } from '../remote/connection.ts';

/** What came of it, or why not in the API's own words, wherever it was done. */
export type Done<T> = Promise<Result<T, Refused>>;

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}
