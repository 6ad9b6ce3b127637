import { z } from 'zod';

export const recoveryConfig = z.strictObject({
  codes: z
    .int()
    .min(4)
    .max(30)
    .default(10)
    .describe('How many recovery codes a person is given at a time.'),
});

export type RecoveryConfig = z.infer<typeof recoveryConfig>;
