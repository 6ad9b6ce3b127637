/**
 * Public keys of others, from their JSON form (RFC 7517). A key has one algorithm and keeps it: what a token says of its own
 * algorithm is compared with the key's and never obeyed (RFC 8725 §3.1), so no public key can be taken for a shared secret.
 */
import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { failed, ok, type Result } from '../kernel/result.ts';

export const signingAlgs = ['ES256', 'EdDSA', 'RS256', 'PS256'] as const;
export type SigningAlg = (typeof signingAlgs)[number];

export interface VerifyKey {
  readonly alg: SigningAlg;
  readonly kid: string | undefined;
  readonly key: KeyObject;
  /** RFC 7638, SHA-256. */
  readonly thumbprint: string;
  /** The public members and nothing else. */
  readonly jwk: Readonly<Record<string, string>>;
}

/** RFC 7518 §3.3 asks for 2048 bits at least; more than 8192 only cost time. */
const LEAST_MODULUS = 2048;
const MOST_MODULUS = 8192;
/** Small exponents have a history, and huge ones cost time (CVE-2006-2940). */
const LEAST_EXPONENT = 65_537n;
const MOST_EXPONENT = 0xffff_ffffn;

export const LONGEST_KID = 256;

/** Members that no public key has; `k` is a shared secret's. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

const MEMBERS = { EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'], RSA: ['n', 'e'] } as const;

/** The error is for whoever offers the key. */
export function readJwk(jwk: unknown): Result<VerifyKey, string> {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return failed('is no key');
  const given = jwk as Readonly<Record<string, unknown>>; // An object that is no list, as just checked.
  if (PRIVATE.some((member) => Object.hasOwn(given, member))) {
    return failed('has a private part: give the public key alone, and make a new pair');
  }
  const { kty, kid, use, key_ops: operations } = given;
  if (kty !== 'EC' && kty !== 'OKP' && kty !== 'RSA') return failed('is not of kty EC, OKP or RSA');
  if (use !== undefined && use !== 'sig') return failed('is not for signatures (use)');
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    return failed('is not for signatures (key_ops)');
  }
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > LONGEST_KID)) {
    return failed('has a kid that is no short text');
  }
  const alg = algOf(kty, given);
  if (alg === undefined) {
    return failed('is for none of ES256 (P-256), EdDSA (Ed25519), RS256 and PS256');
  }
  const members = ['kty', ...MEMBERS[kty]].map((member) => [member, given[member]] as const);
  if (!members.every(([, value]) => typeof value === 'string')) return failed('lacks a part');
  let key: KeyObject;
  let exported: Record<string, unknown>;
  try {
    key = createPublicKey({ format: 'jwk', key: Object.fromEntries(members) });
    // As OpenSSL read it: what is not its one spelling would have another thumbprint.
    exported = key.export({ format: 'jwk' }) as Record<string, unknown>;
  } catch {
    return failed('is no point or number of its kind'); // Thrown by OpenSSL for what came from outside.
  }
  const weak = weaknessOf(key);
  if (weak !== undefined) return failed(weak);
  const pure = Object.fromEntries(
    ['kty', ...MEMBERS[kty]].sort().map((member) => [member, String(exported[member])]),
  );
  const thumbprint = hash('sha256', JSON.stringify(pure), 'base64url');
  return ok({ alg, kid, key, thumbprint, jwk: pure });
}

function algOf(
  kty: keyof typeof MEMBERS,
  { alg, crv }: Readonly<Record<string, unknown>>,
): SigningAlg | undefined {
  switch (kty) {
    case 'EC':
      return crv === 'P-256' && (alg === undefined || alg === 'ES256') ? 'ES256' : undefined;
    case 'OKP':
      // RFC 9864 gives EdDSA with this curve a name of its own.
      return crv === 'Ed25519' && (alg === undefined || alg === 'EdDSA' || alg === 'Ed25519')
        ? 'EdDSA'
        : undefined;
    case 'RSA':
      // Many issuers leave it out; whoever wants PS256 says so.
      return alg === undefined || alg === 'RS256' ? 'RS256' : alg === 'PS256' ? 'PS256' : undefined;
  }
}

function weaknessOf(key: KeyObject): string | undefined {
  if (key.asymmetricKeyType !== 'rsa') return undefined;
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < LEAST_MODULUS) return `is shorter than ${LEAST_MODULUS} bits`;
  if (modulusLength > MOST_MODULUS) return `is longer than ${MOST_MODULUS} bits`;
  if (publicExponent < LEAST_EXPONENT || publicExponent > MOST_EXPONENT) {
    return 'has an exponent that is not usual';
  }
  return undefined;
}

const MOST_KEYS = 64;

/** The keys of a set (RFC 7517 §5) that we can use; those that are for something else are passed over. */
export function readJwks(set: unknown): Result<readonly VerifyKey[], string> {
  const keys = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined;
  if (!Array.isArray(keys)) return failed('is no set of keys');
  if (keys.length > MOST_KEYS) return failed(`has more than ${MOST_KEYS} keys`);
  const usable: VerifyKey[] = [];
  for (const each of keys) {
    const read = readJwk(each);
    if (read.ok) usable.push(read.value);
  }
  return ok(usable);
}
