/** An Ed25519 key as a file that ssh reads (OpenSSH's PROTOCOL.key), without a passphrase: it lives as long as its certificate. */
import type { KeyObject } from 'node:crypto';
import { base64, concat, fromBase64url } from '../../kernel/bytes.ts';
import { publicKeyOf } from './public-key.ts';
import { byte, nested, string, uint32 } from './ssh-writer.ts';

const BLOCK = 8;

/** `check` is any number: it tells a reader that what it decrypted is in order, and here nothing is encrypted. */
export function privateKeyFile(
  key: KeyObject,
  publicKey: KeyObject,
  comment: string,
  check: number,
): string {
  const { d = '', x = '', crv } = key.export({ format: 'jwk' });
  const [seed, point] = [fromBase64url(d), fromBase64url(x)];
  const blob = publicKeyOf(publicKey)?.blob;
  if (crv !== 'Ed25519' || seed === undefined || point === undefined || blob === undefined) {
    throw new TypeError('only Ed25519 keys are written');
  }
  const inner = concat(
    uint32(check),
    uint32(check),
    string('ssh-ed25519'),
    string(point),
    string(concat(seed, point)),
    string(comment),
  );
  const pad = (BLOCK - (inner.length % BLOCK)) % BLOCK;
  const padded = concat(inner, ...Array.from({ length: pad }, (_, at) => byte(at + 1)));
  const whole = concat(
    new TextEncoder().encode('openssh-key-v1\0'),
    string('none'),
    string('none'),
    string(''),
    uint32(1),
    string(blob),
    nested(padded),
  );
  const lines = base64(whole).match(/.{1,70}/g) ?? [];
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}
