/**
 * Kinds of values that settings of several rooms have. Each room describes its own section in a `*-config.ts` beside its code,
 * with these where they fit, a default for everything and a sentence for each; config/sections.ts puts them together.
 */
import { z } from 'zod';
import { DAY, HOUR, MINUTE, SECOND } from './clock.ts';
import { parseNetworks } from './networks.ts';

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND,
  m: MINUTE,
  h: HOUR,
  d: DAY,
};

const DURATION = /^(\d{1,9}) ?(ms|s|m|h|d)$/;

/** Milliseconds; undefined for what is not a duration. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = DURATION.exec(text) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  return Number(count) * (UNITS[unit] ?? Number.NaN);
}

/** A duration, written `5m` or `12h`, read as milliseconds. */
export function duration(bounds: { least?: string; most?: string } = {}) {
  const least = parseDuration(bounds.least ?? '0s') ?? 0;
  const most = parseDuration(bounds.most ?? '36500d') ?? Number.POSITIVE_INFINITY;
  return z
    .string()
    .regex(DURATION, 'must be a duration such as 30s, 5m, 12h or 7d')
    .refine((text) => (parseDuration(text) ?? least) >= least, {
      error: `must be at least ${bounds.least}`,
    })
    .refine((text) => (parseDuration(text) ?? most) <= most, {
      error: `must be at most ${bounds.most}`,
    })
    .transform((text) => parseDuration(text) ?? 0) // Not reached for what the pattern refused.
    .meta({ wanted: 'a duration such as 30s, 5m, 12h or 7d' });
}

/** A file or folder. One that is not absolute is meant from the folder of the configuration file. */
export function path() {
  return z.string().min(1).meta({ wanted: 'a path', path: true });
}

/** A network such as `10.0.0.0/8`, or one address. */
export function network() {
  return z
    .string()
    .refine(
      (text) => parseNetworks([text]).ok,
      'must be an address or a network, such as 10.0.0.0/8',
    )
    .meta({ wanted: 'an address or a network such as 10.0.0.0/8' });
}

/** A secret: in a file, in an environment variable, or, for a trial, as it is. config/secrets.ts reads it. */
export function secret() {
  return z
    .union([
      z.string().min(1),
      z.strictObject({ file: path().describe('A file that holds it.') }),
      z.strictObject({ env: z.string().min(1).describe('An environment variable that holds it.') }),
    ])
    .meta({ wanted: 'a secret: a text, {file: path} or {env: NAME}', secret: true });
}

export type Secret = z.infer<ReturnType<typeof secret>>;
