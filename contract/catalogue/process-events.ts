/** What is told of software processes, of what is entered, and of applications that act for people. */
import { z } from 'zod';
import { EventResource } from '../event-parts.ts';
import { ProcessProofKind } from '../processes.ts';
import { ProofKind } from '../proofs.ts';
import { count, kind, nothing, time, word, words } from './event-kind.ts';

export const processEvents = {
  'process.added': kind(
    ['account', 1],
    'low',
    ['done'],
    z.strictObject({ name: word, owner: word.optional(), resources: words }),
    '{actor} added the process {name}.',
  ),
  'process.changed': kind(
    ['account', 99],
    'low',
    ['done'],
    z.strictObject({ name: word, fields: words, owner: word.optional(), resources: words }),
    '{actor} changed {fields} of the process {name}.',
  ),
  'process.disabled': kind(
    ['account', 5],
    'medium',
    ['done'],
    z.strictObject({ name: word }),
    '{actor} disabled the process {name}.',
  ),
  'process.enabled': kind(
    ['account', 2],
    'low',
    ['done'],
    z.strictObject({ name: word }),
    '{actor} enabled the process {name}.',
  ),
  'process.removed': kind(
    ['account', 6],
    'medium',
    ['done'],
    z.strictObject({ name: word }),
    'The process {name} went with its application.',
  ),
  'process.proof-added': kind(
    ['account', 10],
    'medium',
    ['done'],
    z.strictObject({
      name: word,
      proof: word,
      kind: ProcessProofKind,
      until: time.optional(),
      replaces: word.optional(),
    }),
    '{actor} added a proof ({kind}) to the process {name}.',
  ),
  'process.proof-removed': kind(
    ['account', 11],
    'medium',
    ['done'],
    z.strictObject({ name: word, proof: word, kind: ProcessProofKind }),
    '{actor} removed a proof ({kind}) of the process {name}.',
  ),
  /** Which programs of a machine are which process (SPIFFE). */
  'workload.added': kind(
    ['account', 10],
    'medium',
    ['done'],
    z.strictObject({ workload: word, name: word, selectors: words }),
    '{actor} had programs known as the process {name} where all of this is so: {selectors}.',
  ),
  'workload.removed': kind(
    ['account', 11],
    'medium',
    ['done'],
    z.strictObject({ workload: word, name: word, selectors: words }),
    '{actor} had programs with {selectors} no longer known as the process {name}.',
  ),
  /** A program was told who it is. Again within the life of what it got, it is counted. */
  'workload.attested': kind(
    ['authentication', 1],
    'informational',
    ['granted'],
    z.strictObject({
      workload: word,
      name: word,
      what: z.enum(['x509-svid', 'jwt-svid']),
      uid: count,
      pid: count,
      until: time,
      serial: word.optional(),
      audience: word.optional(),
    }),
    'The process {name} (user {uid}) was given an identity ({what}) by {door}.',
  ),
  /** The first in a minute of one user; those that follow are counted. */
  'workload.refused': kind(
    ['authentication', 1],
    'medium',
    ['refused'],
    z.strictObject({ uid: count.optional(), pid: count.optional(), what: word }),
    'A program (user {uid}) got no identity by {door}: {reason}.',
  ),
  'resource.added': kind(
    ['entity', 1],
    'low',
    ['done'],
    z.strictObject({ resource: EventResource, name: word }),
    '{actor} added the resource {name}.',
  ),
  'resource.changed': kind(
    ['entity', 3],
    'medium',
    ['done'],
    z.strictObject({ resource: EventResource, name: word, fields: words }),
    '{actor} changed {fields} of the resource {name}.',
  ),
  'resource.removed': kind(
    ['entity', 4],
    'medium',
    ['done'],
    z.strictObject({ resource: EventResource, name: word }),
    '{actor} removed the resource {name}.',
  ),

  'app.consented': kind(
    ['authorization', 1],
    'low',
    ['done'],
    z.strictObject({ app: word, scopes: words }),
    '{subject} let the application {app} act for them.',
  ),
  'app.declined': kind(
    ['authorization', 99],
    'informational',
    ['refused'],
    z.strictObject({ app: word }),
    '{subject} did not let the application {app} act for them.',
  ),
  'app.revoked': kind(
    ['authorization', 2],
    'low',
    ['done'],
    z.strictObject({ app: word, grants: count }),
    '{actor} took back what the application {app} could do for {subject}.',
  ),
  /** A code or a refresh token came a second time: someone else has it. The grant was ended. */
  'app.reuse-refused': kind(
    ['finding', 1],
    'high',
    ['refused'],
    z.strictObject({ app: word, grant: word, what: z.enum(['code', 'refresh-token']) }),
    'A {what} of the application {app} was used twice; what it stood for was ended.',
  ),
  /** Of what an application asks wrongly; the first in a minute, those that follow are counted. */
  'app.refused': kind(
    ['authorization', 99],
    'low',
    ['refused'],
    z.strictObject({ app: word, at: word, error: word }),
    'A request of the application {app} was refused: {error}.',
  ),
  /** Who tries many of them may come upon somebody's; the first of a person in a minute, those that follow are counted. */
  'app.device-code-refused': kind(
    ['authorization', 1],
    'low',
    ['refused'],
    nothing,
    '{subject} typed a code of a device, and it was refused: {reason}.',
  ),
  'app.told-of-end': kind(
    ['authentication', 99],
    'informational',
    ['done', 'failed'],
    z.strictObject({ app: word, grant: word }),
    'The application {app} was told that a sign-in of {subject} ended.',
  ),

  /** Whoever has the token of the invitation can register applications by themselves (RFC 7591). */
  'app.invited': kind(
    ['entity', 1],
    'medium',
    ['done'],
    z.strictObject({ invitation: word, owner: word, uses: count, until: time }),
    '{actor} invited applications to register themselves; {owner} answers for them.',
  ),
  'app.invitation-withdrawn': kind(
    ['entity', 4],
    'low',
    ['done'],
    z.strictObject({ invitation: word }),
    '{actor} withdrew an invitation for applications.',
  ),
  'app.registered': kind(
    ['entity', 1],
    'medium',
    ['done'],
    z.strictObject({
      app: word,
      invitation: word,
      owner: word,
      use: count,
      title: word,
      /** Where people may be sent: the origins of its redirect addresses. */
      origins: z.array(z.string().max(300)).max(16),
      proof: z.enum(['none', 'secret']),
    }),
    'The application {app}, which calls itself “{title}”, registered itself by an invitation.',
  ),
  'app.registration-changed': kind(
    ['entity', 3],
    'medium',
    ['done'],
    z.strictObject({
      app: word,
      title: word,
      /** What of it is another now. */
      fields: z.array(word).max(16),
      origins: z.array(z.string().max(300)).max(16),
    }),
    'The application {app}, which calls itself “{title}”, changed its registration: {fields}.',
  ),
  'app.unregistered': kind(
    ['entity', 4],
    'low',
    ['done'],
    z.strictObject({ app: word }),
    'The application {app}, which had registered itself, took itself away.',
  ),
  /** The first of its kind in a minute; those that follow are counted. `field` is what of its introduction could not be. */
  'app.registration-refused': kind(
    ['entity', 1],
    'medium',
    ['refused'],
    z.strictObject({ invitation: word.optional(), app: word.optional(), field: word.optional() }),
    'A registration of an application was refused: {reason}.',
  ),

  /** Someone was let into a resource: a process by its own proof, a person by the session in which they showed theirs. */
  'entry.granted': kind(
    ['authorization', 1],
    'informational',
    ['granted'],
    z.strictObject({
      resource: EventResource,
      scopes: words,
      proofs: z
        .array(
          z.strictObject({
            kind: z.union([ProcessProofKind, ProofKind]),
            proof: word,
            age: count.optional(),
          }),
        )
        .max(16),
      /** Of what was made for it, where something was. */
      grant: word.optional(),
      policies: words,
      function: word.optional(),
    }),
    '{subject} entered {resource} by {door} with {proofs}, for {scopes}.',
  ),
  'entry.refused': kind(
    ['authorization', 1],
    'low',
    ['refused', 'challenged'],
    z.strictObject({
      resource: EventResource.optional(),
      scopes: words,
      kind: ProcessProofKind.optional(),
      proof: word.optional(),
      /** Of the token that was shown, by somebody who may not. */
      grant: word.optional(),
      policies: words.optional(),
      function: word.optional(),
      /** What of the request could not be read in one way, or showed nothing: nobody was asked who they are. */
      fault: z.enum(['request', 'credentials', 'proof-of-possession']).optional(),
    }),
    '{subject} was kept out of {resource} at {door}: {reason}.',
  ),
  /** A process that showed who it is, to be told something or to end something; counted when it does so again. */
  'process.recognised': kind(
    ['authentication', 1],
    'informational',
    ['granted'],
    z.strictObject({ proof: word, kind: ProcessProofKind }),
    '{subject} showed who it is ({kind}) at {door}.',
  ),

  /** A token that someone passed on, exchanged by whoever it was passed to (RFC 8693). */
  'token.exchanged': kind(
    ['entity', 1],
    'low',
    ['granted'],
    z.strictObject({
      grant: word,
      parent: word,
      resource: EventResource,
      scopes: words,
      depth: count,
    }),
    '{actor} exchanged a token of {subject} for one at {resource}, good for {scopes}.',
  ),

  /** Someone came back to a site behind a proxy with the ticket that they got when they were let in. */
  'proxy.entry-opened': kind(
    ['authorization', 1],
    'informational',
    ['granted', 'refused'],
    z.strictObject({ host: word }),
    '{subject} came to {host} with a ticket for it.',
  ),
  /** Before anyone was asked who they are; the first of a network in a minute, those that follow are counted. */
  'proxy.refused': kind(
    ['authorization', 1],
    'low',
    ['refused'],
    z.strictObject({
      /** As it was asked for; none where it could not be read. */
      host: word.optional(),
      fault: z.enum([
        'not-a-proxy',
        'by-the-front-door',
        'missing',
        'doubled',
        'contradictory',
        'malformed',
        'identity-sent',
        'hop-by-hop',
        'method-hidden',
        'not-secure',
        'malformed-cookie',
        'two-credentials',
        'other-site',
        'no-page',
        'no-such-site',
        'not-permitted',
        'not-found',
      ]),
    }),
    'A request to a site was refused ({fault}); it named {host}.',
  ),
  /** Its browser has another since: this one is a copy, or an answer to that browser was lost on its way. */
  'proxy.copy-refused': kind(
    ['authorization', 1],
    'medium',
    ['refused'],
    z.strictObject({ resource: EventResource }),
    'A cookie of {subject} for {resource}, which had been replaced, was shown again.',
  ),
};
