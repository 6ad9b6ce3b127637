import { readAskedCertificate } from '../../server/wire/cms/asked-certificate.ts';
import { readBase64Body, writeBase64Body } from '../../server/wire/cms/base64-body.ts';
import { readCertsOnly, writeCertsOnly } from '../../server/wire/cms/certs-only.ts';
import { readDer, readOne, within } from '../../server/wire/der/der-reader.ts';
import { readPem } from '../../server/wire/der/pem.ts';
import { readCertificate } from '../../server/wire/x509/certificate.ts';
import { readOcspQuestion } from '../../server/wire/x509/ocsp.ts';
import { readRequest } from '../../server/wire/x509/request.ts';
import { readRevocationList } from '../../server/wire/x509/revocation-list.ts';
import { fuzz } from '../support/fuzz.ts';
import { ca, leaf, made } from './openssl-made.ts';

const { request, list, question } = made();
/** Of sequences, sets, what is tagged, texts and numbers. */
const edges = [0x02, 0x03, 0x05, 0x06, 0x0c, 0x13, 0x17, 0x18, 0x30, 0x31, 0x80, 0x82, 0xa0, 0xa3];
const isRead = (value: unknown) => value !== undefined;

fuzz('certificates, requests, revocation lists and questions of OCSP', {
  seeds: [leaf.der, ca.der, request, list, question],
  edges,
  read(bytes) {
    readDer(bytes);
    within(readOne(bytes), 0x30);
    return [
      readCertificate,
      readRequest,
      readAskedCertificate,
      readRevocationList,
      readOcspQuestion,
    ].some((read) => isRead(read(bytes)));
  },
});

fuzz('lists of certificates in CMS', {
  seeds: [writeCertsOnly([leaf.der]), writeCertsOnly([leaf.der, ca.der])],
  edges,
  read: (bytes) => isRead(readCertsOnly(bytes)),
});

fuzz('bodies of EST', {
  seeds: [request, list].map((der) => new Uint8Array(writeBase64Body(der))),
  edges: [...'\r\n\t =+/A'].map((one) => one.charCodeAt(0)),
  most: 65_536,
  read(bytes) {
    const der = readBase64Body(bytes);
    return der !== undefined && isRead(readAskedCertificate(der) ?? readOne(der));
  },
});

fuzz('certificates in PEM', {
  seeds: [leaf.pem, leaf.pem + ca.pem].map((text) => new TextEncoder().encode(text)),
  edges: [...'-\r\n =AB'].map((one) => one.charCodeAt(0)),
  most: 65_536,
  read: (bytes) =>
    readPem(Buffer.from(bytes).toString('latin1'), ['CERTIFICATE']).some((der) =>
      isRead(readCertificate(der)),
    ),
});
