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
      /** Of a smart card by EAP-TLS. */
      serial: word.optional(),
      issuer: word.optional(),
      policies: words,
      until: time,
    }),
    '{subject} logged in at the network device {client} with {proofs}.',
  ),
  /** The password was right, and the rest is to be shown in a browser. Refused means that it was shown to nobody. */
  'login.held': kind(
    ['authentication', 99],
    'low',
    ['challenged', 'refused'],
    z.strictObject({ client: word, service: word, approval: word, numbered: z.boolean() }),
    'A login of {subject} at the network device {client} waited for their passkey in the browser (approval {approval}).',
  ),
  'login.approved': kind(
    ['authentication', 1],
    'low',
    ['granted'],
    z.strictObject({ client: word, service: word, approval: word, numbered: z.boolean() }),
    '{subject} approved their login at the network device {client} in the browser (approval {approval}).',
  ),
  /** Somebody typed a number that the network device did not show: they may have answered for someone else's login. */
  'login.mismatched': kind(
    ['authentication', 1],
    'medium',
    ['refused'],
    z.strictObject({ client: word, service: word, approval: word }),
    '{subject} typed the wrong number for a login at the network device {client}, which was refused (approval {approval}).',
  ),
  /** "This wasn't me": somebody else knows their password. */
  'login.disowned': kind(
    ['finding', 1],
    'high',
    ['refused'],
    z.strictObject({ client: word, service: word, approval: word }),
    '{subject} said that a login at the network device {client} with their password was not theirs (approval {approval}).',
  ),
  'login.lapsed': kind(
    ['authentication', 1],
    'low',
    ['refused'],
    z.strictObject({ client: word, service: word, approval: word }),
    'A login of {subject} at the network device {client} was not approved in time (approval {approval}).',
  ),
  'login.ended': kind(
    ['authentication', 2],
    'low',
    ['done'],
    z.strictObject({
      login: word,
      client: word,
      /**
       * `ended`: nothing came of it, since its network device was told no, or could not be told; `judged`: it would not be permitted any
       * more; `changed`: the network device did not take what it was to be told.
       */
      why: z.enum(['reported', 'revoked', 'ended', 'judged', 'changed']),
      policies: words.optional(),
    }),
    'The login of {subject} at the network device {client} ended ({why}).',
  ),
  /** It had ended by the network device's word, and goes on by it: by a key that the device kept, and without asking. It is judged again. */
  'login.resumed': kind(
    ['authentication', 99],
    'low',
    ['done'],
    z.strictObject({ login: word, client: word }),
    'The login of {subject} at the network device {client} goes on, by what that reports.',
  ),
  /** It was judged again, and the network device is to be told something else of it. */
  'login.changed': kind(
    ['authentication', 99],
    'low',
    ['done'],
    z.strictObject({
      login: word,
      client: word,
      reply: z.string().max(512),
      policies: words,
      until: time,
    }),
    'What the login of {subject} at the network device {client} is told changed: {reply}.',
  ),
  /** What came of a request to a network device (RFC 5176). */
  'login.told': kind(
    ['authentication', 99],
    'low',
    ['done', 'failed'],
    z.strictObject({
      login: word,
      client: word,
      asked: z.enum(['end', 'change']),
      answer: z.enum(['done', 'refused', 'unanswered', 'not-told']),
      /** Error-Cause of a refusal (RFC 5176 §3.5). */
      cause: count.optional(),
    }),
    'The network device {client} was to {asked} the login of {subject}: {answer}.',
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
    'The device {name} came onto the network at {client}, by {kind}.',
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
  /** A network device of ours asked for what no policy was asked about. The first ones of a minute; those that follow are counted. */
  'network.unjudged': kind(
    ['authentication', 1],
    'low',
    ['refused'],
    z.strictObject({
      client: word,
      why: z.enum([
        'chap',
        'ms-chap',
        'no-password',
        'no-method',
        'state',
        'other-name',
        'tunnel',
        'malformed',
        'unfinished',
        'fault',
      ]),
    }),
    'What the network device {client} asked for somebody was refused before anybody was judged: {why}.',
  ),
} as const;
