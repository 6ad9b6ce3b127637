/** What can be entered: applications, APIs and sites. */
import { z } from 'zod';
import { PlainName } from '../processes.ts';
import { ApiDetail, ApplicationDetail, EnterableKind, Openness, SiteDetail } from '../resources.ts';
import { operation } from './operation.ts';
import { OwnGroups } from './owned-subjects.ts';
import { GivenId, Id, pageOf, paging, Time } from './parts.ts';
import { Group } from './people.ts';

const Named = z.strictObject({ id: GivenId.describe('The id of the resource, or its name.') });

export const Members = z
  .array(Group)
  .max(64)
  .refine((list) => new Set(list).size === list.length, { error: 'must name each group once' })
  .describe('Groups whose people are listed.');

const common = {
  name: PlainName,
  groups: OwnGroups.default([]),
  open: Openness.default('listed').describe(
    '`everyone` is every person. Processes are listed by their own entries, always.',
  ),
  members: Members.default([]),
};

const Resource = z
  .strictObject({
    id: Id.describe('Of an application, its client id.'),
    name: z.string(),
    kind: EnterableKind,
    groups: z.array(z.string()),
    open: Openness,
    members: z.array(z.string()),
    detail: z.record(z.string(), z.unknown()).describe('As it was given, by kind.'),
    createdAt: Time,
    changedAt: Time,
  })
  .meta({ id: 'Resource', description: 'Something that can be entered.' });

const CHANGE = [
  'not-found',
  'name-taken',
  'address-taken',
  'address-out-of-reach',
  'changed-meanwhile',
] as const;

export const resourceOperations = {
  listResources: operation({
    method: 'GET',
    path: '/resources',
    tag: 'Resources',
    summary: 'List resources',
    for: 'session',
    query: z.strictObject({ ...paging, kind: EnterableKind.optional() }),
    answer: { status: 200, says: 'In the order in which they were added.', body: pageOf(Resource) },
    problems: ['cursor-not-valid'],
  }),
  addResource: operation({
    method: 'POST',
    path: '/resources',
    tag: 'Resources',
    summary: 'Add a resource',
    description:
      'An application that proves itself is a process as well, of the same id and name: add its proof there.',
    for: 'session',
    body: z.discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('application'),
        ...common,
        owner: GivenId.optional().describe('Who answers for it; needed where it proves itself.'),
        detail: ApplicationDetail,
      }),
      z.strictObject({ kind: z.literal('api'), ...common, detail: ApiDetail }),
      z.strictObject({ kind: z.literal('site'), ...common, detail: SiteDetail }),
    ]),
    answer: { status: 201, says: 'It is there.', body: Resource },
    problems: ['name-taken', 'address-taken', 'address-out-of-reach', 'owner-not-found'],
    once: true,
  }),
  showResource: operation({
    method: 'GET',
    path: '/resources/{id}',
    tag: 'Resources',
    summary: 'Show a resource',
    for: 'session',
    params: Named,
    answer: { status: 200, says: 'The resource.', body: Resource },
    problems: ['not-found'],
  }),
  changeResource: operation({
    method: 'PATCH',
    path: '/resources/{id}',
    tag: 'Resources',
    summary: 'Change a resource',
    description: 'What is left out stays, in the detail too. The kind can’t be changed.',
    for: 'session',
    params: Named,
    body: z
      .strictObject({
        name: PlainName.optional(),
        groups: OwnGroups.optional(),
        open: Openness.optional(),
        members: Members.optional(),
        detail: z.record(z.string(), z.unknown()).optional().describe('Parts of the detail.'),
      })
      .refine((change) => Object.keys(change).length > 0, { error: 'must change something' }),
    answer: { status: 200, says: 'The resource as it is now.', body: Resource },
    problems: CHANGE,
  }),
  removeResource: operation({
    method: 'DELETE',
    path: '/resources/{id}',
    tag: 'Resources',
    summary: 'Remove a resource',
    description: 'Nobody enters it any more, and processes that were listed for it are not.',
    for: 'session',
    params: Named,
    answer: { status: 204, says: 'It is gone.' },
    problems: ['not-found', 'changed-meanwhile'],
  }),
};
