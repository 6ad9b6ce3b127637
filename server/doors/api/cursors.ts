/**
 * Cursors: where a page ended, signed together with the list and its filters. A client can't make one up, nor use it on
 * another list, so that what it leads to was always shown before to someone who asked the same.
 */
import { createHmac, createSecretKey, hkdfSync } from 'node:crypto';
import { base64url, concat, fromBase64url, fromUtf8, utf8 } from '../../kernel/bytes.ts';
import { equal } from '../../kernel/equal.ts';

export interface Cursors {
  write(list: string, after: string): string;
  /** Undefined for what was not written for this list. */
  read(list: string, cursor: string): string | undefined;
}

const TAG = 16;

export function createCursors(key: Uint8Array): Cursors {
  const secret = createSecretKey(new Uint8Array(hkdfSync('sha256', key, '', 'api cursors', 32)));
  // The length keeps a list’s end from standing for a cursor’s beginning.
  const tagOf = (list: string, after: Uint8Array) =>
    new Uint8Array(
      createHmac('sha256', secret).update(`${list.length} ${list}`).update(after).digest(),
    ).subarray(0, TAG);

  return {
    write(list, text) {
      const after = utf8(text);
      return base64url(concat(tagOf(list, after), after));
    },
    read(list, cursor) {
      const bytes = fromBase64url(cursor);
      if (bytes === undefined || bytes.length <= TAG) return undefined;
      const after = bytes.subarray(TAG);
      return equal(bytes.subarray(0, TAG), tagOf(list, after)) ? fromUtf8(after) : undefined;
    },
  };
}
