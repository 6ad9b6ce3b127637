/** What is to be written of a proof that is offered for a device, once it is found sound. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { DAY } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import type { Queries } from '../store/store.ts';
import {
  type CertificateDetail,
  type DeviceProofError,
  type ExceptionDetail,
  fingerprintOf,
  judgeSecret,
  type KeyDetail,
  keyDetail,
  lookups,
  type NewDeviceProof,
  type SecretDetail,
  type TpmDetail,
} from './device-proof.ts';
import type { Device } from './devices.ts';
import { onlyCertificate } from './only-certificate.ts';
import { isOwner } from './owned-subject.ts';

/** Long enough to plan a replacement, short enough that somebody looks again. */
const LONGEST_EXCEPTION = 366 * DAY;
const MADE_LENGTH = 40;

export interface Draft {
  readonly detail: CertificateDetail | KeyDetail | TpmDetail | SecretDetail | ExceptionDetail;
  readonly lookup: string;
  readonly secret?: string;
  /** It is good no longer than this: a certificate's own end, the longest that an exception may last. */
  readonly end?: number;
}

type Drafted = Result<Draft, DeviceProofError>;
type Of<K> = Extract<NewDeviceProof, { kind: K }>;

const malformed = (detail: string): Drafted => failed({ code: 'malformed', detail });
const notAllowed = (detail: string): Drafted => failed({ code: 'not-allowed', detail });

export async function draftOf(
  q: Queries,
  device: Device,
  proof: NewDeviceProof,
  { now, random }: { readonly now: number; readonly random: Random },
): Promise<Drafted> {
  switch (proof.kind) {
    case 'certificate':
      return certificateDraft(proof, now);
    case 'key':
      return keyDraft(proof);
    case 'tpm':
      return ok({ detail: proof.shown, lookup: lookups.tpm(proof.shown.endorsementKey) });
    case 'radius':
    case 'tacacs':
      return secretDraft(device, proof, random);
    default:
      return exceptionDraft(q, device, proof, now);
  }
}

function certificateDraft(proof: Of<'certificate'>, now: number): Drafted {
  if (!('pem' in proof)) {
    const { authority, named } = proof;
    if (!/^[\x20-\x7e]{1,256}$/.test(named)) return malformed('the name is not of its form');
    return ok({ detail: { authority, named }, lookup: lookups.named(authority, named) });
  }
  const certificate = onlyCertificate(proof.pem);
  if (certificate === undefined) return malformed('that is not one certificate in PEM');
  const weak = weaknessOfKey(certificate.publicKey);
  if (weak !== undefined) return notAllowed(weak);
  const end = Date.parse(certificate.validTo);
  if (!(end > now)) return notAllowed('the certificate has expired');
  const fingerprint = fingerprintOf(new Uint8Array(certificate.raw));
  const subject = certificate.subject.replaceAll('\n', ', ').slice(0, 256);
  return ok({ detail: { fingerprint, subject }, lookup: lookups.fingerprint(fingerprint), end });
}

function weaknessOfKey({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  if (asymmetricKeyType === 'ed25519') return undefined;
  if (asymmetricKeyType === 'ec') {
    return ['prime256v1', 'secp384r1', 'secp521r1'].includes(asymmetricKeyDetails?.namedCurve ?? '')
      ? undefined
      : 'its key is on another curve than P-256, P-384 and P-521';
  }
  if (asymmetricKeyType !== 'rsa') return 'its key is of a kind that is not taken here';
  return (asymmetricKeyDetails?.modulusLength ?? 0) < 2048
    ? 'its key is shorter than 2048 bits'
    : undefined;
}

function keyDraft({ publicKey }: Of<'key'>): Drafted {
  let key: KeyObject;
  try {
    // A private key would be taken too, and a public one made of it: nobody should send us those.
    if (!publicKey.includes('-----BEGIN PUBLIC KEY-----')) {
      return malformed('that is not a public key in PEM');
    }
    key = createPublicKey(publicKey);
  } catch {
    return malformed('that is not a public key in PEM');
  }
  const p256 = key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  if (!p256 && key.asymmetricKeyType !== 'ed25519') {
    return notAllowed('take a key on P-256, or an Ed25519 key');
  }
  const detail = keyDetail(key);
  return ok({ detail, lookup: lookups.key(detail.thumbprint) });
}

function secretDraft(device: Device, proof: Of<'radius' | 'tacacs'>, random: Random): Drafted {
  const lookup = lookups.secret(proof.kind, device.id);
  const { secret, weakBecause } = proof;
  if (secret === undefined) {
    const made = madeSecret(random);
    return ok({ detail: { length: made.length, made: 'here' }, lookup, secret: made });
  }
  const problem = judgeSecret(secret);
  if (problem === 'malformed') {
    return malformed('a secret has printable ASCII characters without spaces, 128 at most');
  }
  const weak = problem === 'weak';
  if (weak && weakBecause === undefined) return failed({ code: 'weak-secret' });
  const because = weak && weakBecause !== undefined ? { weakBecause } : {};
  return ok({ detail: { length: secret.length, made: 'elsewhere', ...because }, lookup, secret });
}

/** Letters and digits: some devices cut a secret at other characters. Those that look alike are left out, for who types it. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

function madeSecret(random: Random): string {
  let secret = '';
  const fair = 256 - (256 % ALPHABET.length);
  while (secret.length < MADE_LENGTH) {
    // What would make some characters likelier than others is thrown away.
    for (const byte of random.bytes(64)) {
      if (byte < fair && secret.length < MADE_LENGTH) secret += ALPHABET[byte % ALPHABET.length];
    }
  }
  return secret;
}

async function exceptionDraft(
  q: Queries,
  device: Device,
  proof: Of<'mac' | 'without-message-authenticator'>,
  now: number,
): Promise<Drafted> {
  const { kind, owner, reason, control, mac, expiresAt } = proof;
  if (expiresAt === undefined) return malformed('an exception has an end');
  if (!(await isOwner(q, owner))) return failed({ code: 'owner-not-found' });
  const end = now + LONGEST_EXCEPTION;
  if (kind !== 'mac') {
    const lookup = lookups.exception(kind, device.id);
    return ok({ detail: { owner, reason, control }, lookup, end });
  }
  if (mac === undefined || mac !== device.mac) return failed({ code: 'mac-not-its' });
  return ok({ detail: { owner, reason, control, mac }, lookup: lookups.mac(mac), end });
}
