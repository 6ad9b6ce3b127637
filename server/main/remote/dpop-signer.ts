/** The key of a login: made here, kept in the file of logins, shown with each request and never sent (RFC 9449 §4.2). */
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, sign } from 'node:crypto';
import { base64url, utf8 } from '../../kernel/bytes.ts';
import { type Clock, SECOND } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';

/** An EC key on P-256, both halves. */
export type PrivateJwk = Readonly<Record<'kty' | 'crv' | 'x' | 'y' | 'd', string>>;

export interface Shown {
  readonly method: string;
  readonly url: string;
  /** The access token that goes with it. */
  readonly token?: string | undefined;
  /** Of the server, from an answer before. */
  readonly nonce?: string | undefined;
}

export interface DpopSigner {
  /** RFC 7638, SHA-256. */
  readonly thumbprint: string;
  proof(shown: Shown): string;
}

export function makeKey(): PrivateJwk {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ format: 'jwk' }) as PrivateJwk; // Of this curve, all five are there.
}

const part = (value: unknown) => base64url(utf8(JSON.stringify(value)));

export function createDpopSigner(
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  jwk: PrivateJwk,
): DpopSigner {
  const key = createPrivateKey({ format: 'jwk', key: jwk });
  const { crv, kty, x, y } = createPublicKey(key).export({ format: 'jwk' });
  const head = part({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } });
  return {
    thumbprint: hash('sha256', JSON.stringify({ crv, kty, x, y }), 'base64url'),
    proof({ method, url, token, nonce }) {
      const { origin, pathname } = new URL(url);
      const claims = {
        jti: base64url(random.bytes(16)),
        htm: method,
        htu: origin + pathname,
        iat: Math.floor(clock.now() / SECOND),
        ...(token === undefined ? {} : { ath: hash('sha256', token, 'base64url') }),
        ...(nonce === undefined ? {} : { nonce }),
      };
      const text = `${head}.${part(claims)}`;
      const made = sign('sha256', utf8(text), { key, dsaEncoding: 'ieee-p1363' });
      return `${text}.${base64url(made)}`;
    },
  };
}
