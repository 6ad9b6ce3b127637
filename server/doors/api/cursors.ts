/**
 * Cursors: where a page ended, signed together with the list and its filters. A client can't make one up, nor use it on
 * another list, so that what it leads to was always shown before to someone who asked the same.
 */
import { createHmac, createSecretKey, hkdfSync } from 'node:crypto';
import { base64url, concat, fromBase64url, fromUtf8, utf8 } from '../../kernel/bytes.ts';
import { equal } from '../../kernel/equal.ts';
import { Told } from './told.ts';

export interface Cursors {
  /** The `next` of a page: null on the last. */
  write(list: string, after: string | undefined): string | null;
  /** Where a page begins: undefined for the first; a problem for a cursor that was not written for this list. */
  read(list: string, cursor: string | undefined): { readonly after?: string } | Told;
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
      if (text === undefined) return null;
      const after = utf8(text);
      return base64url(concat(tagOf(list, after), after));
    },
    read(list, cursor) {
      if (cursor === undefined) return {};
      const bytes = fromBase64url(cursor);
      if (bytes === undefined || bytes.length <= TAG) return new Told('cursor-not-valid');
      const after = bytes.subarray(TAG);
      return equal(bytes.subarray(0, TAG), tagOf(list, after))
        ? { after: fromUtf8(after) }
        : new Told('cursor-not-valid');
    },
  };
}
