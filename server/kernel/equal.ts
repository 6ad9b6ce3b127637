import { timingSafeEqual } from 'node:crypto';

/** Whether two byte strings are the same, in a time that tells nothing of where they differ. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
