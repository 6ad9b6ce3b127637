/**
 * A certificate as far as it is judged here (RFC 5280): when it is good, whom it names, what it may be used for. Node reads and
 * checks the signature; names and extensions are read from the bytes themselves, since a name that was made into a line of text
 * can be made to look like another (CVE-2021-44532, CVE-2021-44533).
 */
import { hash, X509Certificate } from 'node:crypto';
import { type Der, readAscii, readDer, readText, TAG, within } from '../../wire/der/der-reader.ts';

export interface ReadCertificate {
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

export interface Names {
  readonly commonName: readonly string[];
  readonly organisation: readonly string[];
  readonly organisationalUnit: readonly string[];
  readonly dns: readonly string[];
  readonly uri: readonly string[];
  readonly email: readonly string[];
}

export const LARGEST = 16_384;

const SIGNATURES_OF_OLD = new Set([
  '2a864886f70d010104', // MD5 with RSA
  '2a864886f70d010105', // SHA-1 with RSA
  '2a8648ce3d0401', // SHA-1 with ECDSA
]);

const EXTENSIONS = {
  keyUsage: '551d0f',
  basicConstraints: '551d13',
  extendedKeyUsage: '551d25',
  subjectAltName: '551d11',
  policies: '551d20',
} as const;
const KNOWN = new Set<string>(Object.values(EXTENSIONS));

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const ANY_USE = '2.5.29.37.0';

/** Undefined for what is no certificate that could be good for anything here. */
export function readCertificate(der: Uint8Array): ReadCertificate | undefined {
  if (der.length === 0 || der.length > LARGEST) return undefined;
  let x509: X509Certificate;
  try {
    x509 = new X509Certificate(der);
  } catch {
    return undefined; // Bytes of strangers: that they are no certificate is an expected outcome.
  }
  const [certificate, ...more] = readDer(der) ?? [];
  const [body, algorithm] = within(certificate, TAG.sequence) ?? [];
  // Node forgives what follows a certificate, or a PEM in its place; its fingerprint would be another's.
  if (more.length > 0 || body === undefined || algorithm === undefined) return undefined;
  const parts = within(body, TAG.sequence);
  if (parts === undefined) return undefined;
  const fields = parts[0]?.tag === 0xa0 ? parts.slice(1) : parts;
  // Serial number, algorithm, issuer, validity, subject.
  const subject = within(fields[4], TAG.sequence);
  const extensions = extensionsOf(fields.find(({ tag }) => tag === 0xa3));
  const subjectNames = subject && namesOf(subject);
  const alternative = extensions && alternativeOf(extensions.get(EXTENSIONS.subjectAltName)?.value);
  if (extensions === undefined || subjectNames === undefined || alternative === undefined) {
    return undefined;
  }
  const signature = within(algorithm, TAG.sequence)?.[0];
  if (signature === undefined || SIGNATURES_OF_OLD.has(hexOf(signature.content))) return undefined;

  const from = x509.validFromDate.getTime();
  const until = x509.validToDate.getTime();
  if (!Number.isFinite(from) || !Number.isFinite(until)) return undefined;
  const uses = x509.keyUsage as readonly string[] | undefined; // Undefined where there is no such extension.
  const unknownCritical = [...extensions]
    .filter(([oid, { critical }]) => critical && !KNOWN.has(oid))
    .map(([oid]) => oid);
  return {
    x509,
    fingerprint: hash('sha256', der, 'base64url'),
    from,
    until,
    unknownCritical,
    forClients:
      !x509.ca &&
      (uses === undefined || uses.includes(CLIENT_AUTH) || uses.includes(ANY_USE)) &&
      maySign(extensions.get(EXTENSIONS.keyUsage)?.value),
    names: { ...subjectNames, ...alternative },
  };
}

interface Extension {
  readonly critical: boolean;
  readonly value: Uint8Array;
}

function extensionsOf(der: Der | undefined): ReadonlyMap<string, Extension> | undefined {
  const found = new Map<string, Extension>();
  if (der === undefined) return found;
  const list = within(readDer(der.content)?.[0], TAG.sequence);
  for (const each of list ?? []) {
    const [oid, ...rest] = within(each, TAG.sequence) ?? [];
    const value = rest.at(-1);
    if (oid?.tag !== TAG.oid || value?.tag !== TAG.octets) return undefined;
    const name = hexOf(oid.content);
    // RFC 5280 §4.2: none twice.
    if (found.has(name)) return undefined;
    found.set(name, { critical: rest.length > 1, value: value.content });
  }
  return list && found;
}

const ATTRIBUTES: Readonly<Record<string, 'commonName' | 'organisation' | 'organisationalUnit'>> = {
  '550403': 'commonName',
  '55040a': 'organisation',
  '55040b': 'organisationalUnit',
};

function namesOf(subject: readonly Der[]) {
  const names = {
    commonName: [] as string[],
    organisation: [] as string[],
    organisationalUnit: [] as string[],
  };
  for (const relative of subject) {
    for (const attribute of within(relative, TAG.set) ?? []) {
      const [oid, value] = within(attribute, TAG.sequence) ?? [];
      if (oid?.tag !== TAG.oid || value === undefined) return undefined;
      const name = ATTRIBUTES[hexOf(oid.content)];
      const text = readText(value);
      if (name !== undefined && text !== undefined) names[name].push(text);
    }
  }
  return names;
}

function alternativeOf(value: Uint8Array | undefined) {
  const names = { dns: [] as string[], uri: [] as string[], email: [] as string[] };
  if (value === undefined) return names;
  const list = within(readDer(value)?.[0], TAG.sequence);
  if (list === undefined) return undefined;
  for (const { tag, content } of list) {
    const text = readAscii(content);
    if (tag === 0x81 && text) names.email.push(text);
    else if (tag === 0x82 && text) names.dns.push(text.toLowerCase());
    else if (tag === 0x86 && text) names.uri.push(text);
  }
  return names;
}

/** Bit 0 of the key usage, digitalSignature, which a handshake of TLS needs; all are allowed where it says nothing. */
function maySign(value: Uint8Array | undefined): boolean {
  if (value === undefined) return true;
  const bits = readDer(value)?.[0];
  return bits?.tag === TAG.bits && ((bits.content[1] ?? 0) & 0x80) !== 0;
}

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
