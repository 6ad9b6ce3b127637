/**
 * Codes that people copy from paper or from a voice on the telephone: Crockford's base32, which has no letters that look
 * alike, in groups. What is read back forgives case, spaces, dashes and the confusions that the alphabet foresees.
 */
import { createHash } from 'node:crypto';
import type { Random } from '../kernel/random.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** `groups` groups of `size` letters, five bits of chance in each letter. */
export function makeTypedCode(random: Random, groups: number, size: number): string {
  const parts: string[] = [];
  for (let group = 0; group < groups; group++) {
    // 32 divides 256: the low five bits of a random byte are as random as the byte.
    parts.push(Array.from(random.bytes(size), (byte) => ALPHABET[byte & 31]).join(''));
  }
  return parts.join('-');
}

/** The letters as they were made, or undefined when the text can't be a code of that length. */
export function readTypedCode(text: unknown, letters: number): string | undefined {
  // Bounded before it is looked at: a code is typed with at most a separator after each letter.
  if (typeof text !== 'string' || text.length > letters * 4) return undefined;
  const plain = text
    .toUpperCase()
    .replaceAll(/[\s\-‐-―]/g, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');
  if (plain.length !== letters) return undefined;
  for (const letter of plain) if (!ALPHABET.includes(letter)) return undefined;
  return plain;
}

/** SHA-256 suffices: what it hides is random, not chosen. `row` keeps equal codes of two people from looking equal. */
export function hashTypedCode(plain: string, row: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`${row}:${plain}`).digest());
}
