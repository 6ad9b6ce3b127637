/**
 * A certificate as far as it is judged here (RFC 5280): when it is good, whom it names, what it may be used for. Node checks the
 * signature; all else is read from the bytes by wire/x509, since a name that was made into a line of text can be made to look like
 * another (CVE-2021-44532, CVE-2021-44533).
 */
import { hash, X509Certificate } from 'node:crypto';
import { context, readOid, readOne, TAG, within } from '../../wire/der/der-reader.ts';
import type { AlternativeNames } from '../../wire/x509/alternative-names.ts';
import { type Certificate, readCertificate } from '../../wire/x509/certificate.ts';
import { type NameAttribute, readName } from '../../wire/x509/distinguished-name.ts';
import { attributes, extensions, keyUsageBits, keyUses, signatures } from '../../wire/x509/oids.ts';

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

/** Beside those by which CAs are believed that are trusted by hand (oids.ts): what a program's own certificate may be signed with. */
const MORE_SIGNATURES: ReadonlySet<string> = new Set([
  '1.3.101.113', // Ed448
  '2.16.840.1.101.3.4.3.17', // ML-DSA-44, -65 and -87
  '2.16.840.1.101.3.4.3.18',
  '2.16.840.1.101.3.4.3.19',
]);
const RSA_PSS = '1.2.840.113549.1.1.10';
const SHA2: ReadonlySet<string> = new Set([
  '2.16.840.1.101.3.4.2.1',
  '2.16.840.1.101.3.4.2.2',
  '2.16.840.1.101.3.4.2.3',
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
  if (!isOfToday(certificate)) return undefined;
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

/** Named one by one: MD5 and SHA-1 have several identifiers each, and OpenSSL knows them all. */
function isOfToday({ der, signature: { algorithm } }: Certificate): boolean {
  if (algorithm !== RSA_PSS)
    return Object.hasOwn(signatures, algorithm) || MORE_SIGNATURES.has(algorithm);
  // RFC 4055 §3.1: the hash is the first of its parameters, and SHA-1 where that is left out.
  const [, identifier] = within(readOne(der), TAG.sequence) ?? [];
  const [, parameters] = within(identifier, TAG.sequence) ?? [];
  const [first] = within(parameters, TAG.sequence) ?? [];
  const hash = first?.tag === context(0) ? within(readOne(first.content), TAG.sequence) : undefined;
  return SHA2.has(readOid(hash?.[0]) ?? '');
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
