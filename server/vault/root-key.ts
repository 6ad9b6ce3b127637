/**
 * The root key: 32 bytes that wrap the ring keys and nothing else. It is the one secret that lives outside the database.
 *
 * A source gives one key, or several while the root key is being changed: the first seals, all of them open.
 */
import { hkdfSync } from 'node:crypto';
import { fromBase64url, fromHex, hex } from '../kernel/bytes.ts';
import type { Random } from '../kernel/random.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import { type Box, createBox, KEY_BYTES, KEY_ID_BYTES, keyFrom } from './box.ts';

export interface RootKey {
  /** A check value: tells root keys apart, and nothing about the key. Safe to show. */
  readonly id: string;
  readonly box: Box;
}

/** The first seals, all open. */
export type RootKeys = readonly [RootKey, ...RootKey[]];

/** Takes the bytes over and wipes them. */
export function createRootKey(bytes: Uint8Array, random: Random): RootKey {
  const key = keyFrom(bytes);
  const id = new Uint8Array(
    hkdfSync('sha256', key, new Uint8Array(0), 'sallyport root key id v1', KEY_ID_BYTES),
  );
  return { id: hex(id), box: createBox(id, key, random) };
}

const MOST_KEYS = 4;
/** Fewer different bytes than this among 32 random ones is a chance of one in 10^16; in a made-up key it is the rule. */
const LEAST_VARIETY = 16;

export function rootKeyWords(text: string): string[] {
  return text
    .replaceAll(/#.*$/gm, '')
    .split(/\s+/)
    .filter((word) => word !== '');
}

/**
 * Reads root keys from text: one a word, as 64 hexadecimal digits or 43 characters of base64url; what follows a `#` to the
 * end of its line is a comment. The error never repeats the text.
 */
export function parseRootKeys(text: string, random: Random): Result<RootKeys, string> {
  const words = rootKeyWords(text);
  if (words.length > MOST_KEYS) return failed(`it holds more than ${MOST_KEYS} keys`);
  const keys: RootKey[] = [];
  for (const word of words) {
    const bytes = /^[0-9a-fA-F]{64}$/.test(word)
      ? fromHex(word.toLowerCase())
      : fromBase64url(word);
    if (bytes?.length !== KEY_BYTES) {
      return failed('it is not 32 bytes written in hex or base64url (`openssl rand -hex 32`)');
    }
    if (new Set(bytes).size < LEAST_VARIETY) {
      return failed('it is not random (`openssl rand -hex 32` makes one that is)');
    }
    keys.push(createRootKey(bytes, random));
  }
  const [first, ...others] = keys;
  return first ? ok([first, ...others]) : failed('there is no key in it');
}
