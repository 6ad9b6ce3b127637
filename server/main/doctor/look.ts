/**
 * What `doctor` looks at. One look a file, each of them a function that finds out one thing and says how to mend it.
 *
 * To add one: a file here that exports a Look, and a line in looks.ts. A look changes nothing, takes a few seconds at most, and
 * never throws for what it may find: a thing that can't be found out is `unknown`.
 */
import type { Environment } from '../../config/environment.ts';
import type { LoadedConfig } from '../../config/load-config.ts';
import type { Config } from '../../config/sections.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';

export interface LookContext {
  readonly loaded: LoadedConfig;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether to speak to other machines besides the database. */
  readonly online: boolean;
}

export type LookState = 'ok' | 'warn' | 'bad' | 'unknown';

export interface Finding {
  readonly state: LookState;
  /** What is so, in a sentence. */
  readonly what: string;
  /** What to do about it; always there unless the state is ok. */
  readonly mend?: string;
}

export interface Look {
  readonly name: string;
  /** What it is of no use without: sections of the configuration. */
  readonly needs: readonly (keyof Config)[];
  look(context: LookContext): Finding | Finding[] | Promise<Finding | Finding[]>;
}

export const ok = (what: string): Finding => ({ state: 'ok', what });
export const warn = (what: string, mend: string): Finding => ({ state: 'warn', what, mend });
export const bad = (what: string, mend: string): Finding => ({ state: 'bad', what, mend });
export const unknown = (what: string, mend: string): Finding => ({ state: 'unknown', what, mend });
