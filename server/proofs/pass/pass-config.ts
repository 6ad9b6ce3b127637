import { z } from 'zod';
import { duration } from '../../kernel/setting.ts';

export const passConfig = z.strictObject({
  lifetime: duration({ least: '5m', most: '30d' })
    .prefault('24h')
    .describe('How long a temporary access pass lasts unless its issuer says otherwise.'),
  longest: duration({ least: '5m', most: '30d' })
    .prefault('7d')
    .describe('The longest lifetime that an issuer may ask for.'),
  mostUses: z
    .int()
    .min(1)
    .max(100)
    .default(20)
    .describe('The most uses that an issuer may ask for.'),
});

export type PassConfig = z.infer<typeof passConfig>;
