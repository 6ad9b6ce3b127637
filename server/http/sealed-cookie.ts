/**
 * What a browser carries for us between two pages and must neither read nor change: AES-256-GCM with the purpose bound in,
 * and an end. It replaces rows that would have to be stored for people who have not shown yet who they are.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync } from 'node:crypto';
import { base64url, concat, fromBase64url, fromUtf8, utf8 } from '../kernel/bytes.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';

export interface SealedCookie {
  seal(value: unknown, lifetimeMs: number): string;
  /** Undefined for whatever was not sealed here, for this purpose, or has ended. */
  open(text: string): unknown;
}

const NONCE = 12;
const TAG = 16;

export function createSealedCookie(
  deps: { clock: Clock; random: Random; key: Uint8Array },
  purpose: string,
): SealedCookie {
  // A KeyObject, because Node takes four times as long over a key given as bytes.
  const key = createSecretKey(
    new Uint8Array(hkdfSync('sha256', deps.key, '', `sealed cookie: ${purpose}`, 32)),
  );
  const label = utf8(purpose);
  return {
    seal(value, lifetimeMs) {
      const plain = utf8(JSON.stringify({ until: deps.clock.now() + lifetimeMs, value }));
      const nonce = deps.random.bytes(NONCE);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(label);
      return base64url(concat(nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()));
    },
    open(text) {
      const bytes = fromBase64url(text);
      if (bytes === undefined || bytes.length < NONCE + TAG) return undefined;
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE));
      decipher.setAAD(label).setAuthTag(bytes.subarray(bytes.length - TAG));
      let plain: Uint8Array;
      try {
        const body = decipher.update(bytes.subarray(NONCE, bytes.length - TAG));
        plain = concat(body, decipher.final());
      } catch {
        return undefined; // Node tells a wrong tag by throwing; to us it is an expected outcome.
      }
      // What carries our tag was written by `seal`.
      const sealed = JSON.parse(fromUtf8(plain)) as { until: number; value: unknown };
      return sealed.until > deps.clock.now() ? sealed.value : undefined;
    },
  };
}
