/** A browser's key for tests without a browser: what browser/bound.ts does, as a program would. */
import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyPurpose } from '../../server/gate/sessions/browser-key.ts';
import { textToSign } from '../../server/gate/sessions/browser-key.ts';
import { base64url, fromBase64url } from '../../server/kernel/bytes.ts';

export interface BrowserKey {
  /** The point, as `/session/key` takes it. */
  readonly point: string;
  sign(purpose: KeyPurpose, origin: string, session: string, nonce: string): string;
}

export function browserKey(): BrowserKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' });
  const [x, y] = [fromBase64url(jwk.x ?? ''), fromBase64url(jwk.y ?? '')];
  if (x === undefined || y === undefined) throw new Error('a key without a point');
  return {
    point: base64url(Uint8Array.of(4, ...x, ...y)),
    sign: (purpose, origin, session, nonce) =>
      base64url(
        sign('sha256', Buffer.from(textToSign({ purpose, origin, session, nonce })), {
          key: privateKey,
          dsaEncoding: 'ieee-p1363',
        }),
      ),
  };
}
