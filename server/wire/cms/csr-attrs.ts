/** What a server tells those who are about to ask for a certificate: CsrAttrs (RFC 7030 §4.5.2, as RFC 9908 makes it plain). */
import { oid, sequence, setOf } from '../der/der-writer.ts';

const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const P256 = '1.2.840.10045.3.1.7';
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';

/** A key on P-256, and a request signed with SHA-256: what every profile takes. */
export function writeCsrAttrs(): Uint8Array {
  return sequence(sequence(oid(EC_PUBLIC_KEY), setOf(oid(P256))), oid(ECDSA_WITH_SHA256));
}
