import { z } from 'zod';

export const estConfig = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe('Whether devices get certificates by EST (RFC 7030), at /.well-known/est.'),
  serverKeys: z
    .boolean()
    .default(false)
    .describe(
      'Whether keys are made here for devices that can make none (RFC 7030 §4.4). A key that was ever elsewhere proves less.',
    ),
});
