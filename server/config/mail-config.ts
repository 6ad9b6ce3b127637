import { z } from 'zod';
import { path, secret } from '../kernel/setting.ts';

/** Mail goes over verified TLS or not at all. */
export const mailConfig = z.strictObject({
  host: z
    .string()
    .min(1)
    .optional()
    .describe('The mail server that takes our mail. Left out, no mail is sent.'),
  port: z
    .int()
    .min(1)
    .max(65535)
    .default(587)
    .describe('Its port: 587, or 465 with `tls: direct`.'),
  tls: z
    .enum(['starttls', 'direct'])
    .default('starttls')
    .describe(
      'How the connection is encrypted: begun plain and then required, or from its first byte.',
    ),
  requireTLS: z
    .boolean()
    .default(true)
    .describe(
      'Send nothing unless the connection is encrypted and the server’s certificate is verified.',
    ),
  ca: path()
    .optional()
    .describe('A file of certificates to trust besides the system’s own, in PEM.'),
  user: z.string().min(1).optional().describe('The name to sign in to the mail server with.'),
  password: secret().optional().describe('The password to sign in to the mail server with.'),
  from: z
    .email()
    .optional()
    .describe('The address that our mail comes from. Needed when `host` is given.'),
  alertsTo: z
    .array(z.email())
    .default([])
    .describe('Who gets alerts, such as when a person says that a sign-in was not them.'),
});
