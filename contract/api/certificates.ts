/** Certificates of the own authority. The authority itself is in authority.ts. */
import { z } from 'zod';
import {
  CertificateProfile,
  CertificateState,
  CertifiedKind,
  RevocationReason,
} from '../certificates.ts';
import { operation } from './operation.ts';
import { pageOf, paging, Time } from './parts.ts';

const Serial = z
  .string()
  .regex(/^[0-9a-f]{1,40}$/, { error: 'must be hexadecimal, in small letters' })
  .describe('The serial number, in hexadecimal.');

const Certificate = z
  .strictObject({
    serial: z.string(),
    state: CertificateState,
    profile: CertificateProfile,
    subject: z.strictObject({ kind: CertifiedKind, id: z.string() }),
    name: z.string().nullable().describe('Null once the person was erased.'),
    notBefore: Time,
    notAfter: Time,
    renewAt: Time.describe('Two thirds of its life.'),
    issuedAt: Time,
    renews: z.string().nullable().describe('The serial number of the one before.'),
    revokedAt: Time.nullable(),
    reason: RevocationReason.nullable(),
    lastShownAt: Time.nullable().describe('When it last proved somebody; to ten minutes.'),
    lastShownBy: z.string().nullable().describe('The door to which it was shown.'),
    fingerprint: z.string().describe('SHA-256, in base64url: `x5t#S256`.'),
    certificate: z.string().nullable().describe('PEM.'),
  })
  .meta({ id: 'Certificate', description: 'A certificate that the own authority issued.' });

const Request = z.string().min(1).max(24_000).describe('A request (PKCS #10), in PEM.');

const IssuedCertificate = z.strictObject({
  serial: z.string(),
  notAfter: Time,
  renewAt: Time,
  certificate: z.string().describe('PEM: the certificate, then the issuing CA’s.'),
});

const HostOrAddress = z.string().min(1).max(253);

export const certificateOperations = {
  listCertificates: operation({
    method: 'GET',
    path: '/certificates',
    tag: 'Certificates',
    summary: 'List certificates',
    for: 'session',
    query: z.strictObject({
      ...paging,
      subject: z.string().min(1).max(253).optional().describe('The id of a subject.'),
      profile: CertificateProfile.optional(),
      state: CertificateState.optional(),
    }),
    answer: { status: 200, says: 'The newest first.', body: pageOf(Certificate) },
    problems: ['cursor-not-valid'],
  }),
  readCertificate: operation({
    method: 'GET',
    path: '/certificates/{serial}',
    tag: 'Certificates',
    summary: 'Read one certificate',
    for: 'session',
    params: z.strictObject({ serial: Serial }),
    answer: { status: 200, says: 'The certificate.', body: Certificate },
    problems: ['not-found'],
  }),
  issueCertificate: operation({
    method: 'POST',
    path: '/certificates',
    tag: 'Certificates',
    summary: 'Issue a certificate',
    description:
      'By a request, of which only the key is taken: names and uses come from the subject and the profile, and what the request says beside them must agree.',
    for: 'session',
    body: z.strictObject({
      request: Request,
      profile: CertificateProfile,
      subject: z.strictObject({
        kind: CertifiedKind,
        id: z.string().min(1).max(253).describe('An id or name; of a server, its host.'),
      }),
      names: z
        .strictObject({
          dns: z.array(HostOrAddress).max(64).default([]),
          ip: z.array(HostOrAddress).max(64).default([]),
          uri: z.array(z.string().min(1).max(2048)).max(1).default([]),
          upn: z.array(z.string().min(1).max(320)).max(4).default([]),
        })
        .default({ dns: [], ip: [], uri: [], upn: [] })
        .describe('Names beside the subject’s own, as far as the profile has them.'),
      role: z.string().min(1).max(64).nullable().default(null).describe('For `modbus-role`.'),
      lifetimeMinutes: z
        .int()
        .min(1)
        .max(2_000_000)
        .nullable()
        .default(null)
        .describe('What the profile says, if it is null.'),
    }),
    answer: {
      status: 201,
      says: 'The certificate, with that of the issuing CA.',
      body: IssuedCertificate,
    },
    problems: ['not-found', 'certificate-refused'],
  }),
  renewCertificate: operation({
    method: 'POST',
    path: '/certificates/{serial}/renew',
    tag: 'Certificates',
    summary: 'Renew a certificate',
    description:
      'For the same subject, with the names and the length of the one before, which stays good until it ends. What was revoked or has ended is not renewed, nor is that of a subject that is not active.',
    for: 'session',
    params: z.strictObject({ serial: Serial }),
    body: z.strictObject({
      request: Request.nullable().default(null).describe('A new key; the same one if it is null.'),
    }),
    answer: {
      status: 201,
      says: 'The new certificate, with that of the issuing CA.',
      body: IssuedCertificate,
    },
    problems: ['not-found', 'certificate-refused'],
  }),
  revokeCertificate: operation({
    method: 'POST',
    path: '/certificates/{serial}/revoke',
    tag: 'Certificates',
    summary: 'Revoke a certificate',
    description: 'It is refused at every door from now on; lists and OCSP say so.',
    for: 'session',
    params: z.strictObject({ serial: Serial }),
    body: z.strictObject({ reason: RevocationReason }),
    answer: { status: 200, says: 'The certificate as it is now.', body: Certificate },
    problems: ['not-found', 'certificate-revoked'],
  }),
};
