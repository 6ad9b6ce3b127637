/** Signing in, and showing a proof again: attempts, and the proofs offered for them. */
import { z } from 'zod';
import { ProofKind, proofKinds } from '../proofs.ts';
import { operation } from './operation.ts';
import { GivenId, Id, Time } from './parts.ts';

/** A name as somebody typed it. Longer ones are nobody’s. */
const Identifier = z.string().min(1).max(256).describe('A user name or mail address.');

/** What each kind takes is told by docs/automation.md; the kind itself judges it. */
export const Offer = z
  .strictObject({
    kind: ProofKind,
    data: z
      .record(z.string().max(64), z.unknown())
      .describe(
        '`{password}` for a password, `{code}` for totp, recovery and pass, the browser’s `PublicKeyCredential` as JSON for webauthn.',
      ),
  })
  .meta({ id: 'Offer', description: 'One proof, offered.' });

const Device = z
  .string()
  .max(128)
  .describe(
    'The `device` token of an earlier sign-in: keeps strangers’ guesses from slowing down the owner.',
  );

export const Ask = z.discriminatedUnion('to', [
  z
    .strictObject({
      to: z.literal('signIn'),
      identifier: Identifier.optional(),
      device: Device.optional(),
      proof: Offer.optional(),
    })
    .describe('To sign in. Without a name it is a passkey that tells who comes.'),
  z
    .strictObject({
      to: z.literal('enrol'),
      identifier: Identifier.optional(),
      person: GivenId.optional(),
      proof: Offer.optional(),
    })
    .refine(({ identifier, person }) => (identifier === undefined) !== (person === undefined), {
      path: ['identifier'],
      error: 'must be there, or `person` must; not both',
    })
    .describe('To set up proofs with a temporary pass: by name, or by the id that a link carries.'),
  z
    .strictObject({
      to: z.literal('stepUp'),
      action: z.string().min(1).max(64).describe('What the proof is for, such as `pass.issue`.'),
      person: GivenId.optional().describe('Whom the action concerns, where it concerns someone.'),
      proof: Offer.optional(),
    })
    .describe('To show a proof again within a session.'),
]);
export type Ask = z.infer<typeof Ask>;

const Challenge = z
  .strictObject({ kind: ProofKind, data: z.record(z.string(), z.unknown()) })
  .describe('A kind of proof that may be offered next, with what a client needs to make it.');

const OpenAttempt = z
  .strictObject({
    id: Id,
    token: z
      .string()
      .describe('Proves that the attempt is yours. A secret: it goes in bodies only.'),
    challenges: z.array(Challenge).describe('Any one of these, the least effort first.'),
    proven: z.array(ProofKind).describe('What was right so far.'),
    expiresAt: Time,
  })
  .meta({ id: 'OpenAttempt', description: 'A sign-in under way.' });

const Grant = z
  .strictObject({
    state: z.literal('granted'),
    person: Id,
    kind: z
      .enum(['full', 'enrolment', 'token'])
      .describe('`enrolment` is good for setting up proofs and for nothing else.'),
    session: z.strictObject({
      id: Id,
      token: z
        .string()
        .optional()
        .describe('To be sent as a bearer token. Left out for browsers, which get a cookie.'),
      expiresAt: Time,
    }),
    device: z
      .strictObject({ token: z.string(), expiresAt: Time })
      .optional()
      .describe('To be kept and sent with the next sign-in.'),
  })
  .meta({ id: 'Granted', description: 'A session.' });

const Challenged = z
  .strictObject({ state: z.literal('challenged'), attempt: OpenAttempt })
  .meta({ id: 'Challenged', description: 'More has to be shown.' });

const Outcome = z.discriminatedUnion('state', [Grant, Challenged]);

const REFUSALS = [
  'no-session',
  'unproven-key',
  'not-permitted',
  'proof-wrong',
  'proof-used',
  'proof-not-asked',
  'attempt-over',
  'throttled',
  'busy',
] as const;

export const attemptOperations = {
  beginAttempt: operation({
    method: 'POST',
    path: '/attempts',
    tag: 'Signing in',
    summary: 'Begin to sign in, to enrol, or to show a proof again',
    description:
      'The answer names the proofs that may be offered. A first proof can come along, which spares a request. Whether anyone goes by the name is not told, in words, status or time.',
    for: 'anyone',
    body: Ask,
    answer: { status: 200, says: 'Challenged, or granted.', body: Outcome },
    problems: [...REFUSALS, 'unknown-action', 'not-found'],
  }),
  offerProof: operation({
    method: 'POST',
    path: '/attempts/{id}/proofs',
    tag: 'Signing in',
    summary: 'Offer a proof for an attempt',
    description:
      'An attempt that was begun in a session, as for a fresh proof, takes its proofs in the same session. A right proof grants or challenges for the next; a grant ends the attempt.',
    for: 'anyone',
    params: z.strictObject({ id: GivenId }),
    body: z.strictObject({
      attempt: z.string().max(128).describe('The attempt’s token.'),
      device: Device.optional(),
      proof: Offer,
    }),
    answer: { status: 200, says: 'Challenged, or granted.', body: Outcome },
    problems: REFUSALS,
  }),
};

/** Every kind can be carried in JSON but a card, which is shown in a handshake of its own, by a browser. */
export const carriedKinds: readonly ProofKind[] = proofKinds.filter((kind) => kind !== 'card');
