/** What people are called at the upstream RADIUS server whose codes are a proof here, as administrators say it. */
import { z } from 'zod';
import { operation } from './operation.ts';
import { byId, Id, line, Time } from './parts.ts';

/** RFC 2865 §5.1: a name there, in one line. */
export const UpstreamAccount = line(z.string().trim().min(1).max(128));

export const companyTokenOperations = {
  assignCompanyToken: operation({
    method: 'POST',
    path: '/people/{id}/company-token',
    tag: 'People',
    summary: 'Say what a person is called at the upstream RADIUS server',
    description:
      'From then on its codes are a proof of theirs (`proofs.upstream`), under that name. A name that was there before is replaced, and their sessions end, with logins at network devices that rest on it.',
    for: 'session',
    params: byId,
    body: z.strictObject({ account: UpstreamAccount.describe('What they are called there.') }),
    answer: {
      status: 200,
      says: 'The proof.',
      body: z
        .strictObject({ id: Id, name: z.string(), createdAt: Time, lastUsedAt: Time.nullable() })
        .meta({ id: 'CompanyToken', description: 'Codes that an upstream server judges.' }),
    },
    problems: ['not-found', 'company-token-refused'],
  }),
};
