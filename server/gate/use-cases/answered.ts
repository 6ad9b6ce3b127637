/** What use cases answer alike, whatever they are about: that there is no such thing, and one page of a list. */
import type { Performed } from '../gate.ts';

export type NotFound = { readonly code: 'not-found' };

export const NOT_FOUND: NotFound = { code: 'not-found' };

/** One thing that somebody may read, by what they called it. */
export async function found<T>(
  reading: Promise<Performed<T | undefined, never>>,
): Promise<Performed<T, NotFound>> {
  const read = await reading;
  if (read.state !== 'done') return read;
  const { value } = read;
  return value === undefined ? { state: 'failed', error: NOT_FOUND } : { state: 'done', value };
}

export interface Page<T> {
  readonly items: readonly T[];
  /** What to go on from; undefined at the end. */
  readonly next: string | undefined;
}
