/**
 * The authority that certificates come from, and CAs of others that are trusted beside it. Its keys are made, taken out and brought
 * back by the command line on its machine alone.
 */
import { z } from 'zod';
import { RevocationReason, TrustedKind } from '../certificates.ts';
import { operation } from './operation.ts';
import { Time } from './parts.ts';

/** A list of a large CA, in PEM. Longer ones are imported on the machine itself. */
const MOST_LIST_BYTES = 4 * 1024 * 1024;
const MOST_CHAIN_BYTES = 256 * 1024;

const CaId = z.string().min(1).max(64).describe('The id of its key, in hexadecimal.');

const Ca = z
  .strictObject({
    id: z.string().describe('The id of its key, in hexadecimal.'),
    role: z.enum(['root', 'issuing']),
    inUse: z.boolean().describe('Whether it is the one that signs.'),
    hasKey: z.boolean().describe('Whether its key is here; a root’s can be taken out.'),
    notBefore: Time,
    notAfter: Time,
    revokedAt: Time.nullable(),
    list: z
      .strictObject({
        thisUpdate: Time,
        nextUpdate: Time.nullable(),
        revoked: z.int().describe('How many certificates are on it.'),
      })
      .nullable()
      .describe('Its revocation list; null while there is none.'),
    fingerprint: z.string().describe('SHA-256 of the certificate, as OpenSSL prints it.'),
    certificate: z.string().describe('PEM.'),
  })
  .meta({ id: 'CertificateAuthority', description: 'A CA of the own authority.' });

const TrustName = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u, {
  error: 'must begin with a letter or digit, and have at most 64 of them, spaces, dots and hyphens',
});

const TrustedCa = z
  .strictObject({
    name: z.string(),
    for: z.array(TrustedKind).describe('Whose certificates of it are let in.'),
    notAfter: Time.describe('When the first of its certificates ends.'),
    addedAt: Time,
    wantsList: z.boolean().describe('Whether nothing is let in without a list that is not over.'),
    certificates: z.array(z.strictObject({ name: z.string(), serial: z.string(), notAfter: Time })),
    lists: z.array(z.strictObject({ revoked: z.int(), until: Time.nullable() })),
    listUrls: z
      .array(z.string())
      .describe('Where its lists are fetched; none where they are imported.'),
  })
  .meta({ id: 'TrustedAuthority', description: 'A CA of others that is trusted.' });

const byName = z.strictObject({ name: TrustName });

export const authorityOperations = {
  showAuthority: operation({
    method: 'GET',
    path: '/authority',
    tag: 'Certificates',
    summary: 'Show the authority',
    description: 'Root and issuing CAs, and their lists. Nothing is made by looking.',
    for: 'session',
    answer: {
      status: 200,
      says: 'The one in use first.',
      body: z.strictObject({
        address: z.string().describe('Where its certificates and lists are.'),
        authorities: z.array(Ca),
      }),
    },
    problems: [],
  }),
  revokeAuthority: operation({
    method: 'POST',
    path: '/authority/{id}/revoke',
    tag: 'Certificates',
    summary: 'Revoke an issuing CA',
    description: 'And with it everything that it issued. The next certificate makes another CA.',
    for: 'session',
    params: z.strictObject({ id: CaId }),
    body: z.strictObject({ reason: RevocationReason }),
    answer: { status: 204, says: 'It is revoked.' },
    problems: ['not-found', 'certificate-revoked'],
  }),
  listTrustedAuthorities: operation({
    method: 'GET',
    path: '/authority/trusted',
    tag: 'Certificates',
    summary: 'List CAs of others that are trusted',
    for: 'session',
    answer: {
      status: 200,
      says: 'All of them.',
      body: z.strictObject({ trusted: z.array(TrustedCa) }),
    },
    problems: [],
  }),
  trustAuthority: operation({
    method: 'POST',
    path: '/authority/trusted',
    tag: 'Certificates',
    summary: 'Trust a CA',
    description:
      'What it issued is let in for the kinds of subjects that are named. Whose a certificate is, is for each device and person to say.',
    for: 'session',
    body: z.strictObject({
      name: TrustName.describe('What it is called here.'),
      for: z
        .array(TrustedKind)
        .min(1)
        .max(5)
        .describe('Whose certificates; `tpm` is for keys with which TPMs attest others.'),
      certificates: z
        .string()
        .min(1)
        .max(MOST_CHAIN_BYTES)
        .describe('PEM: the root, and those below it, in any order.'),
      wantsList: z
        .boolean()
        .default(false)
        .describe('Let nothing of it in before a revocation list is here.'),
      listUrls: z
        .array(z.url({ protocol: /^http$/ }).max(1024))
        .max(8)
        .default([])
        .describe(
          'Where it publishes its lists, by plain HTTP: they are fetched there, and nothing of it is let in before the first.',
        ),
    }),
    bodyBytes: 2 * MOST_CHAIN_BYTES,
    answer: { status: 201, says: 'The CA as it is trusted.', body: TrustedCa },
    problems: ['name-taken', 'trust-refused'],
  }),
  importRevocationList: operation({
    method: 'POST',
    path: '/authority/trusted/{name}/list',
    tag: 'Certificates',
    summary: 'Import a revocation list of a trusted CA',
    description: 'From then on there must be one that is not over. Older ones are refused.',
    for: 'session',
    params: byName,
    body: z.strictObject({
      list: z.string().min(1).max(MOST_LIST_BYTES).describe('The list (RFC 5280 §5), in PEM.'),
    }),
    bodyBytes: MOST_LIST_BYTES + 64 * 1024,
    answer: { status: 200, says: 'The CA as it is trusted.', body: TrustedCa },
    problems: ['not-found', 'trust-refused'],
  }),
  distrustAuthority: operation({
    method: 'DELETE',
    path: '/authority/trusted/{name}',
    tag: 'Certificates',
    summary: 'Trust a CA no longer',
    description: 'Nothing that it issued is let in any more, at any door, from now on.',
    for: 'session',
    params: byName,
    answer: { status: 204, says: 'It is trusted no longer.' },
    problems: ['not-found'],
  }),
};
