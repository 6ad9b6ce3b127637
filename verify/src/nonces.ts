/**
 * Nonces for proofs (RFC 9449 §9), kept nowhere: a number of a span of time and a MAC of it. Who shares the secret accepts the
 * nonces of the others. A nonce is good in its own span and the next, and every answer in the next span brings a new one.
 */
import { base64url } from 'jose';

export interface Nonces {
  issue(now: number): Promise<string>;
  judge(nonce: unknown, now: number): Promise<'good' | 'ageing' | 'bad'>;
}

const SPAN = 120_000;
const NONCE = /^([0-9a-z]{1,11})\.([A-Za-z0-9_-]{43})$/;
const LEAST_SECRET = 32;

export function createNonces(secret: Uint8Array): Nonces {
  if (secret.length < LEAST_SECRET) {
    throw new TypeError(`The secret of nonces must have ${LEAST_SECRET} bytes or more.`);
  }
  const raw = new Uint8Array(secret);
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = () => crypto.subtle.importKey('raw', raw, algorithm, false, ['sign', 'verify']);
  const bytesOf = (span: string) => new TextEncoder().encode(`sallyport dpop nonce ${span}`);
  const spanOf = (now: number) => Math.floor(now / SPAN);

  return {
    async issue(now) {
      const span = spanOf(now).toString(36);
      const mac = await crypto.subtle.sign('HMAC', await key(), bytesOf(span));
      return `${span}.${base64url.encode(new Uint8Array(mac))}`;
    },
    async judge(nonce, now) {
      const [, span, mac] = (typeof nonce === 'string' && NONCE.exec(nonce)) || [];
      if (span === undefined || mac === undefined) return 'bad';
      const given = new Uint8Array(base64url.decode(mac));
      // Compared in constant time.
      if (!(await crypto.subtle.verify('HMAC', await key(), given, bytesOf(span)))) return 'bad';
      const age = spanOf(now) - Number.parseInt(span, 36);
      if (age === 0) return 'good';
      return age === 1 ? 'ageing' : 'bad';
    },
  };
}
