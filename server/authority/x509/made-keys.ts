/**
 * Keys that are made here for whoever can make none (RFC 7030 §4.4). Nothing of them is kept: who asked gets the private half once, and
 * whoever it is given to wipes it.
 */
import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { readRequest } from '../../wire/x509/request.ts';
import { judgeKey, publicKeyOf } from './key-material.ts';
import { type KeyKind, type Profile, type ProfileName, profiles } from './profiles.ts';

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly kind: KeyKind;
}

/** Undefined while too many are being made. */
export type MakeKey = (profile: ProfileName, csr: Uint8Array) => Promise<KeyPair | undefined>;

const makePair = promisify(generateKeyPair);
const CURVES = { p256: 'P-256', p384: 'P-384', p521: 'P-521' } as const;
/** Longer ones take seconds to make. */
const RSA_LENGTHS = [2048, 3072, 4096] as const;
/** Of RSA, which takes up to a second of a thread that files and names of hosts are waiting for, too. */
const MOST_AT_ONCE = 2;

export function createMadeKeys(): MakeKey {
  let making = 0;

  async function makeRsa(modulusLength: number) {
    if (making >= MOST_AT_ONCE) return undefined;
    making += 1;
    try {
      return await makePair('rsa', { modulusLength });
    } finally {
      making -= 1;
    }
  }

  async function pairOf(kind: KeyKind, bits: number) {
    if (kind === 'rsa') return makeRsa(bits);
    if (kind === 'ed25519') return makePair('ed25519');
    return makePair('ec', { namedCurve: CURVES[kind] });
  }

  return async (name, csr) => {
    const profile: Profile = profiles[name];
    const { kind, bits } = wanted(csr);
    const given = profile.keys.includes(kind) ? kind : 'p256';
    const pair = await pairOf(given, bits);
    return pair && { ...pair, kind: given };
  };
}

/** What a request's own key says of the one that is wanted: its kind. That it is weak itself says nothing, since it is used for nothing. */
function wanted(csr: Uint8Array): { readonly kind: KeyKind; readonly bits: number } {
  const request = readRequest(csr);
  const key = request && publicKeyOf(request.publicKey);
  if (key?.asymmetricKeyType === 'rsa') {
    const asked = key.asymmetricKeyDetails?.modulusLength ?? 0;
    return { kind: 'rsa', bits: RSA_LENGTHS.find((length) => length >= asked) ?? 4096 };
  }
  const judged = key && judgeKey(key);
  return { kind: judged?.ok ? judged.kind : 'p256', bits: 0 };
}
