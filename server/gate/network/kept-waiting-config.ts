import { z } from 'zod';
import { duration } from '../../kernel/setting.ts';

/** Of a door of the network: which of its devices are kept waiting for what is shown in a browser (kept-waiting.ts), and how long. */
export const keptWaitingConfig = {
  withoutNumber: z
    .array(z.string().min(1).max(64))
    .default([])
    .describe(
      'Network devices, by name or group, that can’t ask twice, and so can’t show the number by which people tell their login from somebody else’s.',
    ),
  wait: duration({ least: '5s', most: '2m' })
    .prefault('30s')
    .describe(
      'For how long a network device that can’t ask twice is kept waiting: less than its own timeout times its tries.',
    ),
  atOnce: z
    .int()
    .min(1)
    .max(2000)
    .default(200)
    .describe('How many logins of network devices that can’t ask twice may wait at a time.'),
};
