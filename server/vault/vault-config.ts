import { z } from 'zod';
import { path } from '../kernel/setting.ts';
import type { RootKeySource } from './root-key-source.ts';

const places = z
  .strictObject({
    file: path().optional().describe('A file that only its owner can read.'),
    env: z.string().min(1).optional().describe('An environment variable.'),
    command: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe(
        'A program and its arguments that print the key, such as the client of a key service.',
      ),
  })
  .refine((given) => Object.keys(given).length <= 1, 'must name one place: file, env or command');

/** Undefined means the file `root.key` in the data folder, made at the first start. */
function sourceOf({ file, env, command }: z.infer<typeof places>): RootKeySource | undefined {
  if (file !== undefined) return { kind: 'file', path: file };
  if (env !== undefined) return { kind: 'environment', variable: env };
  const [program, ...rest] = command ?? [];
  return program === undefined ? undefined : { kind: 'command', command: [program, ...rest] };
}

export const vaultConfig = z.strictObject({
  rootKey: places
    .transform(sourceOf)
    .prefault({})
    .describe(
      'Where the root key comes from, which opens every other key. Left out, it is the file `root.key` in the data folder, made at the first start; keep a copy of it apart from the database.',
    ),
});
