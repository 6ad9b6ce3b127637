/** Who is at which network device, by RADIUS or TACACS+. */
import { z } from 'zod';
import { operation } from './operation.ts';
import { byId, Id, pageOf, paging, Time } from './parts.ts';

export const LogIn = z
  .strictObject({
    id: Id,
    subject: Id.describe('The person or device that was let in.'),
    name: z
      .string()
      .nullable()
      .describe('What they are called here; null when it can’t be read any more.'),
    networkDevice: z.strictObject({ id: Id, name: z.string() }),
    door: z.string(),
    service: z.string().describe('What for, such as `admin`, `vpn` or `network`.'),
    startedAt: Time,
    until: Time,
  })
  .meta({ id: 'LogIn' });

export const logInOperations = {
  listLogIns: operation({
    method: 'GET',
    path: '/logins',
    tag: 'Sessions',
    summary: 'List who is at which network device',
    for: 'session',
    query: z.strictObject(paging),
    answer: { status: 200, says: 'The newest first.', body: pageOf(LogIn) },
    problems: ['cursor-not-valid'],
  }),
  reauthorizeLogIn: operation({
    method: 'POST',
    path: '/logins/{id}/reauthorize',
    tag: 'Sessions',
    summary: 'Judge a login at a network device again',
    description:
      'As things are now: by the policies in force, the groups and roles of whoever is there, and the proofs that they showed. The network device is told of what came of it (RFC 5176).',
    for: 'session',
    params: byId,
    answer: {
      status: 200,
      says: 'What came of it.',
      body: z.strictObject({
        outcome: z
          .enum(['same', 'changed', 'ended'])
          .describe(
            '`changed`: it goes on, and the network device is told other attributes; `ended`: it is over.',
          ),
      }),
    },
    problems: ['not-found'],
  }),
  endLogIn: operation({
    method: 'DELETE',
    path: '/logins/{id}',
    tag: 'Sessions',
    summary: 'Put somebody out at their network device',
    for: 'session',
    params: byId,
    answer: { status: 204, says: 'It is over, and the network device is asked to act on it.' },
    problems: ['not-found'],
  }),
};
