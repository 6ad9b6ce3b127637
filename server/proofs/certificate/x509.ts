/**
 * A certificate as far as it is judged here (RFC 5280): when it is good, whom it names, what it may be used for. Node checks the
 * signature; all else is read from the bytes by wire/x509, since a name that was made into a line of text can be made to look like
 * another (CVE-2021-44532, CVE-2021-44533).
 */
import { hash, X509Certificate } from 'node:crypto';
import { readOne } from '../../wire/der/der-reader.ts';
import type { AlternativeNames } from '../../wire/x509/alternative-names.ts';
import { type Certificate, readCertificate } from '../../wire/x509/certificate.ts';
import { type NameAttribute, readName } from '../../wire/x509/distinguished-name.ts';
import { attributes, extensions, keyUsageBits, keyUses } from '../../wire/x509/oids.ts';

export interface OpenedCertificate {
  readonly x509: X509Certificate;
  /** SHA-256 of the whole, in base64url: the `x5t#S256` of RFC 8705 §3.1. */
  readonly fingerprint: string;
  readonly from: number;
  readonly until: number;
  /** Extensions that must be understood and aren't. */
  readonly unknownCritical: readonly string[];
  readonly forClients: boolean;
  readonly names: Names;
}

/** Of the subject's, one that is there and can't be read is an empty text, which no rule asks for. */
export interface Names extends Pick<AlternativeNames, 'dns' | 'uri' | 'email'> {
  readonly commonName: readonly string[];
  readonly organisation: readonly string[];
  readonly organisationalUnit: readonly string[];
}

const SIGNATURES_OF_OLD: ReadonlySet<string> = new Set([
  '1.2.840.113549.1.1.4', // MD5 with RSA
  '1.2.840.113549.1.1.5', // SHA-1 with RSA
  '1.2.840.10045.4.1', // SHA-1 with ECDSA
]);

const KNOWN: ReadonlySet<string> = new Set([
  extensions.keyUsage,
  extensions.basicConstraints,
  extensions.extendedKeyUsage,
  extensions.subjectAltName,
  extensions.certificatePolicies,
]);

/** Undefined for what is no certificate that could be good for anything here. */
export function openCertificate(der: Uint8Array): OpenedCertificate | undefined {
  // Before Node gets it: it forgives what follows a certificate, or a PEM in its place, and its fingerprint would be another's.
  const certificate = readCertificate(der);
  const subject = certificate && readName(readOne(certificate.subject));
  if (certificate === undefined || subject === undefined) return undefined;
  if (SIGNATURES_OF_OLD.has(certificate.signature.algorithm)) return undefined;
  let x509: X509Certificate;
  try {
    x509 = new X509Certificate(der);
  } catch {
    return undefined; // Bytes of strangers: that Node can make nothing of their key is an expected outcome.
  }
  const { dns, uri, email } = certificate.names;
  return {
    x509,
    fingerprint: hash('sha256', der, 'base64url'),
    from: certificate.notBefore,
    until: certificate.notAfter,
    unknownCritical: [...certificate.extensions]
      .filter(([oid, { critical }]) => critical && !KNOWN.has(oid))
      .map(([oid]) => oid),
    forClients: isForClients(certificate),
    names: {
      commonName: textsOf(subject, attributes.commonName),
      organisation: textsOf(subject, attributes.organisation),
      organisationalUnit: textsOf(subject, attributes.organisationalUnit),
      dns,
      uri,
      email,
    },
  };
}

function textsOf(name: readonly NameAttribute[], type: string): readonly string[] {
  return name.filter((each) => each.type === type).map(({ text = '' }) => text);
}

/** All uses are allowed where it says nothing of them. A handshake of TLS needs a signature. */
function isForClients({ constraints, extendedKeyUsage, keyUsage }: Certificate): boolean {
  return (
    !constraints.ca &&
    (extendedKeyUsage === 'any' ||
      extendedKeyUsage.includes(keyUses.clientAuth) ||
      extendedKeyUsage.includes(keyUses.any)) &&
    (keyUsage === 'any' || keyUsage.has(keyUsageBits.digitalSignature))
  );
}
