/**
 * Which TPM it is: the certificate that its maker gave its endorsement key (TCG EK Credential Profile §3.2), and what only that TPM
 * can open, and only while it holds the attestation key that is asked about. Who opens it has shown that both keys are of one TPM
 * which that maker made (TPM2_ActivateCredential, TPM 2.0 Part 3 §12.5).
 */
import { Buffer } from 'node:buffer';
import {
  constants,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  publicEncrypt,
} from 'node:crypto';
import { base64url, fromBase64url } from '../../kernel/bytes.ts';
import type { Clock } from '../../kernel/clock.ts';
import { sha256 } from '../../kernel/digest.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Random } from '../../kernel/random.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { Queries } from '../../store/store.ts';
import {
  HIGH,
  IDENTITY,
  kdfe,
  sealCredential,
  sized,
  type Template,
  USUAL,
} from '../../wire/tpm/credential.ts';
import { readTpmPublic } from '../../wire/tpm/tpm-reader.ts';
import { type Certificate, readCertificate } from '../../wire/x509/certificate.ts';
import { extensions, keyUsageBits, keyUses } from '../../wire/x509/oids.ts';
import { readTpmNames, type TpmNames } from '../../wire/x509/tpm-names.ts';
import { type JudgedReason, judgedReasons } from './authority-words.ts';
import { wrongWith } from './certificate-rules.ts';
import { canonicalKey, judgeKey, publicKeyOf } from './key-material.ts';
import type { Trusted } from './trusted.ts';

export interface Endorsement {
  /** What its maker's CA is called here. */
  readonly maker: string;
  readonly tpm: TpmNames;
  readonly key: KeyObject;
  /** SHA-256 over its SubjectPublicKeyInfo, in base64url. */
  readonly fingerprint: string;
}

export interface AttestationKey {
  /** SHA-256 over its SubjectPublicKeyInfo, in base64url. */
  readonly fingerprint: string;
  /** By which its TPM calls it (TPM 2.0 Part 1 §16). */
  readonly name: Uint8Array;
}

/** As TPM2_ActivateCredential takes it. */
export interface MadeCredential {
  /** TPM2B_ID_OBJECT. */
  readonly blob: Uint8Array;
  /** TPM2B_ENCRYPTED_SECRET. */
  readonly seed: Uint8Array;
}

export interface Endorsements {
  /** By the certificate of an endorsement key and those above it, DER. */
  judge(q: Queries, chain: readonly Uint8Array[]): Promise<Result<Endorsement, string>>;
  /** From its public area (TPMT_PUBLIC), or why a TPM that is sound would not speak by it. */
  attestationKey(area: Uint8Array): Result<AttestationKey, string>;
  makeCredential(of: Endorsement, name: Uint8Array, secret: Uint8Array): MadeCredential;
}

const LONGEST_CHAIN = 4;

export function createEndorsements({
  clock,
  random,
  trusted,
}: {
  readonly clock: Clock;
  readonly random: Random;
  readonly trusted: Pick<Trusted, 'judge'>;
}): Endorsements {
  return {
    async judge(q, chain) {
      const leaf = chain[0] && readCertificate(chain[0]);
      if (leaf === undefined || chain.length > LONGEST_CHAIN) return no('malformed');
      const wrong = wrongEndorsement(leaf, clock.now());
      if (wrong !== undefined) return no(wrong);
      const names = leaf.extensions.get(extensions.subjectAltName);
      const tpm = names && readTpmNames(names.value);
      if (tpm === undefined) return failed('it does not say of which TPM it is');
      const key = publicKeyOf(leaf.publicKey);
      if (key === undefined || templateOf(key) === undefined) {
        return failed('its key is neither RSA with 2048 or 3072 bits nor on P-256 or P-384');
      }
      const sent = chain.slice(1).map(readCertificate);
      const others = sent.filter((each) => each !== undefined);
      const found = await trusted.judge(q, leaf, others, 'endorsement');
      if (!('by' in found)) return no(found.reason);
      return ok({ maker: found.by.name, tpm, key, fingerprint: fingerprintOf(key) });
    },

    attestationKey(area) {
      const read = readTpmPublic(area);
      if (read === undefined) return failed('it is no public area of a key that signs');
      const { fixedTpm, fixedParent, sensitiveDataOrigin, restricted, sign, decrypt } = read;
      if (!fixedTpm || !fixedParent || !sensitiveDataOrigin) {
        return failed('the key was not made in that TPM, or can leave it');
      }
      // One that is not restricted signs whatever it is given: statements too, that no TPM made.
      if (!restricted || !sign || decrypt) return failed('the key is no attestation key');
      const key = publicKeyOf(read.key);
      if (key === undefined || !judgeKey(key).ok) return failed('the key is too weak');
      return ok({ fingerprint: base64url(sha256(read.key)), name: read.name });
    },

    makeCredential({ key }, name, secret) {
      const template = templateOf(key);
      if (template === undefined)
        throw new Fault('authority', 'an endorsement key that was never judged');
      const isRsa = key.asymmetricKeyType === 'rsa';
      const { seed, sealed } = isRsa ? byRsa(key, template, random) : byCurve(key, template);
      return { blob: sealCredential(template, seed, name, secret), seed: sized(sealed) };
    },
  };
}

const fingerprintOf = (key: KeyObject) =>
  base64url(sha256(canonicalKey(key).export({ format: 'der', type: 'spki' })));

const no = (reason: JudgedReason) => failed(judgedReasons[reason]);

function wrongEndorsement(leaf: Certificate, now: number): JudgedReason | undefined {
  const wrong = wrongWith(leaf, now);
  if (wrong !== undefined) return wrong;
  const { constraints, keyUsage, extendedKeyUsage } = leaf;
  if (constraints.ca) return 'not-for-this';
  // §3.2.16, said and not left open: a certificate of something else is none of an endorsement key.
  if (extendedKeyUsage === 'any' || !extendedKeyUsage.includes(keyUses.endorsementKey)) {
    return 'not-for-this';
  }
  if (keyUsage === 'any') return undefined;
  const { keyEncipherment, keyAgreement } = keyUsageBits;
  return keyUsage.has(keyEncipherment) || keyUsage.has(keyAgreement) ? undefined : 'not-for-this';
}

/** By the profile each kind of key has one: which it was made with, no certificate says. */
function templateOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): Template | undefined {
  const { modulusLength, namedCurve } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'rsa') return RSA[modulusLength ?? 0];
  return asymmetricKeyType === 'ec' ? CURVES[namedCurve ?? ''] : undefined;
}

const RSA: Readonly<Record<number, Template>> = { 2048: USUAL, 3072: HIGH };
const CURVES: Readonly<Record<string, Template>> = { prime256v1: USUAL, secp384r1: HIGH };

/** Part 1 §B.10.4. */
function byRsa(key: KeyObject, { hash, bytes }: Template, random: Random) {
  const seed = random.bytes(bytes);
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const oaepLabel = Buffer.from(`${IDENTITY}\0`);
  return { seed, sealed: publicEncrypt({ key, padding, oaepHash: hash, oaepLabel }, seed) };
}

/** Part 1 §C.6.4: what is told is a point of which nobody keeps the key (TPMS_ECC_POINT). */
function byCurve(key: KeyObject, { hash }: Template) {
  const namedCurve = key.asymmetricKeyDetails?.namedCurve ?? '';
  const once = generateKeyPairSync('ec', { namedCurve });
  const shared = diffieHellman({ privateKey: once.privateKey, publicKey: key });
  const point = pointOf(once.publicKey);
  const seed = kdfe(hash, shared, IDENTITY, point.x, pointOf(key).x);
  return { seed, sealed: Buffer.concat([sized(point.x), sized(point.y)]) };
}

function pointOf(key: KeyObject): { readonly x: Uint8Array; readonly y: Uint8Array } {
  const { x, y } = key.export({ format: 'jwk' });
  const read = (text: string | undefined) => fromBase64url(text ?? '') ?? new Uint8Array(0);
  return { x: read(x), y: read(y) };
}
