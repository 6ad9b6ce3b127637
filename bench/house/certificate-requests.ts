/** Certificate requests as devices make them: a key each, P-256, signed. Made by hand, since OpenSSL takes a process for each. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { bits, integer, oid, sequence, tagged } from '../../server/wire/der/der-writer.ts';
import { writeName } from '../../server/wire/x509/distinguished-name.ts';

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

export function makeRequest(commonName: string): Buffer {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const info = publicKey.export({ format: 'der', type: 'spki' });
  const body = sequence(integer(0), writeName({ commonName }), info, tagged(0xa0));
  return sequence(body, ECDSA_SHA256, bits(sign('sha256', body, privateKey)));
}
