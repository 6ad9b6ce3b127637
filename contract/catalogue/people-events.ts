/** What is told of people: their proofs, sign-ins and sessions, and what administrators do to them. */
import { z } from 'zod';
import { ProofKind } from '../proofs.ts';
import {
  asked,
  count,
  kind,
  nothing,
  oneProof,
  shown,
  text,
  time,
  word,
  words,
} from './event-kind.ts';

export const peopleEvents = {
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
    /** `apps`: what applications could do for them while they were away. */
    z.strictObject({ sessions: count, apps: count.optional() }),
    '{actor} ended sessions of {subject} ({sessions} in all): {reason}.',
  ),
  /** What waited for somebody's answer on their own page, and was refused for them. */
  'approval.cancelled': kind(
    ['authentication', 1],
    'low',
    ['refused'],
    z.strictObject({ approval: word, kind: z.enum(['login', 'request']), asker: word }),
    '{actor} refused what waited for the answer of {subject} (approval {approval}, {kind}).',
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
    '{subject} used a session within a minute ({count}×).',
  ),

  'proof.enrolled': kind(
    ['account', 10],
    'low',
    ['done'],
    z.strictObject({ proof: word, kind: ProofKind, detail: text.optional() }),
    '{subject} enrolled a proof ({kind}).',
  ),
  /** A certificate that was shown at the port for cards; the first of its kind in a minute from one network. */
  'card.refused': kind(
    ['authentication', 1],
    'medium',
    ['refused'],
    z.strictObject({ because: word }),
    'A certificate that somebody showed was refused: {because}.',
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

  /** "This wasn't me." */
  'trouble.reported': kind(
    ['finding', 1],
    'high',
    ['done'],
    z.strictObject({ about: word.optional(), sessions: count, apps: count.optional() }),
    '{subject} said "this was not me"; sessions that were ended: {sessions}.',
  ),
};
