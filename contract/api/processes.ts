/** Programs that prove themselves: who answers for them, what they may enter, how they prove it. */
import { z } from 'zod';
import { PlainName, ProcessProofKind, ProcessStatus, ScopeName, weaknesses } from '../processes.ts';
import { operation } from './operation.ts';
import {
  named,
  namedProof,
  OnlyOrphaned,
  OwnGroups,
  owned,
  ProofName,
  weaknessesOf,
} from './owned-subjects.ts';
import { GivenId, Id, line, pageOf, paging, Time } from './parts.ts';

const Named = named('process');
const NamedProof = namedProof('process');

export const Purpose = line(z.string().trim().min(1).max(512)).describe(
  'What it is for, for whoever finds it later.',
);

const Entries = z
  .array(
    z.strictObject({
      resource: GivenId.describe('The id of a resource.'),
      scopes: z
        .array(ScopeName)
        .max(64)
        .refine((list) => new Set(list).size === list.length, { error: 'must name each once' })
        .default([])
        .describe('An API’s scopes; a site’s functions, none of them meaning all.'),
    }),
  )
  .max(64)
  .describe('What it may enter. A process enters nothing else, whatever policies permit.');

const HeldProcessProof = z
  .strictObject({
    id: Id,
    kind: ProcessProofKind,
    name: z.string(),
    createdAt: Time,
    lastUsedAt: Time.nullable(),
    notBefore: Time,
    expiresAt: Time.nullable(),
    shown: z.record(z.string(), z.unknown()).describe('What it is, in public words.'),
  })
  .meta({ id: 'ProcessProof', description: 'A way in which a process proves itself.' });

const Process = z
  .strictObject({
    id: Id,
    name: z.string(),
    status: ProcessStatus,
    ...owned,
    purpose: z.string(),
    groups: z.array(z.string()),
    entries: z.array(
      z.strictObject({
        resource: Id,
        resourceName: z.string().nullable().describe('What the resource is called.'),
        scopes: z.array(z.string()),
      }),
    ),
    application: z
      .boolean()
      .describe('It is what the application of the same id proves itself as.'),
    proofs: z.array(HeldProcessProof),
    weaknesses: weaknessesOf(weaknesses),
    createdAt: Time,
    changedAt: Time,
    lastSeenAt: Time.nullable().describe('To the minute.'),
    lastSeenFrom: z.string().nullable(),
  })
  .meta({ id: 'Process', description: 'A program that proves itself.' });

const Added = z.strictObject({
  process: Id,
  proof: Id,
  kind: ProcessProofKind,
  expiresAt: Time.nullable(),
  secret: z.string().nullable().describe('Of a secret, the secret: shown this once.'),
  old: z
    .strictObject({ id: Id, endsAt: Time })
    .nullable()
    .describe('The one whose place it takes, by its new id, and when that ends.'),
});

const CHANGE = [
  'not-found',
  'name-taken',
  'owner-not-found',
  'resource-not-found',
  'scope-not-known',
  'changed-meanwhile',
] as const;
const PROOF = [
  'not-found',
  'process-proof-not-valid',
  'proof-held-already',
  'too-many-proofs',
] as const;

const Settings = z
  .record(z.string(), z.unknown())
  .optional()
  .describe('What the kind wants to know: a public key, an issuer. docs/processes.md tells them.');

export const processOperations = {
  listProcesses: operation({
    method: 'GET',
    path: '/processes',
    tag: 'Processes',
    summary: 'List processes',
    for: 'session',
    query: z.strictObject({
      ...paging,
      status: ProcessStatus.optional(),
      owner: GivenId.optional(),
      resource: GivenId.optional().describe('Only those that may enter it.'),
      orphaned: OnlyOrphaned,
    }),
    answer: { status: 200, says: 'In the order in which they were added.', body: pageOf(Process) },
    problems: ['cursor-not-valid', 'not-found'],
  }),
  addProcess: operation({
    method: 'POST',
    path: '/processes',
    tag: 'Processes',
    summary: 'Add a process',
    description: 'It can do nothing until it has a proof: add one next.',
    for: 'session',
    body: z.strictObject({
      name: PlainName,
      owner: GivenId.describe('The id of the person who answers for it.'),
      purpose: Purpose,
      groups: OwnGroups.default([]),
      entries: Entries.default([]),
    }),
    answer: { status: 201, says: 'It is there.', body: Process },
    problems: ['name-taken', 'owner-not-found', 'resource-not-found', 'scope-not-known'],
    once: true,
  }),
  showProcess: operation({
    method: 'GET',
    path: '/processes/{id}',
    tag: 'Processes',
    summary: 'Show a process',
    for: 'session',
    params: Named,
    answer: { status: 200, says: 'The process.', body: Process },
    problems: ['not-found'],
  }),
  changeProcess: operation({
    method: 'PATCH',
    path: '/processes/{id}',
    tag: 'Processes',
    summary: 'Change a process',
    description: 'What is left out stays. What was granted to it is judged anew.',
    for: 'session',
    params: Named,
    body: z
      .strictObject({
        name: PlainName.optional(),
        owner: GivenId.optional(),
        purpose: Purpose.optional(),
        groups: OwnGroups.optional(),
        entries: Entries.optional(),
      })
      .refine((change) => Object.keys(change).length > 0, { error: 'must change something' }),
    answer: { status: 200, says: 'The process as it is now.', body: Process },
    problems: CHANGE,
  }),
  disableProcess: operation({
    method: 'POST',
    path: '/processes/{id}/disable',
    tag: 'Processes',
    summary: 'Disable a process',
    description: 'It can’t come in, and what it was granted ends at once.',
    for: 'session',
    params: Named,
    answer: { status: 200, says: 'The process as it is now.', body: Process },
    problems: ['not-found', 'changed-meanwhile'],
  }),
  enableProcess: operation({
    method: 'POST',
    path: '/processes/{id}/enable',
    tag: 'Processes',
    summary: 'Enable a process again',
    for: 'session',
    params: Named,
    answer: { status: 200, says: 'The process as it is now.', body: Process },
    problems: ['not-found', 'changed-meanwhile'],
  }),
  addProcessProof: operation({
    method: 'POST',
    path: '/processes/{id}/proofs',
    tag: 'Processes',
    summary: 'Add a proof to a process',
    description: 'A secret is made here and shown this once.',
    for: 'session',
    params: Named,
    body: z.strictObject({
      kind: ProcessProofKind,
      name: ProofName.default('proof'),
      settings: Settings,
      notBefore: Time.optional(),
      expiresAt: Time.optional(),
    }),
    answer: { status: 201, says: 'It is there.', body: Added },
    problems: PROOF,
    once: true,
  }),
  rotateProcessProof: operation({
    method: 'POST',
    path: '/processes/{id}/proofs/{proof}/rotate',
    tag: 'Processes',
    summary: 'Put another proof in the place of one',
    description: 'Both are good while they overlap, so that nothing stands still meanwhile.',
    for: 'session',
    params: NamedProof,
    body: z.strictObject({
      settings: Settings,
      expiresAt: Time.optional(),
      overlapMinutes: z.int().min(0).max(129_600).default(1440),
    }),
    answer: { status: 201, says: 'The new one.', body: Added },
    problems: [...PROOF, 'changed-meanwhile'],
    once: true,
  }),
  removeProcessProof: operation({
    method: 'DELETE',
    path: '/processes/{id}/proofs/{proof}',
    tag: 'Processes',
    summary: 'Remove a proof of a process',
    description: 'What was granted to the process ends with it.',
    for: 'session',
    params: NamedProof,
    answer: { status: 204, says: 'It is gone.' },
    problems: ['not-found'],
  }),
};
