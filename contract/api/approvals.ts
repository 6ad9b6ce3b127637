/** What waits for people's answers on their own pages. */
import { z } from 'zod';
import { operation } from './operation.ts';
import { byId, Id, pageOf, paging, Time } from './parts.ts';

const Approval = z
  .strictObject({
    id: Id,
    kind: z
      .enum(['login', 'request'])
      .describe('A login at a network device, or a request of an application (CIBA).'),
    person: Id.describe('Whom it waits for.'),
    name: z.string().nullable().describe('What they are called; null when it can’t be read.'),
    askedBy: z
      .strictObject({ id: Id, name: z.string() })
      .describe('The network device, or the application.'),
    service: z.string().nullable().describe('What a login is for, such as `admin` or `vpn`.'),
    askedAt: Time,
    until: Time,
  })
  .meta({ id: 'Approval' });

export const approvalOperations = {
  listApprovals: operation({
    method: 'GET',
    path: '/approvals',
    tag: 'Sessions',
    summary: 'List what waits for people’s answers',
    description: 'Answering is for each person alone, on their own page.',
    for: 'session',
    query: z.strictObject(paging),
    answer: { status: 200, says: 'The newest first.', body: pageOf(Approval) },
    problems: ['cursor-not-valid'],
  }),
  cancelApproval: operation({
    method: 'DELETE',
    path: '/approvals/{id}',
    tag: 'Sessions',
    summary: 'Refuse what waits for somebody’s answer',
    for: 'session',
    params: byId,
    answer: { status: 204, says: 'Nobody is let in by it any more.' },
    problems: ['not-found'],
  }),
};
