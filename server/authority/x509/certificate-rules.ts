/** What a certificate may be good for, as far as it says itself (RFC 5280 §6.1): its time, its key, its uses, its extensions. */
import type { KeyObject } from 'node:crypto';
import type { Certificate } from '../../wire/x509/certificate.ts';
import { extensions, keyUsageBits, keyUses, signatures } from '../../wire/x509/oids.ts';
import type { JudgedReason } from './authority-words.ts';
import { judgeKey, publicKeyOf } from './key-material.ts';

/** Name constraints are understood of CAs alone: they are held against what stands below (name-rules.ts). */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  extensions.basicConstraints,
  extensions.keyUsage,
  extensions.extendedKeyUsage,
  extensions.subjectAltName,
  extensions.certificatePolicies,
  extensions.subjectKeyIdentifier,
  extensions.authorityKeyIdentifier,
  extensions.crlDistributionPoints,
  extensions.authorityInfoAccess,
  extensions.modbusRole,
]);

export type Use = 'client' | 'server' | 'tpm' | 'endorsement';

const WANTED: Readonly<Record<Use, string>> = {
  client: keyUses.clientAuth,
  server: keyUses.serverAuth,
  tpm: keyUses.attestationKey,
  endorsement: keyUses.endorsementKey,
};

/** Of any certificate on the way: undefined where nothing is wrong with it. */
export function wrongWith(certificate: Certificate, now: number): JudgedReason | undefined {
  if (now < certificate.notBefore) return 'not-yet';
  if (now >= certificate.notAfter) return 'expired';
  if (signatures[certificate.signature.algorithm] === undefined) return 'weak';
  for (const [type, { critical }] of certificate.extensions) {
    const known =
      UNDERSTOOD.has(type) || (type === extensions.nameConstraints && certificate.constraints.ca);
    if (critical && !known) return 'not-for-this';
  }
  return undefined;
}

/** Of the certificate that is shown itself. */
export function wrongLeaf(
  certificate: Certificate,
  use: Use,
  now: number,
): JudgedReason | undefined {
  const wrong = wrongWith(certificate, now);
  if (wrong !== undefined) return wrong;
  const key = publicKeyOf(certificate.publicKey);
  if (key === undefined) return 'malformed';
  if (!judgeKey(key).ok) return 'weak';
  return wrongUse(certificate, use);
}

/** Of one of our own, whose key was judged when it was issued. */
export function wrongOwn(
  certificate: Certificate,
  use: Use,
  now: number,
): JudgedReason | undefined {
  return wrongWith(certificate, now) ?? wrongUse(certificate, use);
}

function wrongUse(
  { constraints, keyUsage, extendedKeyUsage }: Certificate,
  use: Use,
): JudgedReason | undefined {
  if (constraints.ca) return 'not-for-this';
  if (keyUsage !== 'any' && !keyUsage.has(keyUsageBits.digitalSignature)) return 'not-for-this';
  return allows(extendedKeyUsage, WANTED[use]) ? undefined : 'not-for-this';
}

/** Of a CA with so many CAs between it and the leaf. */
export function wrongCa(
  certificate: Certificate,
  below: number,
  use: Use,
  now: number,
): JudgedReason | undefined {
  const wrong = wrongWith(certificate, now);
  if (wrong !== undefined) return wrong;
  const { constraints, keyUsage, extendedKeyUsage } = certificate;
  if (!constraints.ca) return 'unknown-authority';
  if (constraints.pathLength !== undefined && below > constraints.pathLength) {
    return 'unknown-authority';
  }
  if (keyUsage !== 'any' && !keyUsage.has(keyUsageBits.keyCertSign)) return 'unknown-authority';
  return allows(extendedKeyUsage, WANTED[use]) ? undefined : 'not-for-this';
}

/** Undefined for a key of a CA that is too weak to have signed anything. */
export function caKey(certificate: Certificate): KeyObject | undefined {
  const key = publicKeyOf(certificate.publicKey);
  return key !== undefined && judgeKey(key).ok ? key : undefined;
}

function allows(uses: readonly string[] | 'any', wanted: string): boolean {
  return uses === 'any' || uses.includes(wanted) || uses.includes(keyUses.any);
}

/** Of two ways that lead nowhere, what is told: that it was revoked hides behind nothing else. */
export function worseOf(before: JudgedReason, now: JudgedReason): JudgedReason {
  if (before === 'revoked' || now === 'unknown-authority') return before;
  return before === 'revocation-unknown' && now !== 'revoked' ? before : now;
}
