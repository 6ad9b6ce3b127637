/**
 * What a TPM writes about its keys (TPM 2.0 Library, Part 2: Structures): numbers in network order, and byte strings with their
 * length before them. Each reader takes the whole or nothing.
 */
import { hash } from 'node:crypto';
import { concat } from '../../kernel/bytes.ts';
import { TAG } from '../der/der-reader.ts';
import { bits, integer, nothing, oid, sequence, tagged } from '../der/der-writer.ts';

/** The public area of a key (TPMT_PUBLIC, §12.2.4). */
export interface TpmPublic {
  /** SubjectPublicKeyInfo in DER. */
  readonly key: Uint8Array;
  /** Part 1 §16: by which statements call it. */
  readonly name: Uint8Array;
  /** Object attributes (§8.3). */
  readonly fixedTpm: boolean;
  readonly fixedParent: boolean;
  readonly sensitiveDataOrigin: boolean;
  /** It signs nothing but what the TPM says itself. */
  readonly restricted: boolean;
  readonly decrypt: boolean;
  readonly sign: boolean;
}

/** A statement that a key is in there (TPMS_ATTEST of the type TPM_ST_ATTEST_CERTIFY, §10.12.8 and §10.12.3). */
export interface TpmCertify {
  readonly extraData: Uint8Array;
  readonly name: Uint8Array;
}

export interface TpmSignature {
  readonly alg: 'ES256' | 'RS256';
  /** As node:crypto wants it: of ECDSA in DER. */
  readonly value: Uint8Array;
}

const GENERATED = 0xff54_4347;
const ATTEST_CERTIFY = 0x8017;
const ALG = {
  rsa: 0x0001,
  sha256: 0x000b,
  sha384: 0x000c,
  none: 0x0010,
  rsassa: 0x0014,
  ecdsa: 0x0018,
  ecc: 0x0023,
} as const;
const HASHES: Readonly<Record<number, string>> = { [ALG.sha256]: 'sha256', [ALG.sha384]: 'sha384' };
const NIST_P256 = 0x0003;
const LARGEST = 1024;

/** Reads on from where it stopped; after anything that is not there, everything is undefined. */
function cursor(bytes: Uint8Array) {
  let at = 0;
  let broken = false;
  function take(length: number): Uint8Array {
    if (broken || at + length > bytes.length) {
      broken = true;
      return new Uint8Array(0);
    }
    at += length;
    return bytes.subarray(at - length, at);
  }
  const number = (size: number) => take(size).reduce((sum, byte) => sum * 256 + byte, 0);
  return {
    take,
    u16: () => number(2),
    u32: () => number(4),
    /** TPM2B: two bytes of length, and as many bytes. */
    sized() {
      const length = number(2);
      if (length > LARGEST) broken = true;
      return take(length);
    },
    get whole() {
      return !broken && at === bytes.length;
    },
  };
}

export function readTpmPublic(bytes: Uint8Array): TpmPublic | undefined {
  const read = cursor(bytes);
  const type = read.u16();
  const nameAlg = read.u16();
  const attributes = read.u32();
  read.sized(); // The policy by which it may be used.
  const digest = HASHES[nameAlg];
  if (digest === undefined) return undefined;
  if (read.u16() !== ALG.none) return undefined; // Keys that encrypt others have a cipher here; those sign nothing of ours.
  const scheme = read.u16();
  if (scheme !== ALG.none) read.u16(); // Its hash.
  let key: Uint8Array | undefined;
  if (type === ALG.ecc) {
    const curve = read.u16();
    if (read.u16() !== ALG.none) return undefined; // A way to derive keys: not of those that sign.
    const x = read.sized();
    const y = read.sized();
    key = curve === NIST_P256 ? ecKey(x, y) : undefined;
  } else if (type === ALG.rsa) {
    read.u16(); // Its bits, which the modulus says too.
    const exponent = read.u32();
    key = rsaKey(read.sized(), exponent === 0 ? 65_537 : exponent);
  }
  if (key === undefined || !read.whole) return undefined;
  const area = hash(digest, bytes, 'buffer');
  return {
    key,
    name: concat(Uint8Array.of(nameAlg >> 8, nameAlg & 0xff), area),
    fixedTpm: isSet(attributes, 1),
    fixedParent: isSet(attributes, 4),
    sensitiveDataOrigin: isSet(attributes, 5),
    restricted: isSet(attributes, 16),
    decrypt: isSet(attributes, 17),
    sign: isSet(attributes, 18),
  };
}

const isSet = (attributes: number, bit: number) => Math.floor(attributes / 2 ** bit) % 2 === 1;

function ecKey(x: Uint8Array, y: Uint8Array): Uint8Array | undefined {
  if (x.length === 0 || y.length === 0 || x.length > 32 || y.length > 32) return undefined;
  const point = new Uint8Array(65);
  point[0] = 4;
  point.set(x, 33 - x.length);
  point.set(y, 65 - y.length);
  return sequence(sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')), bits(point));
}

function rsaKey(modulus: Uint8Array, exponent: number): Uint8Array | undefined {
  if (modulus.length === 0) return undefined;
  const inner = sequence(positive(modulus), integer(exponent));
  return sequence(sequence(oid('1.2.840.113549.1.1.1'), nothing()), bits(inner));
}

export function readTpmCertify(bytes: Uint8Array): TpmCertify | undefined {
  const read = cursor(bytes);
  if (read.u32() !== GENERATED || read.u16() !== ATTEST_CERTIFY) return undefined;
  read.sized(); // Who signed: its signature says so better.
  const extraData = read.sized();
  read.take(17); // TPMS_CLOCK_INFO
  read.take(8); // The version of its firmware.
  const name = read.sized();
  read.sized(); // Its name with those above it.
  return read.whole ? { extraData, name } : undefined;
}

/** TPMT_SIGNATURE (§11.3.4), with SHA-256. */
export function readTpmSignature(bytes: Uint8Array): TpmSignature | undefined {
  const read = cursor(bytes);
  const scheme = read.u16();
  if (read.u16() !== ALG.sha256) return undefined;
  if (scheme === ALG.rsassa) {
    const value = read.sized();
    return read.whole && value.length > 0 ? { alg: 'RS256', value } : undefined;
  }
  if (scheme !== ALG.ecdsa) return undefined;
  const r = read.sized();
  const s = read.sized();
  if (!read.whole || r.length === 0 || s.length === 0) return undefined;
  return { alg: 'ES256', value: sequence(positive(r), positive(s)) };
}

function positive(bytes: Uint8Array): Uint8Array {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const least = bytes.subarray(from);
  return tagged(TAG.integer, (least[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : undefined, least);
}
