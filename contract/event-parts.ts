/** The small closed lists that events are made of. */
import { z } from 'zod';

/** How it ended. The first three are the gate's answers; a change that is no decision is done or failed. */
export const outcomes = ['granted', 'challenged', 'refused', 'done', 'failed'] as const;
export const Outcome = z.enum(outcomes);
export type Outcome = z.infer<typeof Outcome>;

/** Why, in one closed list for the whole house. The words are for people who read the record, never for who was refused. */
export const reasons = {
  wrong: 'what was offered did not match',
  used: 'it was used before',
  expired: 'it had expired',
  malformed: 'it was not of the right form',
  'not-held': 'the subject holds no such proof',
  'not-here': 'it is for another address than ours, or may not be used from theirs',
  'unknown-subject': 'nobody goes by that identifier',
  disabled: 'the subject is disabled',
  erased: 'the subject was erased',
  'not-permitted': 'no policy permits it',
  forbidden: 'a policy forbids it',
  'no-rung': 'no proof that the subject holds would be enough',
  stale: 'the proofs shown were not fresh enough',
  throttled: 'too many attempts',
  busy: 'there was no room for the work just then',
  'no-keys': 'the keys to check it with could not be fetched',
  'not-asked': 'that proof was not asked for',
  'wrong-origin': 'it came from another web site',
  'wrong-channel': 'it came by another way than it began',
  'wrong-csrf': 'the form did not carry the token of its session',
  'no-session': 'there was no session',
  'unproven-key': 'the key of its browser was not shown',
  'enrolment-only': 'a pass is good for enrolling proofs and for nothing else',
  'too-short': 'it was too short',
  'too-long': 'it was too long',
  breached: 'it is on the list of breached passwords',
  guessable: 'it was easy to guess',
  'not-allowed': 'that authenticator is not on the allow-list',
  'held-already': 'it was enrolled before',
  'too-many': 'there were too many',
  idle: 'nothing happened for too long',
  absolute: 'it reached its longest time',
  asked: 'its owner asked for it',
  administrator: 'an administrator asked for it',
  renewed: 'a newer one took its place',
  trouble: 'its owner reported trouble',
  'would-lock-out': 'it would lock out every administrator',
  'not-valid': 'it does not pass its checks',
  'not-checked': 'it could not be checked in time',
  revoked: 'it was revoked',
  'unknown-authority': 'no authority that is trusted here issued it',
  weak: 'its key or signature is too weak',
  restored: 'the database is an older copy than the one last signed',
  fault: 'a part of the house failed',
} as const;
export type Reason = keyof typeof reasons;
export const Reason = z.enum(Object.keys(reasons) as [Reason, ...Reason[]]);

/**
 * What tells of a person: sealed under the key of whom it belongs to, and gone with that key. Address and user agent belong
 * to whoever came (the actor, else the subject); all else to the subject. What is longer is cut: it is what strangers send.
 */
export const personalLimits = {
  address: 64,
  userAgent: 512,
  identifier: 320,
  name: 256,
  mail: 320,
  /** What the person calls a proof or a device. */
  label: 256,
  /** A person's own words, as when reporting trouble. */
  words: 2000,
  /** A command at a network device: it may hold a secret. */
  command: 1024,
  /** Where somebody stands at a network device: a telephone number, a MAC address, a port. */
  station: 128,
} as const;
const personal = (name: keyof typeof personalLimits) =>
  z.string().max(personalLimits[name]).optional();
export const Personal = z.strictObject({
  address: personal('address'),
  userAgent: personal('userAgent'),
  identifier: personal('identifier'),
  name: personal('name'),
  mail: personal('mail'),
  label: personal('label'),
  words: personal('words'),
  command: personal('command'),
  station: personal('station'),
});
export type Personal = z.infer<typeof Personal>;

/** What was entered; the kinds are those that policies know. */
export const EventResource = z.strictObject({
  kind: z.enum(['part', 'application', 'api', 'site', 'network', 'asset']),
  id: z.string().max(128),
});

/** As OCSF names them (https://schema.ocsf.io). */
export type Severity = 'informational' | 'low' | 'medium' | 'high' | 'critical';

/** OCSF classes that events are shaped after, by class_uid, with the activity_ids in use. */
export const ocsfClasses = {
  account: { uid: 3001, name: 'Account Change' },
  authentication: { uid: 3002, name: 'Authentication' },
  authorization: { uid: 3003, name: 'Authorize Session' },
  entity: { uid: 3004, name: 'Entity Management' },
  finding: { uid: 2004, name: 'Detection Finding' },
  lifecycle: { uid: 6002, name: 'Application Lifecycle' },
  api: { uid: 6003, name: 'API Activity' },
} as const;
export type OcsfClass = keyof typeof ocsfClasses;
