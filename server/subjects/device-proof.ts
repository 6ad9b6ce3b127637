/** What a device proves itself with, as it stands in the store: shapes, and what of them is weak. */
import { createHash, type KeyObject } from 'node:crypto';
import {
  type DeviceExceptionKind,
  DeviceProofKind,
  type DeviceSecretKind,
} from '@sallyport/contract/devices.ts';
import { base64url } from '../kernel/bytes.ts';
import { Fault } from '../kernel/fault.ts';
import type { DeviceId, PersonId } from '../kernel/id.ts';
import type { DeviceProofId, DeviceProofRow } from './device-proof-table.ts';

export type { DeviceProofId } from './device-proof-table.ts';

/** A certificate, word for word; or a name that an authority gave which is trusted here. Our own needs neither. */
export type CertificateDetail =
  | { readonly fingerprint: string; readonly subject: string }
  | { readonly authority: string; readonly named: string };

export interface KeyDetail {
  /** SubjectPublicKeyInfo, DER, in base64url. */
  readonly spki: string;
  /** SHA-256 of that. */
  readonly thumbprint: string;
}

/** The TPM of a device, and the key with which it speaks of others. */
export interface TpmDetail {
  /** SHA-256 over each SubjectPublicKeyInfo, in base64url. */
  readonly attestationKey: string;
  readonly endorsementKey: string;
  /** What the CA of its maker was called here. */
  readonly maker: string;
  /** Maker, model and firmware, in the words of its certificate. */
  readonly tpm: string;
  /** The certificates of its endorsement key, DER in base64url: they are judged again whenever the key is used. */
  readonly chain: readonly string[];
}

export interface SecretDetail {
  readonly length: number;
  readonly made: 'here' | 'elsewhere';
  /** Why a weak one was taken. */
  readonly weakBecause?: string;
  /** The one that took its place; until it ends, it is taken beside that one. */
  readonly replacedBy?: DeviceProofId;
}

export interface ExceptionDetail {
  /** Who answers for the exception. */
  readonly owner: PersonId;
  /** Why the device can't do better. */
  readonly reason: string;
  /** What is done instead: the compensating control. */
  readonly control: string;
  /** Of an exception for a MAC address: which. */
  readonly mac?: string;
}

interface Held {
  readonly id: DeviceProofId;
  readonly device: DeviceId;
  readonly name: string;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly lastUsedAt: number | undefined;
}

export type DeviceProof = Held &
  (
    | { readonly kind: 'certificate'; readonly detail: CertificateDetail }
    | { readonly kind: 'key'; readonly detail: KeyDetail }
    | { readonly kind: 'tpm'; readonly detail: TpmDetail }
    | { readonly kind: DeviceSecretKind; readonly detail: SecretDetail }
    | { readonly kind: DeviceExceptionKind; readonly detail: ExceptionDetail }
  );

export type DeviceException = Extract<DeviceProof, { kind: DeviceExceptionKind }>;

export function readDeviceProof(row: DeviceProofRow): DeviceProof {
  const kind = DeviceProofKind.safeParse(row.kind);
  if (!kind.success) throw new Fault('proof.engine', `a device with a proof: ${row.kind}`);
  return {
    id: row.id,
    device: row.device_id,
    kind: kind.data,
    name: row.name,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
    detail: JSON.parse(row.detail),
  } as DeviceProof; // As device-proofs.ts wrote it, by its kind.
}

interface Named {
  /** What it is called in lists. */
  readonly name: string;
  readonly expiresAt?: number | undefined;
}

export type NewDeviceProof = Named &
  (
    | { readonly kind: 'certificate'; readonly pem: string }
    | { readonly kind: 'certificate'; readonly authority: string; readonly named: string }
    /** PEM of a public key: P-256 or Ed25519. */
    | { readonly kind: 'key'; readonly publicKey: string }
    /** Shown to be so before (gate/use-cases/devices/tpm-binding.ts). */
    | { readonly kind: 'tpm'; readonly shown: TpmDetail }
    | {
        readonly kind: DeviceSecretKind;
        /** One that stands in the device already; made here where it is left out. */
        readonly secret?: string | undefined;
        readonly weakBecause?: string | undefined;
        /** Until when the one before is taken too; without it that one ends now. */
        readonly overlapUntil?: number | undefined;
      }
    | {
        readonly kind: DeviceExceptionKind;
        readonly owner: PersonId;
        readonly reason: string;
        readonly control: string;
        readonly mac?: string | undefined;
      }
  );

export type DeviceProofError =
  | { readonly code: 'not-found' }
  | { readonly code: 'device-retired' }
  | { readonly code: 'malformed'; readonly detail: string }
  | { readonly code: 'not-allowed'; readonly detail: string }
  | { readonly code: 'weak-secret' }
  | { readonly code: 'held-already' }
  | { readonly code: 'owner-not-found' }
  | { readonly code: 'mac-not-its' };

/** RFC 2865 §3 asks for 16 octets at least; what people type has less in each, so twice as many are wanted. */
const LEAST_SECRET = 32;
const LEAST_DIFFERENT = 10;
/** What no device takes, or no file of settings keeps whole. */
export const LONGEST_SECRET = 128;

export type SecretProblem = 'malformed' | 'weak' | undefined;

export function judgeSecret(secret: string): SecretProblem {
  // Printable ASCII: anything else is not the same octets on each device.
  if (!/^[\x21-\x7e]+$/.test(secret) || secret.length > LONGEST_SECRET) return 'malformed';
  const weak = secret.length < LEAST_SECRET || new Set(secret).size < LEAST_DIFFERENT;
  return weak ? 'weak' : undefined;
}

export const fingerprintOf = (der: Uint8Array): string =>
  base64url(createHash('sha256').update(der).digest());

export function keyDetail(key: KeyObject): KeyDetail {
  const der = key.export({ type: 'spki', format: 'der' });
  return { spki: base64url(der), thumbprint: fingerprintOf(der) };
}

/** What each can be once: the words of the table's `lookup`. */
export const lookups = {
  fingerprint: (fingerprint: string) => `certificate ${fingerprint}`,
  named: (authority: string, name: string) => `named ${JSON.stringify([authority, name])}`,
  key: (thumbprint: string) => `key ${thumbprint}`,
  /** One TPM is one device’s. */
  tpm: (endorsementKey: string) => `tpm ${endorsementKey}`,
  secret: (kind: DeviceSecretKind, device: DeviceId) => `${kind} ${device}`,
  /** The secret whose place another one took, while both are taken. */
  before: (kind: DeviceSecretKind, device: DeviceId) => `before ${kind} ${device}`,
  mac: (mac: string) => `mac ${mac}`,
  exception: (kind: DeviceExceptionKind, device: DeviceId) => `${kind} ${device}`,
};
