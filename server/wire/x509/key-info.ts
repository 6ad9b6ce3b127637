import { type Der, readBits, TAG, within } from '../der/der-reader.ts';

/** Whether it is a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) with a key of whole bytes: OpenSSL takes some that are none. */
export function isKeyInfo(der: Der | undefined): der is Der {
  const [algorithm, key, ...more] = within(der, TAG.sequence) ?? [];
  return algorithm?.tag === TAG.sequence && readBits(key) !== undefined && more.length === 0;
}
