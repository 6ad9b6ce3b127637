import { z } from 'zod';

export const passConfig = z.strictObject({
  lifetimeMinutes: z
    .int()
    .min(5)
    .max(43_200)
    .default(1_440)
    .describe('How long a temporary access pass lasts unless its issuer says otherwise.'),
  longestMinutes: z
    .int()
    .min(5)
    .max(43_200)
    .default(10_080)
    .describe('The longest lifetime that an issuer may ask for.'),
  mostUses: z
    .int()
    .min(1)
    .max(100)
    .default(20)
    .describe('The most uses that an issuer may ask for.'),
});

export type PassConfig = z.infer<typeof passConfig>;
