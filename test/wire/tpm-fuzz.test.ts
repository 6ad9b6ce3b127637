import { readAttestationObject } from '../../server/doors/acme/attestation-object.ts';
import { readCbor } from '../../server/wire/cbor/cbor-reader.ts';
import {
  readTpmCertify,
  readTpmPublic,
  readTpmSignature,
} from '../../server/wire/tpm/tpm-reader.ts';
import { type Cbor, cbor } from '../support/cbor.ts';
import { makeCertificate } from '../support/certificates.ts';
import { fuzz } from '../support/fuzz.ts';
import { CERTIFY, PUBLIC, RSA, SIGNATURE } from './tpm-vectors.ts';

const { der } = makeCertificate({ subject: { CN: 'ak' }, authority: false });
const statement = new Map<string, Cbor>([
  ['ver', '2.0'],
  ['alg', -7],
  ['x5c', [new Uint8Array(der)]],
  ['sig', SIGNATURE],
  ['certInfo', CERTIFY],
  ['pubArea', PUBLIC],
]);
const object = cbor(
  new Map<string, Cbor>([
    ['fmt', 'tpm'],
    ['attStmt', statement],
  ]),
);

fuzz('attestations of a TPM', {
  seeds: [PUBLIC, RSA, CERTIFY, SIGNATURE, object],
  edges: [0x0b, 0x18, 0x23, 0x58, 0x59, 0x5f, 0x63, 0x81, 0x9f, 0xa2, 0xbf],
  read: (bytes) =>
    [readTpmPublic, readTpmCertify, readTpmSignature, readAttestationObject, readCbor].some(
      (read) => read(bytes) !== undefined,
    ),
});
