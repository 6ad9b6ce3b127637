/** A DPoP proof, by the list of RFC 9449 §4.3. What it is spent for (`jti`) comes last, so that nothing unproven is remembered. */
import {
  calculateJwkThumbprint,
  decodeProtectedHeader,
  errors,
  importJWK,
  type JWK,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import { normalAddress } from './address.ts';
import { sha256 } from './bytes.ts';
import type { Nonces } from './nonces.ts';
import type { Reason } from './refusals.ts';
import type { ReplayMemory } from './replay-memory.ts';

export interface ProofRules {
  readonly algorithms: readonly string[];
  readonly longest: number;
  readonly tolerance: number;
  readonly replays: ReplayMemory;
  readonly nonces: Nonces | undefined;
}

export interface Proving {
  readonly proof: string;
  readonly token: string;
  /** The thumbprint that the token names (`cnf.jkt`). */
  readonly boundTo: string;
  readonly method: string;
  readonly addresses: readonly string[];
  readonly now: number;
}

export type ProofVerdict =
  | { readonly ok: true; readonly nonceAgeing: boolean }
  | { readonly ok: false; readonly reason: Reason };

const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const LONGEST_ID = 512;

export async function verifyProof(proving: Proving, rules: ProofRules): Promise<ProofVerdict> {
  const { now } = proving;
  const header = headerOf(proving.proof, rules.algorithms);
  if (header === undefined) return refused('proof-malformed');
  if ((await thumbprint(header.jwk)) !== proving.boundTo) return refused('key-of-another');
  const read = await readProof(proving.proof, header, now, rules.tolerance);
  if (!read.ok) return read;

  const { htm, htu, ath, iat, jti, nonce } = read.claims;
  if (typeof jti !== 'string' || jti === '' || jti.length > LONGEST_ID) {
    return refused('proof-malformed');
  }
  if (typeof iat !== 'number' || typeof htu !== 'string') return refused('proof-malformed');
  if (htm !== proving.method) return refused('proof-wrong-method');
  const address = normalAddress(htu);
  if (address === undefined || !proving.addresses.includes(address)) {
    return refused('proof-wrong-address');
  }
  if (ath !== (await sha256(proving.token))) return refused('proof-wrong-token');
  if (iat * 1000 > now + rules.tolerance) return refused('proof-from-future');
  const until = iat * 1000 + rules.longest + rules.tolerance;
  if (until <= now) return refused('proof-too-old');

  const nonceIs = await rules.nonces?.judge(nonce, now);
  if (nonceIs === 'bad') return refused('nonce-needed');
  const id = await sha256(jti);
  const spending = await rules.replays.spend({ key: proving.boundTo, id, until }, now);
  if (spending === 'spent') return { ok: true, nonceAgeing: nonceIs === 'ageing' };
  if (spending === 'known') return refused('proof-replayed');
  return refused(spending === 'key-full' ? 'too-many-proofs' : 'replay-memory-full');
}

function refused(reason: Reason): { ok: false; reason: Reason } {
  return { ok: false, reason };
}

interface ProofHeader {
  readonly alg: string;
  readonly jwk: JWK;
}

/** RFC 9449 §4.3, 2 to 5 and 7: one JWT, an asymmetric algorithm of our list, and the public part of a key. */
function headerOf(proof: string, algorithms: readonly string[]): ProofHeader | undefined {
  if (!COMPACT.test(proof)) return undefined;
  try {
    const { alg, jwk } = decodeProtectedHeader(proof);
    if (typeof alg !== 'string' || !algorithms.includes(alg)) return undefined;
    if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return undefined;
    const secret = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth'].some((part) => part in jwk);
    const known = jwk.kty === 'EC' || jwk.kty === 'OKP' || jwk.kty === 'RSA';
    return secret || !known ? undefined : { alg, jwk };
  } catch {
    return undefined;
  }
}

/** RFC 7638; undefined for a key that lacks a part, which has none. */
async function thumbprint(jwk: JWK): Promise<string | undefined> {
  try {
    return await calculateJwkThumbprint(jwk, 'sha256');
  } catch {
    return undefined;
  }
}

async function readProof(
  proof: string,
  { alg, jwk: { kty, crv, x, y, n, e } }: ProofHeader,
  now: number,
  tolerance: number,
): Promise<{ ok: true; claims: JWTPayload } | { ok: false; reason: Reason }> {
  try {
    const parts = Object.entries({ kty, crv, x, y, n, e }).filter(([, part]) => part !== undefined);
    const key = await importJWK(Object.fromEntries(parts) as JWK, alg);
    const { payload } = await jwtVerify(proof, key, {
      algorithms: [alg],
      typ: 'dpop+jwt',
      currentDate: new Date(now),
      clockTolerance: tolerance / 1000,
    });
    return { ok: true, claims: payload };
  } catch (error) {
    const forged = error instanceof errors.JWSSignatureVerificationFailed;
    return refused(forged ? 'proof-wrong-signature' : 'proof-malformed');
  }
}
