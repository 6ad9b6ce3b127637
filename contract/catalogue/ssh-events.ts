/** What is told of SSH certificates. An account that is a person's own name stands here as `self`. */
import { z } from 'zod';
import { kind, text, time, word, words } from './event-kind.ts';

const certificateKind = z.enum(['user', 'host']);

export const sshEvents = {
  'ssh.certificate-issued': kind(
    ['authorization', 1],
    'informational',
    ['granted'],
    z.strictObject({
      kind: certificateKind,
      serial: word,
      host: word,
      names: words,
      fingerprint: word,
      authority: z.int().min(1),
      expiresAt: time,
      command: text.optional(),
      sources: words,
      allow: words,
      replaces: word.optional(),
    }),
    '{subject} got an SSH certificate ({serial}) for {names} on {host}.',
  ),
  'ssh.certificate-refused': kind(
    ['authorization', 1],
    'medium',
    ['refused'],
    z.strictObject({ host: word, why: word }),
    'An SSH certificate for {host} was refused to {subject}: {why}.',
  ),
  'ssh.certificate-revoked': kind(
    ['authorization', 99],
    'medium',
    ['done'],
    z.strictObject({ kind: certificateKind, serial: word, host: word }),
    'The SSH certificate {serial} for {host} was revoked.',
  ),
  'ssh.key-revoked': kind(
    ['authorization', 99],
    'medium',
    ['done'],
    z.strictObject({ fingerprint: word }),
    '{actor} revoked the SSH key {fingerprint}.',
  ),
};
