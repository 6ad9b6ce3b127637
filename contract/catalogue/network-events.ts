/** What is told of network devices, and of whoever logs in at them or comes onto the network there. */
import { z } from 'zod';
import { count, kind, shown, time, word, words } from './event-kind.ts';

export const networkEvents = {
  /** `client` is the network device that asked. */
  'login.granted': kind(
    ['authentication', 1],
    'informational',
    ['granted'],
    z.strictObject({
      login: word,
      client: word,
      service: word,
      proofs: shown,
      policies: words,
      until: time,
    }),
    '{subject} logged in at the network device {client} with {proofs}.',
  ),
  'login.ended': kind(
    ['authentication', 2],
    'low',
    ['done'],
    z.strictObject({ login: word, client: word, why: z.enum(['reported', 'revoked', 'ended']) }),
    'The login of {subject} at the network device {client} ended ({why}).',
  ),
  'network.admitted': kind(
    ['authentication', 1],
    'informational',
    ['granted'],
    z.strictObject({
      login: word,
      client: word,
      name: word,
      kind: z.enum(['certificate', 'mac']),
      /** Of a certificate. */
      serial: word.optional(),
      issuer: word.optional(),
      policies: words,
      until: time,
    }),
    '{name} came onto the network at {client}, by {kind}.',
  ),
  'network.refused': kind(
    ['authentication', 1],
    'medium',
    ['refused'],
    z.strictObject({
      client: word,
      kind: z.enum(['certificate', 'mac']),
      name: word.optional(),
      serial: word.optional(),
      issuer: word.optional(),
      policies: words.optional(),
    }),
    'What came to the network device {client} was kept off the network: {reason}.',
  ),
  'command.granted': kind(
    ['authorization', 1],
    'informational',
    ['granted'],
    z.strictObject({ client: word, login: word, sensitive: z.boolean(), policies: words }),
    '{subject} was let run a command at the network device {client}.',
  ),
  'command.refused': kind(
    ['authorization', 1],
    'medium',
    ['refused'],
    z.strictObject({
      client: word,
      login: word.optional(),
      sensitive: z.boolean(),
      policies: words,
    }),
    'A command of {subject} at the network device {client} was refused: {reason}.',
  ),
  /** What a network device reports; what it says of people is personal. */
  'network.accounted': kind(
    ['authentication', 99],
    'informational',
    ['done'],
    z.strictObject({
      client: word,
      kind: z.enum(['start', 'interim', 'stop', 'on', 'off', 'command']),
      login: word.optional(),
      deviceSession: word.optional(),
      seconds: count.optional(),
      bytesIn: count.optional(),
      bytesOut: count.optional(),
      cause: word.optional(),
      service: word.optional(),
    }),
    'The network device {client} reported: {kind}.',
  ),
  /** Somebody who speaks RADIUS or TACACS+ and is no network device of ours, or can't show that they are. */
  'network.client-refused': kind(
    ['authentication', 1],
    'medium',
    ['refused'],
    z.strictObject({
      protocol: z.enum(['radius', 'tacacs']),
      why: z.enum([
        'unknown',
        'no-secret',
        'wrong-secret',
        'unsigned',
        'unencrypted',
        'replayed',
        'malformed',
        'certificate',
      ]),
      client: word.optional(),
    }),
    '{subject} was not heard as a network device ({protocol}): {why}.',
  ),
} as const;
