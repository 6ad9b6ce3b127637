import { z } from 'zod';

export const logConfig = z.strictObject({
  level: z
    .enum(['error', 'warn', 'info', 'debug'])
    .default('info')
    .describe('How much is told on standard output. Secrets are told at no level.'),
  format: z
    .enum(['auto', 'text', 'json'])
    .default('auto')
    .describe(
      '`json` for machines, `text` for people; `auto` is text at a terminal and json elsewhere.',
    ),
});

export type LogConfig = z.infer<typeof logConfig>;
