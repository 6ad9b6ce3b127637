/** The authority and CAs of others as they are told to clients. The command line on the machine itself tells the same. */
import { hash } from 'node:crypto';
import type { TrustError, TrustedView } from '../../authority/x509/trusted.ts';
import type { SeenCa } from '../../gate/use-cases/certificates/certificate-acts.ts';
import { pemOf, readPem } from '../../wire/der/pem.ts';
import { Told } from './told.ts';
import { time } from './views.ts';

const fingerprintOf = (der: Uint8Array) =>
  hash('sha256', der, 'hex')
    .toUpperCase()
    .replaceAll(/..(?=.)/g, '$&:');

const maybe = (at: number | undefined) => (at === undefined ? null : time(at));

export function shownAuthority(origin: string, all: readonly SeenCa[]) {
  return { address: new URL('/pki', origin).href, authorities: all.map(ca) };
}

function ca({
  id,
  role,
  inUse,
  hasKey,
  notBefore,
  notAfter,
  revokedAt,
  list,
  certificate,
}: SeenCa) {
  return {
    id,
    role,
    inUse,
    hasKey,
    notBefore: time(notBefore),
    notAfter: time(notAfter),
    revokedAt: maybe(revokedAt),
    list:
      list === undefined
        ? null
        : {
            thisUpdate: time(list.thisUpdate),
            nextUpdate: maybe(list.nextUpdate),
            revoked: list.revoked,
          },
    fingerprint: fingerprintOf(certificate),
    certificate: pemOf(certificate),
  };
}

export function trustedCa(view: TrustedView) {
  return {
    name: view.name,
    for: [...view.trustedFor],
    notAfter: time(view.notAfter),
    addedAt: time(view.addedAt),
    wantsList: view.wantsList,
    certificates: view.certificates.map(({ commonName, serial, notAfter }) => ({
      name: commonName ?? '',
      serial,
      notAfter: time(notAfter),
    })),
    lists: view.lists.map(({ list }) => ({
      revoked: list.revoked.size,
      until: maybe(list.nextUpdate),
    })),
    listUrls: [...view.listUrls],
  };
}

const SAYS = {
  'foreign-list': 'this CA did not sign that list',
  'old-list': 'that list is over, or older than the one that is here',
  'early-list': 'that list says that it was issued at a time that is yet to come by the clock here',
} as const;

export function notTrusted(error: TrustError): Told {
  switch (error.code) {
    case 'not-found':
    case 'name-taken':
      return new Told(error.code);
    case 'malformed':
      return new Told('trust-refused', { why: error.code, says: error.detail });
    case 'not-a-ca':
      return new Told('trust-refused', {
        why: error.code,
        says: `${error.detail}: it needs CA:TRUE and a key of today`,
      });
    case 'foreign-list':
    case 'old-list':
    case 'early-list':
      return new Told('trust-refused', { why: error.code, says: SAYS[error.code] });
  }
}

export const certificatesIn = (pem: string) => readPem(pem, ['CERTIFICATE', 'TRUSTED CERTIFICATE']);

/** What is none is no list in DER either, and refused as that. */
export const listIn = (pem: string) => readPem(pem, ['X509 CRL'])[0] ?? new Uint8Array();
