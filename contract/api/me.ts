/** What people do about their own account. */
import { z } from 'zod';
import { PersonStatus, Role } from '../people.ts';
import { ProofKind } from '../proofs.ts';
import { operation } from './operation.ts';
import { byId, Id, lines, Place, pageOf, paging, Time } from './parts.ts';
import { Event } from './record.ts';

const Me = z
  .strictObject({
    id: Id,
    status: PersonStatus,
    roles: z.array(Role),
    groups: z.array(z.string()),
    identifier: z.string(),
    displayName: z.string(),
    email: z.string().nullable(),
    sessionExpiresAt: Time,
  })
  .meta({ id: 'Me', description: 'Whose session this is.' });

export const HeldProof = z
  .strictObject({
    id: Id,
    kind: ProofKind,
    name: z.string(),
    createdAt: Time,
    lastUsedAt: Time.nullable(),
    otherHost: z
      .string()
      .optional()
      .describe(
        'Of a passkey that was made for another host than this: that host. No browser shows it here.',
      ),
  })
  .meta({
    id: 'HeldProof',
    description: 'A proof that somebody holds. What it is made of is told to nobody.',
  });

const OwnProof = HeldProof.extend({
  codesLeft: z.int().optional().describe('Recovery codes that are still good.'),
  removable: z.boolean().describe('False while you could not sign in without it.'),
}).meta({ id: 'OwnProof', description: 'A proof of your own.' });

const OwnSession = z
  .strictObject({
    id: Id,
    current: z.boolean().describe('Whether it is the one that asks.'),
    kind: z.string(),
    door: z.string(),
    createdAt: Time,
    seenAt: Time,
    expiresAt: Time,
    from: Place,
  })
  .meta({ id: 'OwnSession', description: 'A session of one’s own.' });

const OwnApp = z
  .strictObject({
    id: Id,
    title: z.string(),
    since: Time,
    lastUsedAt: Time,
    offline: z.boolean().describe('Whether it may act while you are signed out.'),
    may: z.array(z.string()).describe('What it may do at other services, in their words.'),
  })
  .meta({ id: 'OwnApp', description: 'An application that you signed in to.' });

const ENROLMENT = [
  'enrolment-over',
  'proof-malformed',
  'proof-wrong',
  'password-too-short',
  'password-too-long',
  'password-breached',
  'password-guessable',
  'authenticator-not-allowed',
  'proof-held-already',
  'too-many-proofs',
  'busy',
] as const;

export const meOperations = {
  showMe: operation({
    method: 'GET',
    path: '/me',
    tag: 'Me',
    summary: 'Show who is signed in',
    for: 'session',
    answer: { status: 200, says: 'You.', body: Me },
    problems: [],
  }),
  listMyProofs: operation({
    method: 'GET',
    path: '/me/proofs',
    tag: 'Me',
    summary: 'List your proofs',
    for: 'session',
    answer: {
      status: 200,
      says: 'All of them.',
      body: z.strictObject({ items: z.array(OwnProof) }),
    },
    problems: [],
  }),
  renameMyProof: operation({
    method: 'PATCH',
    path: '/me/proofs/{id}',
    tag: 'Me',
    summary: 'Give a proof another name',
    for: 'session',
    params: byId,
    body: z.strictObject({
      name: z
        .string()
        .trim()
        .min(1)
        .max(64)
        .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u),
    }),
    answer: { status: 204, says: 'It has the name.' },
    problems: ['not-found', 'throttled'],
  }),
  removeMyProof: operation({
    method: 'DELETE',
    path: '/me/proofs/{id}',
    tag: 'Me',
    summary: 'Remove a proof',
    description: 'Your other sessions end. The last way in is kept.',
    for: 'session',
    params: byId,
    answer: { status: 204, says: 'It is gone.' },
    problems: ['not-found', 'last-way-in'],
  }),
  showMyEnrolment: operation({
    method: 'GET',
    path: '/me/enrolment',
    tag: 'Me',
    summary: 'Show what you have set up, and whether it is enough',
    for: 'session',
    answer: {
      status: 200,
      says: 'Where you stand.',
      body: z.strictObject({
        identifier: z.string(),
        displayName: z.string(),
        proofs: z.array(HeldProof),
        enough: z.boolean().describe('Whether you can sign in with these, by policy.'),
        recovery: z.boolean().describe('Whether you have recovery codes.'),
      }),
    },
    problems: [],
  }),
  beginMyEnrolment: operation({
    method: 'POST',
    path: '/me/enrolments',
    tag: 'Me',
    summary: 'Begin to set up a proof',
    description:
      'The answer holds what the client needs: the text of a QR code, or the options for `navigator.credentials.create`. A password or recovery codes set up again take the place of the old ones.',
    for: 'session',
    body: z.strictObject({
      kind: ProofKind.exclude(['pass']),
      options: z
        .record(z.string().max(64), z.unknown())
        .optional()
        .describe('`name`; for totp also `algorithm` and `digits`, for webauthn `form`.'),
    }),
    answer: {
      status: 201,
      says: 'It is begun.',
      body: z.strictObject({
        id: Id,
        kind: ProofKind,
        offer: z.record(z.string(), z.unknown()),
        expiresAt: Time,
      }),
    },
    problems: ENROLMENT,
  }),
  finishMyEnrolment: operation({
    method: 'POST',
    path: '/me/enrolments/{id}/finish',
    tag: 'Me',
    summary: 'Confirm a proof that was begun',
    for: 'session',
    params: byId,
    body: z.strictObject({
      data: z
        .record(z.string().max(64), z.unknown())
        .describe(
          '`{password}`, `{code}` from the app, the browser’s credential as JSON; `{}` for recovery codes.',
        ),
    }),
    answer: {
      status: 201,
      says: 'You hold it from now on.',
      body: z.strictObject({
        id: Id,
        kind: ProofKind,
        shownOnce: z.array(z.string()).describe('Recovery codes. They are never shown again.'),
      }),
    },
    problems: ENROLMENT,
  }),
  completeMyEnrolment: operation({
    method: 'POST',
    path: '/me/enrolment/complete',
    tag: 'Me',
    summary: 'End an enrolment by pass',
    description: 'You are active, the pass is void and this session over. Sign in from now on.',
    for: 'session',
    answer: { status: 204, says: 'You are set up.' },
    problems: ['not-enough-yet'],
  }),
  listMySessions: operation({
    method: 'GET',
    path: '/me/sessions',
    tag: 'Me',
    summary: 'List your sessions',
    for: 'session',
    answer: {
      status: 200,
      says: 'The newest first.',
      body: z.strictObject({ items: z.array(OwnSession) }),
    },
    problems: [],
  }),
  listMyApps: operation({
    method: 'GET',
    path: '/me/apps',
    tag: 'Me',
    summary: 'List the applications that may act for you',
    for: 'session',
    answer: {
      status: 200,
      says: 'The one used last first.',
      body: z.strictObject({ items: z.array(OwnApp) }),
    },
    problems: [],
  }),
  revokeMyApp: operation({
    method: 'DELETE',
    path: '/me/apps/{id}',
    tag: 'Me',
    summary: 'Take back what you let an application do',
    description: 'Its tokens are over at once, and it has to ask you again.',
    for: 'session',
    params: byId,
    answer: { status: 204, says: 'It may do nothing for you any more.' },
    problems: ['not-found'],
  }),
  listMyActivity: operation({
    method: 'GET',
    path: '/me/activity',
    tag: 'Me',
    summary: 'List what is on record about you',
    for: 'session',
    query: z.strictObject(paging),
    answer: { status: 200, says: 'The newest first.', body: pageOf(Event) },
    problems: ['cursor-not-valid'],
  }),
  endMySession: operation({
    method: 'DELETE',
    path: '/me/sessions/{id}',
    tag: 'Me',
    summary: 'End a session of yours',
    for: 'session',
    params: byId,
    answer: { status: 204, says: 'It is over.' },
    problems: ['not-found'],
  }),
  endMyOtherSessions: operation({
    method: 'POST',
    path: '/me/sessions/end-others',
    tag: 'Me',
    summary: 'End all your sessions but this one',
    for: 'session',
    answer: { status: 200, says: 'How many ended.', body: z.strictObject({ ended: z.int() }) },
    problems: [],
  }),
  signOut: operation({
    method: 'POST',
    path: '/me/sign-out',
    tag: 'Me',
    summary: 'Sign out',
    for: 'session',
    answer: { status: 204, says: 'This session is over.' },
    problems: [],
  }),
  reportTrouble: operation({
    method: 'POST',
    path: '/me/trouble',
    tag: 'Me',
    summary: 'Say “this wasn’t me”',
    description:
      'Ends every other session of yours, forgets your other devices, and tells those who watch.',
    for: 'session',
    body: z.strictObject({
      about: z.uuid().optional().describe('The event that it is about.'),
      words: lines(z.string().max(2000)).optional().describe('What you want to tell.'),
    }),
    answer: {
      status: 200,
      says: 'How many sessions ended.',
      body: z.strictObject({ ended: z.int() }),
    },
    problems: [],
  }),
};
