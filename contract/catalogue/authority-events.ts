/** What is told of the X.509 authority: of itself, of what it issued, and of others that are trusted. */
import { z } from 'zod';
import { count, kind, text, time, word, words } from './event-kind.ts';

/** Of a server, which is no subject of the record, its name stands in the data. */
const certificate = {
  serial: word,
  profile: word,
  kind: z.enum(['device', 'process', 'person', 'server']),
  subject: word.optional(),
};

export const authorityEvents = {
  'authority.created': kind(
    ['entity', 1],
    'medium',
    ['done'],
    z.strictObject({
      role: z.enum(['root', 'issuing', 'ocsp']),
      authority: word,
      algorithm: word,
      until: time,
    }),
    'The authority ({role}) {authority} was made.',
  ),
  'authority.root-exported': kind(
    ['entity', 2],
    'critical',
    ['done'],
    z.strictObject({ authority: word, removed: z.boolean() }),
    '{actor} exported the key of the root {authority}.',
  ),
  'authority.root-brought-back': kind(
    ['entity', 3],
    'high',
    ['done'],
    z.strictObject({ authority: word }),
    '{actor} brought the key of the root {authority} back.',
  ),
  'authority.revoked': kind(
    ['entity', 4],
    'critical',
    ['done'],
    z.strictObject({ authority: word, cause: word }),
    '{actor} revoked the issuing authority {authority} ({cause}).',
  ),
  'authority.trusted': kind(
    ['entity', 1],
    'high',
    ['done'],
    z.strictObject({ name: word, for: words, certificates: count }),
    '{actor} had the authority {name} trusted for {for}.',
  ),
  'authority.untrusted': kind(
    ['entity', 4],
    'medium',
    ['done'],
    z.strictObject({ name: word }),
    '{actor} had the authority {name} trusted no more.',
  ),
  'authority.list-imported': kind(
    ['entity', 3],
    'low',
    ['done'],
    z.strictObject({ name: word, revoked: count, until: time }),
    '{actor} imported a revocation list of the authority {name}, with {revoked} certificates.',
  ),
  'authority.list-missed': kind(
    ['entity', 3],
    'medium',
    ['failed'],
    z.strictObject({ name: word, url: text, why: text }),
    'The revocation list of the authority {name} could not be fetched from {url}: {why}.',
  ),
  'certificate.issued': kind(
    ['entity', 1],
    'low',
    ['done'],
    z.strictObject({ ...certificate, authority: word, until: time }),
    '{actor} had a certificate ({profile}) issued to {subject}.',
  ),
  'certificate.renewed': kind(
    ['entity', 3],
    'low',
    ['done'],
    z.strictObject({ ...certificate, authority: word, renews: word, until: time }),
    'A certificate ({profile}) of {subject} was renewed.',
  ),
  'certificate.revoked': kind(
    ['entity', 4],
    'medium',
    ['done'],
    z.strictObject({ ...certificate, cause: word }),
    '{actor} revoked a certificate ({profile}) of {subject} ({cause}).',
  ),
  'certificate.refused': kind(
    ['entity', 1],
    'medium',
    ['refused'],
    z.strictObject({
      profile: word,
      kind: z.enum(['device', 'process', 'person', 'server']),
      subject: word.optional(),
      why: word,
    }),
    'A certificate ({profile}) for {subject} was refused: {why}.',
  ),
};
