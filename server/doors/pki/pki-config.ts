import { z } from 'zod';

export const pkiConfig = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe(
      'Serve /pki by plain HTTP on a port of its own, too, for what can’t fetch lists over HTTPS. Name it in `authority.address`.',
    ),
  host: z.string().min(1).default('0.0.0.0').describe('Name or address to listen on.'),
  port: z.int().min(0).max(65535).default(8081).describe('Port to listen on.'),
});

export type PkiConfig = z.infer<typeof pkiConfig>;
