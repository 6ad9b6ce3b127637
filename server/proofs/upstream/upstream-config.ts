import { z } from 'zod';
import { duration, secret } from '../../kernel/setting.ts';

/** A RADIUS server of somebody else's (Duo, SafeNet, RSA …) that judges codes of theirs. */
export const upstreamConfig = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(64)
    .default('Company token')
    .describe('What people call what they hold there.'),
  servers: z
    .array(
      z.strictObject({
        host: z.string().min(1).describe('Address of the RADIUS server.'),
        port: z.int().min(1).max(65535).default(1812).describe('Its UDP port.'),
      }),
    )
    .max(8)
    .default([])
    .describe('RADIUS servers that are asked, the next where one does not answer. None: off.'),
  sharedSecret: secret().optional().describe('The secret that is shared with them.'),
  timeout: duration({ least: '1s', most: '60s' })
    .prefault('10s')
    .describe('For how long one of them may think. Without an answer nobody gets in.'),
  tries: z
    .int()
    .min(1)
    .max(5)
    .default(2)
    .describe('How often each is asked; with the same packet, so that it is one login there.'),
  unsigned: z
    .boolean()
    .default(false)
    .describe(
      'Believe answers without a Message-Authenticator. Whoever stands between can forge those (CVE-2024-3596).',
    ),
  oneTime: z
    .boolean()
    .default(true)
    .describe('Whether a code that they accepted is never accepted again.'),
});
export type UpstreamConfig = z.infer<typeof upstreamConfig>;
