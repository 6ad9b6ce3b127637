/** Which programs of the server’s machine are which process (SPIFFE). What is told to them is for the Workload API, and not for this one. */
import { z } from 'zod';
import { PlainName } from '../processes.ts';
import { operation } from './operation.ts';
import { byId, GivenId, Id, pageOf, paging, Time } from './parts.ts';

const Named = z.union([PlainName, GivenId]);

const Workload = z
  .strictObject({
    id: Id,
    process: Id,
    processName: z.string(),
    active: z.boolean().describe('False while the process is disabled: its programs get nothing.'),
    selectors: z.array(z.string()).describe('All of these are so of the program.'),
    createdAt: Time,
  })
  .meta({ id: 'Workload', description: 'Programs that are known as a process.' });

export const workloadOperations = {
  listWorkloads: operation({
    method: 'GET',
    path: '/workloads',
    tag: 'Processes',
    summary: 'List which programs are which process',
    for: 'session',
    query: z.strictObject({
      ...paging,
      process: Named.optional().describe('Those of one process, by its name or id.'),
    }),
    answer: { status: 200, says: 'In the order in which they were added.', body: pageOf(Workload) },
    problems: ['cursor-not-valid', 'not-found'],
  }),
  addWorkload: operation({
    method: 'POST',
    path: '/workloads',
    tag: 'Processes',
    summary: 'Have programs known as a process',
    description:
      'They get certificates and tokens that say so, from the Workload API of the machine that the server runs on.',
    for: 'session',
    body: z.strictObject({
      process: Named.describe('Its name or id.'),
      selectors: z
        .array(z.string().min(1).max(1100))
        .min(1)
        .max(8)
        .describe(
          '`uid:NUMBER` or `unit:NAME.service`, and with them `path:/FILE` or `sha256:HEX`. All of them have to be so.',
        ),
    }),
    answer: { status: 201, says: 'The workload.', body: Workload },
    problems: ['not-found', 'selector-not-valid', 'workload-known-already'],
  }),
  removeWorkload: operation({
    method: 'DELETE',
    path: '/workloads/{id}',
    tag: 'Processes',
    summary: 'Have programs be that process no longer',
    description: 'Certificates that they got are revoked, and the streams on which they came end.',
    for: 'session',
    params: byId,
    answer: { status: 200, says: 'The workload as it was.', body: Workload },
    problems: ['not-found'],
  }),
};
