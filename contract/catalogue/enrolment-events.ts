/** What is told of devices that come to certificates of their own: by EST (RFC 7030) and ACME (RFC 8555). */
import { z } from 'zod';
import { count, kind, time, word, words } from './event-kind.ts';

export const enrolmentEvents = {
  'device.pass-issued': kind(
    ['account', 10],
    'medium',
    ['done'],
    z.strictObject({
      name: word,
      pass: word,
      uses: count,
      until: time,
      names: z.array(z.string().max(253)).max(16),
      networks: words,
    }),
    '{actor} made a pass by which the device {name} gets certificates ({uses} uses).',
  ),
  'device.pass-withdrawn': kind(
    ['account', 11],
    'medium',
    ['done'],
    z.strictObject({ pass: word, accounts: count }),
    '{actor} withdrew the pass {pass} of the device {subject}; {accounts} ACME accounts ended with it.',
  ),
  /** The certificate itself has an event of the authority's, in the same transaction. */
  'device.enrolled': kind(
    ['account', 10],
    'low',
    ['done'],
    z.strictObject({
      serial: word,
      with: z.enum(['pass', 'certificate', 'account']),
      pass: word.optional(),
      account: word.optional(),
      replaces: word.optional(),
      policies: words,
    }),
    'The device {subject} got the certificate {serial} at {door}, with its {with}.',
  ),
  /** Beside `device.enrolled`, in the same transaction (RFC 7030 §4.4). */
  'device.key-made': kind(
    ['account', 10],
    'medium',
    ['done'],
    z.strictObject({ serial: word, key: word }),
    'The key of the certificate {serial} ({key}) was made here and sent to the device {subject} at {door}.',
  ),
  'device.tpm-bound': kind(
    ['account', 10],
    'medium',
    ['done'],
    z.strictObject({
      name: word,
      proof: word,
      pass: word,
      /** What the CA of its maker is called here. */
      maker: word,
      attestationKey: word,
      endorsementKey: word,
    }),
    'The device {name} showed with the pass {pass} that the TPM {endorsementKey} of {maker} is its own.',
  ),
  /** The first of a minute; those that follow are counted. */
  'device.tpm-refused': kind(
    ['account', 10],
    'medium',
    ['refused'],
    z.strictObject({ why: word, pass: word.optional() }),
    'A TPM was not bound to a device: {why}.',
  ),
  /** The first of a minute; those that follow are counted. */
  'device.enrolment-refused': kind(
    ['account', 10],
    'medium',
    ['refused'],
    z.strictObject({
      with: z.enum(['pass', 'certificate', 'account']),
      why: word.optional(),
      pass: word.optional(),
      account: word.optional(),
      serial: word.optional(),
      policies: words.optional(),
    }),
    '{subject} was refused a certificate at {door}: {reason}.',
  ),
  'acme.account-created': kind(
    ['account', 10],
    'medium',
    ['done'],
    z.strictObject({ account: word, pass: word, key: word }),
    'The device {subject} made the ACME account {account} with the pass {pass}.',
  ),
  'acme.account-changed': kind(
    ['account', 99],
    'medium',
    ['done'],
    z.strictObject({ account: word, key: word }),
    'The ACME account {account} of the device {subject} has another key.',
  ),
  'acme.account-ended': kind(
    ['account', 11],
    'medium',
    ['done'],
    z.strictObject({ account: word }),
    'The ACME account {account} of the device {subject} was ended by its holder.',
  ),
  /** An identifier was proven, or was not. */
  'acme.challenge-tried': kind(
    ['authentication', 99],
    'low',
    ['done', 'refused'],
    z.strictObject({
      account: word,
      order: word,
      challenge: z.enum(['http-01', 'device-attest-01']),
      identifier: z.string().max(253),
      why: z.string().max(256).optional(),
    }),
    'The device {subject} was asked to prove {identifier} ({challenge}).',
  ),
  /** The first ones of a minute; those that follow are counted. */
  'acme.revocation-refused': kind(
    ['account', 11],
    'medium',
    ['refused'],
    z.strictObject({
      serial: word,
      why: word,
      with: z.enum(['account', 'key', 'nothing']),
      account: word.optional(),
    }),
    'The certificate {serial} was not revoked by ACME: {reason}.',
  ),
};
