/** Invitations for applications that register themselves at `/oidc/register` (RFC 7591 §3: initial access tokens). */
import { z } from 'zod';
import { invitationLimits, invitationStates, Openness } from '../resources.ts';
import { operation } from './operation.ts';
import { byId, GivenId, Id, pageOf, paging, Time } from './parts.ts';
import { Members } from './resources.ts';

const DAY_MINUTES = 24 * 60;

const Invitation = z
  .strictObject({
    id: Id,
    state: z
      .enum(invitationStates)
      .describe('`orphaned` when whoever answered for it is disabled or erased.'),
    owner: Id,
    ownerName: z.string().nullable(),
    uses: z.int(),
    used: z.int(),
    open: Openness,
    members: z.array(z.string()),
    createdAt: Time,
    expiresAt: Time,
    withdrawnAt: Time.nullable(),
  })
  .meta({ id: 'AppInvitation', description: 'An invitation for applications.' });

export const invitationOperations = {
  listAppInvitations: operation({
    method: 'GET',
    path: '/app-invitations',
    tag: 'Resources',
    summary: 'List invitations for applications',
    for: 'session',
    query: z.strictObject(paging),
    answer: { status: 200, says: 'The newest first.', body: pageOf(Invitation) },
    problems: ['cursor-not-valid'],
  }),
  inviteApps: operation({
    method: 'POST',
    path: '/app-invitations',
    tag: 'Resources',
    summary: 'Invite applications to register themselves',
    description:
      'People are asked for their consent to what registers by it. Who may sign in to that is said here; nobody, if nothing is.',
    for: 'session',
    body: z.strictObject({
      owner: GivenId.describe('Who answers for what registers by it.'),
      uses: z.int().min(1).max(invitationLimits.uses).default(1),
      lifetimeMinutes: z
        .int()
        .min(1)
        .max(invitationLimits.days * DAY_MINUTES)
        .default(DAY_MINUTES),
      open: Openness.default('listed'),
      members: Members.default([]),
    }),
    answer: {
      status: 201,
      says: 'The invitation, with its token, shown this once.',
      body: z.strictObject({
        id: Id,
        token: z.string(),
        expiresAt: Time,
        endpoint: z
          .string()
          .nullable()
          .describe('Where it is good; null while `oidc.registration` is off.'),
      }),
    },
    problems: ['owner-not-found'],
    once: true,
  }),
  withdrawAppInvitation: operation({
    method: 'DELETE',
    path: '/app-invitations/{id}',
    tag: 'Resources',
    summary: 'Withdraw an invitation for applications',
    description: 'What registered by it stays.',
    for: 'session',
    params: byId,
    answer: { status: 204, says: 'It is good for nothing any more.' },
    problems: ['not-found'],
  }),
};
