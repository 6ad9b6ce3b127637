/** Sessions, as those see them who look after people. */
import { z } from 'zod';
import { operation } from './operation.ts';
import { byId, Id, Place, pageOf, paging, Time } from './parts.ts';

export const Session = z
  .strictObject({
    id: Id,
    person: Id,
    identifier: z.string().nullable().describe('What the person signs in with.'),
    kind: z.string().describe('`full`, `enrolment`, or `token` for a script’s.'),
    door: z.string(),
    binding: z
      .enum(['none', 'unbound', 'bound'])
      .describe('Whether it is bound to a key of its browser; `none` where it can’t be.'),
    createdAt: Time,
    seenAt: Time,
    expiresAt: Time,
    from: Place,
  })
  .meta({ id: 'Session' });

export const sessionOperations = {
  listSessions: operation({
    method: 'GET',
    path: '/sessions',
    tag: 'Sessions',
    summary: 'List everyone’s sessions',
    for: 'session',
    query: z.strictObject(paging),
    answer: { status: 200, says: 'The newest first.', body: pageOf(Session) },
    problems: ['cursor-not-valid'],
  }),
  revokeSession: operation({
    method: 'DELETE',
    path: '/sessions/{id}',
    tag: 'Sessions',
    summary: 'End a session or void a token',
    for: 'session',
    params: byId,
    answer: { status: 204, says: 'It is over.' },
    problems: ['not-found'],
  }),
};
