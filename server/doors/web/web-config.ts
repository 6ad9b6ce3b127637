import { z } from 'zod';

export const webConfig = z.strictObject({
  organisation: z
    .string()
    .trim()
    .min(1)
    .max(60)
    .optional()
    .describe('Whose sign-in this is, as its pages say it.'),
});
