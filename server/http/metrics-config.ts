import { z } from 'zod';
import { network } from '../kernel/setting.ts';

export const metricsConfig = z.strictObject({
  networks: z
    .array(network())
    .default(['127.0.0.0/8', '::1'])
    .describe('Who may read /metrics. They hold counts and times, and no names.'),
});
