/** What use cases answer alike, whatever they are about: that there is no such thing, and one page of a list. */

export type NotFound = { readonly code: 'not-found' };

export interface Page<T> {
  readonly items: readonly T[];
  /** What to go on from; undefined at the end. */
  readonly next: string | undefined;
}
