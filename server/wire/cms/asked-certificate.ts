/** A certificate request as far as a door reads it: that it is one, for which key, and which names of hosts it asks for. */
import { readAlternativeNames } from '../x509/alternative-names.ts';
import { extensions } from '../x509/oids.ts';
import { readRequest } from '../x509/request.ts';

export interface AskedInRequest {
  /** The request itself, in DER. */
  readonly csr: Uint8Array;
  /** In small letters. */
  readonly dns: readonly string[];
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
}

export function readAskedCertificate(der: Uint8Array): AskedInRequest | undefined {
  const request = readRequest(der);
  if (request === undefined) return undefined;
  const extension = request.extensions.get(extensions.subjectAltName);
  const names = extension && readAlternativeNames(extension.value);
  if (extension !== undefined && names === undefined) return undefined;
  const dns = (names?.dns ?? []).map((name) => name.toLowerCase());
  return { csr: der, dns, publicKey: request.publicKey };
}
