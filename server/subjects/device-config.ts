import { z } from 'zod';
import { duration } from '../kernel/setting.ts';

const postureParts = ['diskEncrypted', 'screenLock', 'secureBoot'] as const;

export const deviceConfig = z.strictObject({
  endsSoon: duration({ least: '1h', most: '365d' })
    .prefault('14d')
    .describe('A proof or an exception of a device that ends within this time is reported.'),
  postureGoodFor: duration({ least: '5m', most: '30d' })
    .prefault('24h')
    .describe('For how long what a device told of itself counts as how it is.'),
  compliant: z
    .array(z.enum(postureParts))
    .max(postureParts.length)
    .default([...postureParts])
    .describe(
      'What a device must tell of itself, each with yes, for policies to see it as compliant.',
    ),
});

export type DeviceConfig = z.infer<typeof deviceConfig>;
