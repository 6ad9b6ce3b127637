/**
 * Hashes. By way of text: the runtime takes twice as long to make a buffer of its own for 32 bytes as to hash some hundred, and
 * leaves that buffer outside the heap for the collector to find.
 */
import { hash } from 'node:crypto';

/** By an algorithm of OpenSSL's. */
export function digest(algorithm: string, input: Uint8Array | string): Uint8Array {
  const text = hash(algorithm, input, 'binary');
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** SHA-256 (FIPS 180-4). */
export const sha256 = (input: Uint8Array | string): Uint8Array => digest('sha256', input);
