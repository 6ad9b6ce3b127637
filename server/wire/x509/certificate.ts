/**
 * A certificate (RFC 5280 §4.1) as its bytes say it. Nothing is judged here: neither its times nor its signature. Reading gives
 * undefined for what is no certificate of version 3 in DER, with nothing before or after it.
 */
import type { Buffer } from 'node:buffer';
import {
  context,
  readBits,
  readOid,
  readOne,
  readSmall,
  readTime,
  readUnsigned,
  TAG,
  within,
} from '../der/der-reader.ts';
import { bits, integer, sequence, tagged, time, unsigned } from '../der/der-writer.ts';
import { type AlternativeNames, noNames, readAlternativeNames } from './alternative-names.ts';
import { commonNameOf, readName } from './distinguished-name.ts';
import {
  type BasicConstraints,
  type Extensions,
  readAuthorityKeyId,
  readBasicConstraints,
  readExtendedKeyUsage,
  readExtensions,
  readKeyUsage,
  readPolicies,
  readSubjectKeyId,
} from './extensions.ts';
import { isKeyInfo } from './key-info.ts';
import { type NameConstraints, readNameConstraints } from './name-constraints.ts';
import { extensions as OIDS } from './oids.ts';

export interface Certificate {
  readonly der: Uint8Array;
  /** What was signed. */
  readonly body: Uint8Array;
  readonly signature: { readonly algorithm: string; readonly value: Uint8Array };
  /** Hexadecimal, lower case, without leading noughts of whole bytes. */
  readonly serial: string;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Undefined where there is more than one, or it is no text. */
  readonly commonName: string | undefined;
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly extensions: Extensions;
  readonly names: AlternativeNames;
  readonly constraints: BasicConstraints;
  readonly nameConstraints: NameConstraints | undefined;
  readonly keyUsage: ReadonlySet<number> | 'any';
  readonly extendedKeyUsage: readonly string[] | 'any';
  readonly policies: readonly string[];
  readonly subjectKeyId: Uint8Array | undefined;
  readonly authorityKeyId: Uint8Array | undefined;
}

export const LARGEST_CERTIFICATE = 16_384;

export function readCertificate(der: Uint8Array): Certificate | undefined {
  if (der.length > LARGEST_CERTIFICATE) return undefined;
  const [body, algorithm, value, ...more] = within(readOne(der), TAG.sequence) ?? [];
  const signatureValue = readBits(value);
  const signatureAlgorithm = readOid(within(algorithm, TAG.sequence)?.[0]);
  if (body === undefined || signatureValue === undefined || more.length > 0) return undefined;
  const [version, serial, inner, issuer, validity, subject, publicKey, ...rest] =
    within(body, TAG.sequence) ?? [];
  if (version?.tag !== context(0) || readSmall(readOne(version.content)) !== 2) return undefined;
  const digits = readUnsigned(serial);
  const [from, until, ...noMore] = within(validity, TAG.sequence) ?? [];
  const notBefore = readTime(from);
  const notAfter = readTime(until);
  // RFC 5280 §4.1.1.2: the algorithm is said twice, the second time where it is signed.
  if (algorithm === undefined || inner === undefined || !same(algorithm.whole, inner.whole)) {
    return undefined;
  }
  const last = rest.at(-1);
  if (last?.tag !== context(3)) return undefined;
  const extensions = readExtensions(readOne(last.content));
  const subjectName = readName(subject);
  if (
    signatureAlgorithm === undefined ||
    digits === undefined ||
    digits.length > 40 ||
    notBefore === undefined ||
    notAfter === undefined ||
    noMore.length > 0 ||
    issuer === undefined ||
    subject === undefined ||
    !isKeyInfo(publicKey) ||
    extensions === undefined ||
    subjectName === undefined ||
    readName(issuer) === undefined
  ) {
    return undefined;
  }
  const alternative = extensions.get(OIDS.subjectAltName)?.value;
  const names = alternative === undefined ? noNames : readAlternativeNames(alternative);
  const constraints = readBasicConstraints(extensions);
  const keyUsage = readKeyUsage(extensions);
  const extendedKeyUsage = readExtendedKeyUsage(extensions);
  const policies = readPolicies(extensions);
  const limits = extensions.get(OIDS.nameConstraints)?.value;
  const nameConstraints = limits && readNameConstraints(limits);
  if (
    names === undefined ||
    constraints === undefined ||
    (limits !== undefined && nameConstraints === undefined) ||
    keyUsage === undefined ||
    extendedKeyUsage === undefined ||
    policies === undefined
  ) {
    return undefined;
  }
  return {
    der,
    body: body.whole,
    signature: { algorithm: signatureAlgorithm, value: signatureValue },
    serial: digits,
    issuer: issuer.whole,
    subject: subject.whole,
    commonName: commonNameOf(subjectName),
    notBefore,
    notAfter,
    publicKey: publicKey.whole,
    extensions,
    names,
    constraints,
    nameConstraints,
    keyUsage,
    extendedKeyUsage,
    policies,
    subjectKeyId: readSubjectKeyId(extensions),
    authorityKeyId: readAuthorityKeyId(extensions),
  };
}

export function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

export interface CertificateToWrite {
  readonly serial: string;
  /** Names as DER. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKey: Uint8Array;
  /** Each as `extension` writes it. */
  readonly extensions: readonly (Uint8Array | undefined)[];
}

export interface SignsDer {
  /** AlgorithmIdentifier as DER. */
  readonly algorithm: Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
}

export function writeCertificate(what: CertificateToWrite, signer: SignsDer): Buffer {
  const body = sequence(
    tagged(context(0), integer(2)),
    unsigned(what.serial),
    signer.algorithm,
    what.issuer,
    sequence(time(what.notBefore), time(what.notAfter)),
    what.subject,
    what.publicKey,
    tagged(context(3), sequence(...what.extensions)),
  );
  return sequence(body, signer.algorithm, bits(signer.sign(body)));
}
