/** Tokens for scripts. */
import { z } from 'zod';
import { operation } from './operation.ts';
import { GivenId, Id, Time } from './parts.ts';

export const tokenOperations = {
  issueToken: operation({
    method: 'POST',
    path: '/tokens',
    tag: 'Tokens',
    summary: 'Issue a token for a script',
    description:
      'It may do what its scope says, as far as its owner may. Revoke it as the session that its id names.',
    for: 'session',
    body: z.strictObject({
      owner: GivenId,
      scope: z.array(z.string().min(1).max(64)).min(1).max(32),
      lifetimeMinutes: z.int().min(1).max(525_600).default(60),
    }),
    answer: {
      status: 201,
      says: 'The token, shown this once.',
      body: z.strictObject({ id: Id, token: z.string(), expiresAt: Time }),
    },
    problems: ['not-found', 'scope-unknown', 'token-too-long-lived'],
    once: true,
  }),
};
