/** Certificates as they are told to clients. The command line on the machine itself tells the same. */
import {
  type Issued,
  issueErrorCodes,
  type ListedCertificate,
} from '../../authority/x509/authority-words.ts';
import type { NoCertificate } from '../../gate/use-cases/certificates/certificate-acts.ts';
import { pemOf, readPem } from '../../wire/der/pem.ts';
import { Told } from './told.ts';
import { time } from './views.ts';

const maybe = (at: number | undefined) => (at === undefined ? null : time(at));

export function certificate(one: ListedCertificate, now: number) {
  const state =
    one.revokedAt !== undefined
      ? ('revoked' as const)
      : one.notAfter <= now
        ? ('expired' as const)
        : ('good' as const);
  return {
    serial: one.serial,
    state,
    profile: one.profile,
    subject: { ...one.subject },
    name: one.subjectName ?? null,
    notBefore: time(one.notBefore),
    notAfter: time(one.notAfter),
    renewAt: time(one.renewAt),
    issuedAt: time(one.issuedAt),
    renews: one.renews ?? null,
    revokedAt: maybe(one.revokedAt),
    reason: one.reason ?? null,
    lastShownAt: maybe(one.lastShownAt),
    lastShownBy: one.lastShownBy ?? null,
    fingerprint: one.fingerprint,
    certificate: one.certificate === undefined ? null : pemOf(one.certificate),
  };
}

export function issuedCertificate({ serial, notAfter, renewAt, certificate: leaf, chain }: Issued) {
  return {
    serial,
    notAfter: time(notAfter),
    renewAt: time(renewAt),
    certificate: [leaf, ...chain].map(pemOf).join(''),
  };
}

export function noCertificate(error: NoCertificate): Told {
  if (error.code === 'not-found' || error.code === 'unknown-certificate') {
    return new Told('not-found');
  }
  if (error.code === 'not-active') {
    return new Told('certificate-refused', { why: error.code, says: 'its subject is not active' });
  }
  const { code, detail } = error;
  const says = issueErrorCodes[code];
  return new Told('certificate-refused', {
    why: code,
    says: detail === undefined ? says : `${says} (${detail})`,
  });
}

const REQUEST_LABELS = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'];

/** What is none is no request in DER either, and refused as that. */
export function requestIn(text: string): Uint8Array {
  const [der = new Uint8Array()] = readPem(text, REQUEST_LABELS);
  return der;
}
