/**
 * Whether an authenticator may be enrolled, and whether what it says of itself is vouched for.
 *
 * The library has checked that the attestation statement is right in itself (WebAuthn §6.5, §8). That says nothing of who
 * made it: an AAGUID is a claim, which anyone's software can make, unless the statement's certificates lead to a root that
 * the configuration names for that model.
 */
import { X509Certificate } from 'node:crypto';
import type { WebauthnConfig } from './webauthn-config.ts';

export interface Attested {
  readonly aaguid: string;
  readonly format: string;
  /** Certificates of the statement, the signer's first; none for self attestation. */
  readonly chain: readonly Uint8Array[];
}

export type AttestationVerdict =
  | { readonly allowed: true; readonly attested: boolean }
  | { readonly allowed: false; readonly why: string };

export function judgeAttestation(
  { aaguid, format, chain }: Attested,
  config: WebauthnConfig,
  now: number,
): AttestationVerdict {
  // Deprecated by its maker in 2024; nothing makes it any more but an attacker with an old phone.
  if (format === 'android-safetynet') return { allowed: false, why: 'an outdated attestation' };
  if (config.authenticators.length === 0) return { allowed: true, attested: false };
  const listed = config.authenticators.find((known) => known.aaguid === aaguid);
  if (listed === undefined) return { allowed: false, why: `the model ${aaguid} is not listed` };
  if (listed.roots.length === 0) return { allowed: true, attested: false };
  return leadsTo(chain, listed.roots, now)
    ? { allowed: true, attested: true }
    : { allowed: false, why: `the model ${aaguid} is claimed but not attested` };
}

/** RFC 5280 §6.1 as far as it goes for these short chains: signatures, names, validity, and that issuers are authorities. */
function leadsTo(chain: readonly Uint8Array[], roots: readonly string[], now: number): boolean {
  if (chain.length === 0 || chain.length > 6) return false;
  try {
    const certificates = chain.map((der) => new X509Certificate(der));
    const anchors = roots.map((pem) => new X509Certificate(pem));
    for (const [at, certificate] of certificates.entries()) {
      if (!isValidAt(certificate, now)) return false;
      // Makers publish roots, intermediates, and now and then the signer's own certificate.
      if (anchors.some((anchor) => anchor.fingerprint256 === certificate.fingerprint256))
        return true;
      if (anchors.some((anchor) => isValidAt(anchor, now) && issued(anchor, certificate))) {
        return true;
      }
      const issuer = certificates[at + 1];
      if (issuer === undefined || !issued(issuer, certificate)) return false;
    }
  } catch {
    // A certificate that can't be read leads nowhere.
  }
  return false;
}

function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function isValidAt(certificate: X509Certificate, now: number): boolean {
  return certificate.validFromDate.getTime() <= now && now <= certificate.validToDate.getTime();
}
