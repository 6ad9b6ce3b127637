import { parseId } from '../../../kernel/id.ts';
import { failed } from '../../../kernel/result.ts';
import type { Refused } from '../../remote/connection.ts';
import type { Done } from '../done.ts';

/** A list that goes on behind an id. What is none stands before or behind all of them, and would look like a place in the list. */
export function behindId<F extends { readonly after?: string | undefined }, T>(
  list: (filter: F) => Done<T>,
): (filter: F) => Done<T> {
  return async (filter) =>
    filter.after === undefined || parseId(filter.after) !== undefined
      ? list(filter)
      : failed<Refused>({ code: 'cursor-not-valid', members: {} });
}
