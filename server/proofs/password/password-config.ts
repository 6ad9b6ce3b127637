import { z } from 'zod';
import { duration, path } from '../../kernel/setting.ts';

export const passwordConfig = z.strictObject({
  memory: z
    .int()
    .min(19_456)
    .max(1_048_576)
    .default(19_456)
    .describe('Memory of one Argon2id hash, in KiB.'),
  passes: z.int().min(1).max(16).default(2).describe('Passes of Argon2id over its memory.'),
  lanes: z.int().min(1).max(8).default(1).describe('Lanes of Argon2id.'),
  minLength: z
    .int()
    .min(8)
    .max(64)
    .default(8)
    .describe('The fewest characters a new password may have.'),
  minGuessesLog10: z
    .number()
    .min(6)
    .max(16)
    .default(8)
    .describe(
      'How many guesses, as a power of ten, a new password must be estimated to withstand.',
    ),
  breachFilter: path()
    .optional()
    .describe('A filter of breached passwords, made by importing the public range files.'),
  hashesInFlight: z
    .int()
    .min(1)
    .max(64)
    .optional()
    .describe('Hashes computed at the same time; by default one more than there are processors.'),
  queueLength: z
    .int()
    .min(1)
    .max(10_000)
    .default(256)
    .describe('Hashes of one door that may wait for their turn.'),
  queueTime: duration({ least: '100ms', most: '1m' })
    .prefault('5s')
    .describe('The longest that a hash waits for its turn.'),
});

export type PasswordConfig = z.infer<typeof passwordConfig>;
