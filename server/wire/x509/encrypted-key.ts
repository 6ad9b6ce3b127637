/** How a private key is encrypted (RFC 5958 §3, RFC 8018 §6.2): read before anybody hashes a passphrase as often as a file says. */
import { readOid, readOne, readSmall, TAG, within } from '../der/der-reader.ts';

const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';

/** How often PBKDF2 hashes for a key in PKCS #8; undefined where that can't be told, or another function makes its key. */
export function hashesOf(pkcs8: Uint8Array): number | undefined {
  const [scheme] = within(readOne(pkcs8), TAG.sequence) ?? [];
  // A version: it is not encrypted.
  if (scheme?.tag === TAG.integer) return 0;
  const [by, parameters] = within(scheme, TAG.sequence) ?? [];
  const [derivation] = within(parameters, TAG.sequence) ?? [];
  const [made, how] = within(derivation, TAG.sequence) ?? [];
  if (readOid(by) !== PBES2 || readOid(made) !== PBKDF2) return undefined;
  return readSmall(within(how, TAG.sequence)?.[1]);
}
