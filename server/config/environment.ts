/**
 * SALLYPORT_* variables: each overrides one setting. Keys are joined by two underscores, their words by one:
 * `SALLYPORT_LISTEN__TRUSTED_PROXIES=10.0.0.1,10.0.0.2`. A variable that names no setting is refused, like an unknown key.
 */
import { parse } from 'yaml';
import { nearest } from './nearest.ts';
import type { ConfigProblem } from './problem.ts';
import { listSettings, type SettingSchema, variableOf } from './settings.ts';

export interface Override {
  readonly variable: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Read by others than the configuration: its file, where commands work and how they sign in, what our own tests say to each other. */
const NOT_SETTINGS = /^SALLYPORT_(?:(?:CONFIG|AT|LOGINS)$|TEST_)/;

export type Environment = Readonly<Record<string, string | undefined>>;

export function readEnvironment(
  environment: Environment,
  /** Variables that settings name, such as one that holds a secret. */
  named: ReadonlySet<string>,
): { overrides: Override[]; problems: ConfigProblem[] } {
  const given = Object.keys(environment)
    .filter((name) => name.startsWith('SALLYPORT_') && !NOT_SETTINGS.test(name))
    .sort();
  if (given.length === 0) return { overrides: [], problems: [] };

  const settings = new Map(
    listSettings()
      .filter(({ section }) => !section)
      .map((setting) => [variableOf(setting.path), setting]),
  );
  const overrides: Override[] = [];
  const problems: ConfigProblem[] = [];
  for (const variable of given) {
    const setting = settings.get(variable);
    if (setting !== undefined) {
      const value = readValue(environment[variable] ?? '', setting.schema);
      overrides.push({ variable, path: setting.path.split('.'), value });
    } else if (!named.has(variable)) {
      const meant = nearestVariable(variable, settings.keys());
      problems.push({
        where: variable,
        setting: '',
        says: `No setting has this variable.${meant === undefined ? '' : ` Did you mean ${meant}?`}`,
      });
    }
  }
  return { overrides, problems };
}

/** Compared without what all of them begin with, or any two would be alike. */
function nearestVariable(variable: string, known: Iterable<string>): string | undefined {
  const bare = (name: string) => name.slice('SALLYPORT_'.length);
  const meant = nearest(bare(variable), [...known].map(bare));
  return meant === undefined ? undefined : `SALLYPORT_${meant}`;
}

/** Text stays text; lists may be separated by commas; all else is read as it would be in the file. */
function readValue(text: string, schema: SettingSchema): unknown {
  if (schema.type === 'string') return text;
  if (schema.type === 'array' && !text.trimStart().startsWith('[')) {
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  }
  if (schema.anyOf !== undefined && !text.trimStart().startsWith('{')) return text;
  try {
    return parse(text);
  } catch {
    return text; // Of the wrong kind, then, and told as such.
  }
}
