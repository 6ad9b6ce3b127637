import { MINUTE } from '../../kernel/clock.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { Refused } from '../remote/connection.ts';

/** Servers are told minutes. Rounded, what is asked for would be good for longer or shorter than was said. */
export function wholeMinutes(option: string, milliseconds: number): Result<number, Refused> {
  if (milliseconds % MINUTE === 0) return ok(milliseconds / MINUTE);
  const fields = [{ path: option, must: 'be whole minutes' }];
  return failed({ code: 'not-valid', members: { fields } });
}
