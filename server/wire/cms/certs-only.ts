/**
 * Certificates as EST hands them out: a CMS SignedData that nobody signed and that holds nothing but them (RFC 7030 §4.1.3,
 * §4.2.3; RFC 5652 §5). Its old name is a certs-only PKCS #7.
 */
import { context, readDer, readOid, readOne, readSmall, TAG, within } from '../der/der-reader.ts';
import { integer, oid, sequence, setOf, tagged } from '../der/der-writer.ts';

const SIGNED_DATA = '1.2.840.113549.1.7.2';
const DATA = '1.2.840.113549.1.7.1';
const MOST = 16;

/** `certificates` in DER, each whole. */
export function writeCertsOnly(certificates: readonly Uint8Array[]): Uint8Array {
  const signedData = sequence(
    // RFC 5652 §5.1: 1, where there are certificates of version 3 alone and nobody signs.
    integer(1),
    setOf(),
    sequence(oid(DATA)),
    tagged(context(0), ...certificates.toSorted(Buffer.compare)),
    setOf(),
  );
  return sequence(oid(SIGNED_DATA), tagged(context(0), signedData));
}

/** The certificates in one; undefined for what is anything else. */
export function readCertsOnly(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  const [type, content, ...more] = within(readOne(bytes), TAG.sequence) ?? [];
  if (readOid(type) !== SIGNED_DATA || more.length > 0) return undefined;
  if (content?.tag !== context(0)) return undefined;
  const parts = within(readOne(content.content), TAG.sequence);
  if (parts === undefined || parts.length < 4) return undefined;
  const [version, digests, encapsulated, certificates, ...rest] = parts;
  // RFC 5652 §5.1: the set of lists of revoked certificates may be there, and may be empty.
  const signers = rest[0]?.tag === context(1) ? rest.slice(1) : rest;
  const inside = within(encapsulated, TAG.sequence);
  if (readSmall(version) !== 1 || within(digests, TAG.set)?.length !== 0) return undefined;
  if (inside?.length !== 1 || readOid(inside[0]) !== DATA) return undefined;
  if (signers.length !== 1 || within(signers[0], TAG.set)?.length !== 0) return undefined;
  if (certificates?.tag !== context(0)) return undefined;
  const found = readDer(certificates.content);
  if (found === undefined || found.length > MOST) return undefined;
  return found.every(({ tag }) => tag === TAG.sequence)
    ? found.map(({ whole }) => whole)
    : undefined;
}
