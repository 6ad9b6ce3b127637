/** Keys of certificates: of what kind they are, whether they are strong enough, and how the authority's own sign. */
import { Buffer } from 'node:buffer';
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { sha256 } from '../../kernel/digest.ts';
import { Fault } from '../../kernel/fault.ts';
import { readBits, readOne, TAG, within } from '../../wire/der/der-reader.ts';
import { nothing, oid, sequence } from '../../wire/der/der-writer.ts';
import type { SignsDer } from '../../wire/x509/certificate.ts';
import { signatures } from '../../wire/x509/oids.ts';
import type { KeyKind } from './profiles.ts';

const authorityAlgorithms = ['ecdsa', 'rsa', 'ed25519'] as const;
export type AuthorityAlgorithm = (typeof authorityAlgorithms)[number];

const CURVES: Readonly<Record<string, KeyKind>> = {
  prime256v1: 'p256',
  secp384r1: 'p384',
  secp521r1: 'p521',
};
const LEAST_RSA = 2048;
/** Longer ones are a way to make others compute. */
const MOST_RSA = 8192;

export type KeyJudged =
  | { readonly ok: true; readonly kind: KeyKind }
  | { readonly ok: false; readonly weak: boolean; readonly detail: string };

/** NIST SP 800-57 part 1: nothing under 112 bits. */
export function judgeKey(key: KeyObject): KeyJudged {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ed25519') return { ok: true, kind: 'ed25519' };
  if (type === 'ec') {
    const curve = details?.namedCurve ?? 'of no name';
    const kind = CURVES[curve];
    return kind === undefined
      ? { ok: false, weak: true, detail: `the curve ${curve}` }
      : { ok: true, kind };
  }
  if (type === 'rsa') {
    const bits = details?.modulusLength ?? 0;
    const exponent = details?.publicExponent ?? 0n;
    if (bits < LEAST_RSA || bits > MOST_RSA) {
      return { ok: false, weak: true, detail: `RSA with ${bits} bits` };
    }
    // SP 800-56B §6.2: odd, and no small one that raises nothing.
    if (exponent < 65537n || exponent % 2n === 0n) {
      return { ok: false, weak: true, detail: `RSA with the exponent ${exponent}` };
    }
    return { ok: true, kind: 'rsa' };
  }
  return { ok: false, weak: false, detail: type ?? 'a key of no kind' };
}

/** Of a SubjectPublicKeyInfo from outside; undefined for what OpenSSL reads as no key. */
export function publicKeyOf(info: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(info), format: 'der', type: 'spki' });
  } catch {
    return undefined; // Bytes of strangers: that they are no key is an expected outcome.
  }
}

/**
 * In the one form that each has here: a point on a curve can be written compressed and a curve by its numbers (RFC 5480 §2.1.1, §2.2),
 * and what is told apart by how it is written is taken for another key.
 */
export function canonicalKey(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'ec' || !judgeKey(key).ok) return key;
  return createPublicKey({ key: key.export({ format: 'jwk' }), format: 'jwk' });
}

export const publicKeyFrom = (key: KeyObject): KeyObject => createPublicKey(key);
export const infoOf = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' });

/** RFC 7093 §2 (1): the leftmost 160 bits of the SHA-256 of the key itself. */
export function keyIdOf(info: Uint8Array): Uint8Array {
  const bits = readBits(within(readOne(info), TAG.sequence)?.[1]);
  if (bits === undefined)
    throw new Fault('authority', 'a public key of OpenSSL is not as X.509 has it');
  return sha256(bits).subarray(0, 20);
}

/** What tells one key from all others. */
export const keyHashOf = (info: Uint8Array): string => hash('sha256', info, 'base64url');

export type SignatureJudged = 'good' | 'bad' | 'weak';

/** Whether a signature is one of ours or of our time (not MD5, not SHA-1), and fits. */
export function judgeSignature(
  { algorithm, value }: { readonly algorithm: string; readonly value: Uint8Array },
  body: Uint8Array,
  key: KeyObject,
): SignatureJudged {
  const known = signatures[algorithm];
  if (known === undefined) return 'weak';
  if (known.key !== key.asymmetricKeyType) return 'bad';
  try {
    return verify(known.hash, body, key, value) ? 'good' : 'bad';
  } catch {
    return 'bad'; // OpenSSL throws for some that are not even of the right form.
  }
}

const ALGORITHMS: Readonly<Record<AuthorityAlgorithm, { hash: string | null; der: Buffer }>> = {
  ecdsa: { hash: 'sha256', der: sequence(oid('1.2.840.10045.4.3.2')) },
  rsa: { hash: 'sha256', der: sequence(oid('1.2.840.113549.1.1.11'), nothing()) },
  ed25519: { hash: null, der: sequence(oid('1.3.101.112')) },
};

const TYPES: Readonly<Record<string, AuthorityAlgorithm>> = {
  ec: 'ecdsa',
  rsa: 'rsa',
  ed25519: 'ed25519',
};

export function signerOf(key: KeyObject): SignsDer {
  const algorithm = TYPES[key.asymmetricKeyType ?? ''];
  if (algorithm === undefined)
    throw new Fault('authority', 'an authority has a key of no known kind');
  const { hash: digest, der } = ALGORITHMS[algorithm];
  return { algorithm: der, sign: (bytes) => sign(digest, bytes, key) };
}

export function openKey(pkcs8: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
}

export interface MadeKey {
  readonly privateKey: KeyObject;
  readonly pkcs8: Uint8Array;
  readonly info: Uint8Array;
}

/** RSA takes a tenth of a second or more: it is chosen when an authority is begun, and then waited for. */
export function makeKey(algorithm: AuthorityAlgorithm): MadeKey {
  const pair =
    algorithm === 'ecdsa'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : algorithm === 'ed25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 3072 });
  return {
    privateKey: pair.privateKey,
    pkcs8: pair.privateKey.export({ format: 'der', type: 'pkcs8' }),
    info: infoOf(pair.publicKey),
  };
}
