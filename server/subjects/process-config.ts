import { z } from 'zod';
import { duration } from '../kernel/setting.ts';

export const processConfig = z.strictObject({
  unusedAfter: duration({ least: '1d', most: '3650d' })
    .prefault('90d')
    .describe('A proof of a process that was not used for so long is reported: remove it.'),
  endsSoon: duration({ least: '1h', most: '365d' })
    .prefault('14d')
    .describe('A proof of a process that ends within this time is reported: rotate it.'),
});

export type ProcessConfig = z.infer<typeof processConfig>;
