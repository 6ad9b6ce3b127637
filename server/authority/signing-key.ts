/** One key that tokens are signed with: made, opened, used. Which of them is used when is for signing-keys.ts. */
import { Buffer } from 'node:buffer';
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { promisify } from 'node:util';
import { derFromRaw, rawFromDer } from '../kernel/ecdsa-signature.ts';
import { Fault } from '../kernel/fault.ts';

/** The first is what is used unless something else is asked for. */
export const signingAlgorithms = ['ES256', 'EdDSA', 'RS256'] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

export interface NewKey {
  readonly pkcs8: Uint8Array;
  readonly publicJwk: JsonWebKey;
}

const generateRsa = promisify(generateKeyPair);
const RSA_BITS = 2048;

/** RSA takes a tenth of a second, and so another thread. */
export async function makeKey(alg: SigningAlgorithm): Promise<NewKey> {
  const pair =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : alg === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : await generateRsa('rsa', { modulusLength: RSA_BITS });
  return {
    pkcs8: pair.privateKey.export({ format: 'der', type: 'pkcs8' }),
    publicJwk: pair.publicKey.export({ format: 'jwk' }),
  };
}

export interface Signer {
  /** The signature as JOSE writes it (RFC 7518 §3, RFC 8037 §3.1). */
  sign(data: Uint8Array): Buffer;
  verify(data: Uint8Array, signature: Uint8Array): boolean;
}

/** Keeps the opened keys: opening one costs as much as a signature. */
export function signerOf(alg: SigningAlgorithm, pkcs8: Uint8Array): Signer {
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key);
  return { sign: (data) => signWith(alg, key, data), verify: verifierOf(alg, publicKey) };
}

/** Of a key of ours or of anyone's: whether a signature in JOSE's form fits. */
export function verifierOf(alg: SigningAlgorithm, key: KeyObject): Signer['verify'] {
  return (data, signature) => {
    if (alg !== 'ES256') return verify(alg === 'RS256' ? 'sha256' : null, data, key, signature);
    const der = derFromRaw(signature);
    return der !== undefined && verify('sha256', data, key, der);
  };
}

function signWith(alg: SigningAlgorithm, key: KeyObject, data: Uint8Array): Buffer {
  if (alg !== 'ES256') return sign(alg === 'RS256' ? 'sha256' : null, data, key);
  const raw = rawFromDer(sign('sha256', data, key));
  if (raw === undefined) throw new Fault('authority', 'OpenSSL wrote a signature that is not DER');
  return raw;
}
