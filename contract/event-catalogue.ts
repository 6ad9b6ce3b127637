/**
 * The catalogue of events: everything that can stand in the record, one entry a type. It is closed: what is not here can't
 * be recorded.
 *
 * To add a type: one entry below, with the shape of its data and a sentence. Data holds facts that stay when a person is
 * erased: ids, counts, closed words. Never a secret, never anything personal (that goes into `personal`). To change the shape
 * of one that is in use: raise its `version`, and keep old fields readable, since old events stay as they are.
 */
import { z } from 'zod';
import { EventResource, type OcsfClass, type Outcome, type Severity } from './event-parts.ts';
import { ProcessProofKind } from './processes.ts';
import { ProofKind } from './proofs.ts';

export interface EventKind<D extends z.ZodType, O extends readonly Outcome[]> {
  readonly version: number;
  /** The OCSF class, and the activity_id in it; 99 is OCSF's "Other". */
  readonly ocsf: readonly [OcsfClass, number];
  readonly severity: Severity;
  readonly outcomes: O;
  readonly data: D;
  /** For people. {subject}, {actor}, {door}, {session}, {reason} and the data's own names are filled in. */
  readonly sentence: string;
}

function kind<D extends z.ZodType, const O extends readonly Outcome[]>(
  ocsf: readonly [OcsfClass, number],
  severity: Severity,
  outcomes: O,
  data: D,
  sentence: string,
  version = 1,
): EventKind<D, O> {
  return { version, ocsf, severity, outcomes, data, sentence };
}

const word = z.string().max(128);
const text = z.string().max(4096);
const count = z.int().min(0);
const time = z.int().min(0);
const words = z.array(word).max(64);
const nothing = z.strictObject({});
const shown = z
  .array(z.strictObject({ kind: ProofKind, proof: word, age: count.optional() }))
  .max(16);
const oneProof = z.strictObject({ proof: word, kind: ProofKind });
const asked = z.strictObject({ action: word, resource: EventResource, policies: words.optional() });

export const catalogue = {
  'house.started': kind(
    ['lifecycle', 3],
    'informational',
    ['done'],
    z.strictObject({ version: word, node: word, database: z.enum(['sqlite', 'postgres']) }),
    'Sallyport {version} started on {node}.',
  ),
  'house.stopped': kind(
    ['lifecycle', 4],
    'informational',
    ['done', 'failed'],
    z.strictObject({ node: word }),
    'Sallyport stopped on {node}.',
  ),
  'config.changed': kind(
    ['lifecycle', 8],
    'low',
    ['done', 'refused'],
    z.strictObject({ settings: words }),
    'The settings {settings} changed.',
  ),
  'fault.refused': kind(
    ['lifecycle', 99],
    'high',
    ['refused'],
    z.strictObject({ code: word, action: word.optional(), detail: text.optional() }),
    'A fault ({code}) refused {subject} at {door}.',
  ),

  'record.log-started': kind(
    ['lifecycle', 3],
    'informational',
    ['done'],
    z.strictObject({
      origin: text,
      key: text,
      previous: z
        .strictObject({ origin: text, database: text.optional(), kept: text.optional() })
        .optional(),
    }),
    'The log {origin} began.',
  ),
  'record.checkpoint-refused': kind(
    ['finding', 1],
    'critical',
    ['refused'],
    z.strictObject({ origin: text, signed: count, found: count, detail: text }),
    'No checkpoint was signed for {origin}: {signed} events were signed before, and {found} were found ({detail}).',
  ),
  'record.exported': kind(
    ['api', 2],
    'low',
    ['done'],
    z.strictObject({ origin: text, size: count, personal: z.boolean() }),
    '{actor} exported {size} events of {origin}.',
  ),

  'proof.verified': kind(
    ['authentication', 6],
    'informational',
    ['challenged', 'done'],
    z.strictObject({ proof: word, kind: ProofKind, asked: z.array(ProofKind).max(8).optional() }),
    '{subject} showed a proof ({kind}) at {door}; asked for next: {asked}.',
  ),
  'proof.refused': kind(
    ['authentication', 6],
    'low',
    ['refused'],
    z.strictObject({ proof: word.optional(), kind: ProofKind }),
    'A proof ({kind}) offered for {subject} at {door} was refused: {reason}.',
  ),
  /** Tells of the last proof and of the session that began with it, so that a sign-in with two proofs is two events. */
  'signin.granted': kind(
    ['authentication', 1],
    'informational',
    ['granted'],
    z.strictObject({
      proofs: shown,
      phishingResistant: z.boolean(),
      knownDevice: z.boolean(),
      policies: words,
    }),
    '{subject} signed in at {door} with {proofs}.',
  ),
  'signin.refused': kind(
    ['authentication', 1],
    'low',
    ['refused'],
    z.strictObject({ proofs: shown.optional(), policies: words.optional() }),
    '{subject} was refused at {door}: {reason}.',
  ),
  'stepup.granted': kind(
    ['authentication', 1],
    'informational',
    ['granted'],
    z.strictObject({ proofs: shown, action: word.optional(), policies: words.optional() }),
    '{subject} showed {proofs} again, for {action}.',
  ),
  'throttle.engaged': kind(
    ['finding', 1],
    'medium',
    ['refused'],
    z.strictObject({
      scope: z.enum(['account', 'source', 'spray']),
      failures: count,
      until: time,
    }),
    'Attempts are slowed down (by {scope}) after {failures} failures.',
  ),
  'access.granted': kind(
    ['api', 99],
    'informational',
    ['granted'],
    asked,
    '{actor} was let do {action} on {resource}.',
  ),
  'access.refused': kind(
    ['api', 99],
    'low',
    ['refused', 'challenged'],
    asked,
    '{actor} was not let do {action} on {resource}: {reason}.',
  ),
  'decision.counted': kind(
    ['api', 99],
    'informational',
    ['granted', 'refused'],
    z.strictObject({ action: word, resource: EventResource, minute: time, count }),
    '{subject} did {action} on {resource} {count} more times within a minute.',
  ),

  /** A session that began otherwise than by signing in, as with an enrolment link. */
  'session.started': kind(
    ['authentication', 3],
    'informational',
    ['granted'],
    z.strictObject({ by: z.enum(['link', 'pass', 'renewal', 'token']), until: time }),
    'A session of {subject} began (by {by}).',
  ),
  'session.ended': kind(
    ['authentication', 2],
    'informational',
    ['done'],
    nothing,
    'A session of {subject} ended: {reason}.',
  ),
  'session.revoked': kind(
    ['authentication', 2],
    'low',
    ['done'],
    z.strictObject({ sessions: count }),
    '{sessions} sessions of {subject} were ended by {actor}: {reason}.',
  ),
  /** The browser of a session showed a key that only it holds; from now on the session is good with that key alone. */
  'session.bound': kind(
    ['authentication', 99],
    'informational',
    ['done'],
    nothing,
    'A session of {subject} was bound to the key of its browser.',
  ),
  /** The browser showed no key in the time for it: the session is good for whoever has its cookie, and for a shorter time. */
  'session.unbound': kind(
    ['authentication', 99],
    'low',
    ['done'],
    z.strictObject({ until: time }),
    'A session of {subject} is used by a browser that showed no key of its own.',
  ),
  /** Someone has the cookie of a bound session and has not shown its key for a while, or never: asked to. Once an interval. */
  'session.key-wanted': kind(
    ['authentication', 99],
    'low',
    ['refused'],
    asked,
    '{subject} was not let do {action}: the browser had not shown the key of its session.',
  ),
  'session.proof-refused': kind(
    ['authentication', 99],
    'medium',
    ['refused'],
    nothing,
    'A proof of the key of a session of {subject} was refused: {reason}.',
  ),
  /** Someone has the session's cookie, and another key: the session was ended. */
  'session.key-refused': kind(
    ['finding', 1],
    'high',
    ['refused'],
    nothing,
    'A browser used a session of {subject} with a key that is not its own: the cookie may be stolen. The session was ended.',
  ),
  'session.activity': kind(
    ['authentication', 99],
    'informational',
    ['granted'],
    z.strictObject({ minute: time, count }),
    '{subject} used a session {count} times within a minute.',
  ),

  'proof.enrolled': kind(
    ['account', 10],
    'low',
    ['done'],
    z.strictObject({ proof: word, kind: ProofKind, detail: text.optional() }),
    '{subject} enrolled a proof ({kind}).',
  ),
  'proof.enrolment-refused': kind(
    ['account', 10],
    'low',
    ['refused'],
    z.strictObject({ kind: ProofKind }),
    'A proof ({kind}) was not enrolled for {subject}: {reason}.',
  ),
  'proof.removed': kind(
    ['account', 11],
    'medium',
    ['done'],
    oneProof,
    'A proof ({kind}) of {subject} was removed.',
  ),
  'proof.renamed': kind(
    ['entity', 3],
    'informational',
    ['done'],
    oneProof,
    '{subject} gave a proof ({kind}) another name.',
  ),
  'proof.noted': kind(
    ['finding', 1],
    'medium',
    ['done', 'refused'],
    z.strictObject({
      proof: word,
      kind: ProofKind,
      note: z.enum([
        'sign-count-regressed',
        'clock-drift-learnt',
        'rehashed',
        'last-recovery-code',
        'breached',
      ]),
    }),
    'Of a proof ({kind}) of {subject} it was noted: {note}.',
  ),
  'password.changed': kind(
    ['account', 3],
    'low',
    ['done'],
    z.strictObject({ proof: word }),
    'The password of {subject} was changed.',
  ),
  'recovery.regenerated': kind(
    ['account', 10],
    'low',
    ['done'],
    z.strictObject({ proof: word, codes: count }),
    '{subject} made {codes} new recovery codes; the old ones are void.',
  ),

  'person.created': kind(
    ['account', 1],
    'low',
    ['done'],
    z.strictObject({ roles: words, groups: words.optional() }),
    '{actor} added {subject}.',
  ),
  'person.changed': kind(
    ['account', 99],
    'low',
    ['done'],
    z.strictObject({ fields: words, roles: words.optional(), groups: words.optional() }),
    '{actor} changed {fields} of {subject}.',
  ),
  'person.disabled': kind(
    ['account', 5],
    'medium',
    ['done'],
    nothing,
    '{actor} disabled {subject}.',
  ),
  'person.enabled': kind(['account', 2], 'low', ['done'], nothing, '{actor} enabled {subject}.'),
  'person.erased': kind(
    ['account', 6],
    'medium',
    ['done'],
    nothing,
    '{actor} erased {subject}: what was personal can no longer be read.',
  ),

  'pass.issued': kind(
    ['entity', 1],
    'medium',
    ['done'],
    z.strictObject({
      pass: word,
      purpose: z.enum(['pass', 'link']),
      uses: count,
      until: time,
      networks: words.optional(),
    }),
    '{actor} issued a temporary pass for {subject}.',
  ),
  'pass.used': kind(
    ['entity', 10],
    'low',
    ['done'],
    z.strictObject({ pass: word, left: count }),
    'A temporary pass of {subject} was used; {left} uses are left.',
  ),
  'pass.revoked': kind(
    ['entity', 4],
    'low',
    ['done'],
    z.strictObject({ pass: word }),
    '{actor} revoked a temporary pass of {subject}.',
  ),
  'token.issued': kind(
    ['entity', 1],
    'medium',
    ['done'],
    z.strictObject({ token: word, scope: words, until: time }),
    '{actor} issued a token for {subject}, good for {scope}.',
  ),
  'token.revoked': kind(
    ['entity', 4],
    'low',
    ['done'],
    z.strictObject({ token: word }),
    '{actor} revoked a token of {subject}.',
  ),

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
  'app.told-of-end': kind(
    ['authentication', 99],
    'informational',
    ['done', 'failed'],
    z.strictObject({ app: word, grant: word }),
    'The application {app} was told that a sign-in of {subject} ended.',
  ),

  'policy.activated': kind(
    ['entity', 10],
    'medium',
    ['done'],
    z.strictObject({ version: word, previous: word.optional(), policies: count, sha256: word }),
    '{actor} activated the policy {version}.',
  ),
  'policy.refused': kind(
    ['entity', 10],
    'medium',
    ['refused'],
    z.strictObject({ version: word, errors: z.array(text).max(32) }),
    'A policy offered by {actor} was refused: {reason}.',
  ),
  'key.created': kind(
    ['entity', 1],
    'low',
    ['done'],
    z.strictObject({ purpose: word, version: count }),
    'A key for {purpose} was made (version {version}).',
  ),
  'key.rotated': kind(
    ['entity', 3],
    'medium',
    ['done', 'failed'],
    z.strictObject({ purpose: word, version: count, previous: count.optional() }),
    'The key for {purpose} was rotated to version {version}.',
  ),
  'key.destroyed': kind(
    ['entity', 4],
    'medium',
    ['done'],
    z.strictObject({ purpose: word, version: count }),
    'The key for {purpose}, version {version}, was destroyed.',
  ),

  /** "This wasn't me." */
  'trouble.reported': kind(
    ['finding', 1],
    'high',
    ['done'],
    z.strictObject({ about: word.optional(), sessions: count }),
    '{subject} said "this was not me"; {sessions} sessions were ended.',
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
      policies: words.optional(),
      function: word.optional(),
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
};
