/** People, as those see them who look after them. */
import { z } from 'zod';
import { PersonStatus, Role, roles } from '../people.ts';
import { HeldProof } from './me.ts';
import { operation } from './operation.ts';
import { byId, Id, line, pageOf, paging, Time } from './parts.ts';
import { Session } from './sessions.ts';

const Identifier = z.string().min(1).max(256);
export const DisplayName = line(z.string().trim().min(1).max(256));
const Email = z.string().min(3).max(254).nullable();
const Roles = z
  .array(Role)
  .max(roles.length)
  .refine((list) => new Set(list).size === list.length, { error: 'must name each role once' });
export const Group = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/);
const Groups = z
  .array(Group)
  .max(64)
  .refine((list) => new Set(list).size === list.length, { error: 'must name each group once' })
  .describe('Names of your own, for policies: small letters, digits, dots, hyphens.');

const Person = z
  .strictObject({
    id: Id,
    status: PersonStatus,
    roles: z.array(Role),
    groups: z.array(z.string()),
    identifier: z.string().nullable().describe('Null once the person is erased, as the two below.'),
    displayName: z.string().nullable(),
    email: z.string().nullable(),
    createdAt: Time,
    changedAt: Time,
  })
  .meta({ id: 'Person' });

const PersonWithProofs = Person.extend({ proofs: z.array(HeldProof) }).meta({
  id: 'PersonWithProofs',
});

const PERSON = ['not-found', 'person-erased', 'changed-meanwhile'] as const;

export const peopleOperations = {
  listPeople: operation({
    method: 'GET',
    path: '/people',
    tag: 'People',
    summary: 'List people',
    for: 'session',
    query: z.strictObject({
      ...paging,
      status: PersonStatus.optional(),
      role: Role.optional(),
      identifier: Identifier.optional().describe(
        'A name or mail address to sign in with, in full: the one person who has it, or nobody.',
      ),
    }),
    answer: { status: 200, says: 'In the order in which they were added.', body: pageOf(Person) },
    problems: ['cursor-not-valid'],
  }),
  addPerson: operation({
    method: 'POST',
    path: '/people',
    tag: 'People',
    summary: 'Add a person',
    description: 'They can do nothing until they set up proofs: issue a pass for them next.',
    for: 'session',
    body: z.strictObject({
      identifier: Identifier,
      displayName: DisplayName,
      email: Email.default(null),
      roles: Roles.default([]),
      groups: Groups.default([]),
    }),
    answer: { status: 201, says: 'They are there.', body: Person },
    problems: ['identifier-taken', 'identifier-malformed'],
    once: true,
  }),
  showPerson: operation({
    method: 'GET',
    path: '/people/{id}',
    tag: 'People',
    summary: 'Show a person and the proofs that they hold',
    for: 'session',
    params: byId,
    answer: { status: 200, says: 'The person.', body: PersonWithProofs },
    problems: ['not-found'],
  }),
  changePerson: operation({
    method: 'PATCH',
    path: '/people/{id}',
    tag: 'People',
    summary: 'Change a person',
    description:
      'What is left out stays. Changing roles is an action of its own to policies: `role.change`. With other roles or groups, policies are asked about the person as they are and as they would be.',
    for: 'session',
    params: byId,
    body: z
      .strictObject({
        identifier: Identifier.optional(),
        displayName: DisplayName.optional(),
        email: Email.optional(),
        roles: Roles.optional(),
        groups: Groups.optional(),
      })
      .refine((change) => Object.keys(change).length > 0, { error: 'must change something' }),
    answer: { status: 200, says: 'The person as they are now.', body: Person },
    problems: [...PERSON, 'identifier-taken', 'identifier-malformed', 'last-administrator'],
  }),
  disablePerson: operation({
    method: 'POST',
    path: '/people/{id}/disable',
    tag: 'People',
    summary: 'Disable a person',
    description: 'Their sessions end at once, and they can’t sign in.',
    for: 'session',
    params: byId,
    answer: { status: 200, says: 'The person as they are now.', body: Person },
    problems: [...PERSON, 'last-administrator'],
  }),
  enablePerson: operation({
    method: 'POST',
    path: '/people/{id}/enable',
    tag: 'People',
    summary: 'Enable a person again',
    description: 'To policies it is a change: `person.change`.',
    for: 'session',
    params: byId,
    answer: { status: 200, says: 'The person as they are now.', body: Person },
    problems: PERSON,
  }),
  erasePerson: operation({
    method: 'DELETE',
    path: '/people/{id}',
    tag: 'People',
    summary: 'Erase a person',
    description:
      'What is personal can never be read again, in the record too, which still verifies. It can’t be undone.',
    for: 'session',
    params: byId,
    answer: { status: 204, says: 'They are erased.' },
    problems: [...PERSON, 'last-administrator'],
  }),
  issuePass: operation({
    method: 'POST',
    path: '/people/{id}/passes',
    tag: 'People',
    summary: 'Issue a temporary pass',
    description:
      'With it the person sets up proofs; it is good for nothing else. It takes the place of any pass that they had.',
    for: 'session',
    params: byId,
    body: z.strictObject({
      purpose: z.enum(['pass', 'link']).default('pass'),
      lifetimeMinutes: z.int().min(1).max(525_600).optional(),
      uses: z.int().min(1).max(1000).optional(),
      networks: z.array(z.string().max(64)).max(32).optional(),
    }),
    answer: {
      status: 201,
      says: 'The pass. Its code is shown this once.',
      body: z.strictObject({
        person: Id,
        code: z.string().describe('To be typed in beside the person’s name.'),
        link: z.string().describe('What follows `/enrol/` in an enrolment link.'),
        expiresAt: Time,
        uses: z.int(),
        networks: z.array(z.string()),
      }),
    },
    problems: ['not-found', 'pass-too-long-lived', 'pass-too-many-uses', 'networks-malformed'],
    once: true,
  }),
  revokePasses: operation({
    method: 'DELETE',
    path: '/people/{id}/passes',
    tag: 'People',
    summary: 'Revoke a person’s pass',
    for: 'session',
    params: byId,
    answer: { status: 204, says: 'It is void.' },
    problems: ['not-found'],
  }),
  listSessionsOf: operation({
    method: 'GET',
    path: '/people/{id}/sessions',
    tag: 'People',
    summary: 'List a person’s sessions',
    for: 'session',
    params: byId,
    answer: {
      status: 200,
      says: 'The newest first.',
      body: z.strictObject({ items: z.array(Session) }),
    },
    problems: ['not-found'],
  }),
  revokeSessionsOf: operation({
    method: 'DELETE',
    path: '/people/{id}/sessions',
    tag: 'People',
    summary: 'End all sessions of a person',
    description: 'Their devices are forgotten too.',
    for: 'session',
    params: byId,
    answer: { status: 200, says: 'How many ended.', body: z.strictObject({ ended: z.int() }) },
    problems: ['not-found'],
  }),
};
