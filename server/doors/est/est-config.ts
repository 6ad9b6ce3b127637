import { z } from 'zod';

export const estConfig = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe('Whether devices get certificates by EST (RFC 7030), at /.well-known/est.'),
});
