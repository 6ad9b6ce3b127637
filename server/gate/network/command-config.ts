import { z } from 'zod';

export const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof days)[number];

const pattern = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/, 'must be words with one space between two of them')
  .meta({ wanted: 'a command such as "no ip routing"' });

const time = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 22:30')
  .meta({ wanted: 'a time such as 22:30' });

const changeWindow = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/)
    .describe('What policies call it, as in `context.windows.contains("night")`.'),
  days: z
    .array(z.enum(days))
    .min(1)
    .default([...days])
    .describe('On which days it begins.'),
  from: time.describe('When it begins.'),
  to: time.describe('When it ends; on the next day, where that is not after `from`.'),
  zone: z
    .string()
    .refine(isZone, 'must be a time zone such as Europe/Paris')
    .default('UTC')
    .describe('The time zone in which this is meant.'),
});
export type ChangeWindow = z.infer<typeof changeWindow>;

/** Commands at network devices, as policies are told of them. */
export const commandConfig = z.strictObject({
  sensitive: z
    .array(pattern)
    .default([])
    .describe(
      'Commands that are sensitive besides those on the list: words, of which `*` is any one and `**` any number. Abbreviations match.',
    ),
  ordinary: z
    .array(pattern)
    .default([])
    .describe('Entries of the list of sensitive commands to leave out, as they stand there.'),
  windows: z
    .array(changeWindow)
    .default([])
    .describe('Windows for changes, which policies know by their names.'),
});
export type CommandConfig = z.infer<typeof commandConfig>;

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
