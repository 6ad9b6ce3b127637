/** Turns what the schema objects to into sentences for the person who wrote the file. */
import type { z } from 'zod';
import { nearest } from './nearest.ts';
import { listSettings, rootSchema, type SettingSchema, wantedBy } from './settings.ts';

export interface IssueWords {
  /** The keys that lead to what is wrong. */
  readonly path: readonly PropertyKey[];
  readonly says: string;
}

type Issue = z.core.$ZodIssue;

export function wordsFor(issues: readonly Issue[], input: unknown): IssueWords[] {
  const root = rootSchema();
  return issues.flatMap((issue) => wordsOf(issue, input, root));
}

function wordsOf(issue: Issue, input: unknown, root: SettingSchema): IssueWords[] {
  const { path } = issue;
  const name = nameOf(path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...path, key],
      says: `${nameOf([...path, key])} is not a setting.${suggestion(path, key, root)}`,
    }));
  }
  const schema = schemaAt(root, path);
  const given = valueAt(input, path);
  const tellable = schema?.secret !== true && (typeof given !== 'object' || given === null);
  const instead = tellable ? `, not ${shown(given)}` : '';
  const wanted = schema === undefined ? undefined : wantedBy(schema);
  if (given === undefined && issue.code === 'invalid_type') {
    return [{ path, says: `${name} is missing. It must be ${wanted ?? 'given'}.` }];
  }
  if (issue.code === 'invalid_value') {
    const meant = nearest(String(given), issue.values.map(String));
    const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
    return [{ path, says: `${name} must be ${wanted}${instead}.${hint}` }];
  }
  if (tellable && given !== undefined && schema?.type === 'array') {
    const says = `${name} must be ${wanted}${instead}. One alone is a list, too: [${given}].`;
    return [{ path, says }];
  }
  const ours = issue.message.startsWith('must ');
  if (ours) return [{ path, says: `${name} ${issue.message}${instead}.` }];
  if (wanted !== undefined) return [{ path, says: `${name} must be ${wanted}${instead}.` }];
  return [{ path, says: `${name}: ${issue.message}.` }];
}

function suggestion(path: readonly PropertyKey[], key: string, root: SettingSchema): string {
  const near = nearest(key, Object.keys(schemaAt(root, path)?.properties ?? {}));
  if (near !== undefined) return ` Did you mean ${nameOf([...path, near])}?`;
  // The right name in the wrong place.
  const elsewhere = listSettings(root).filter(({ path: other }) => other.split('.').at(-1) === key);
  const [first] = elsewhere;
  if (first !== undefined) return ` Did you mean ${first.path}?`;
  const all = Object.keys(schemaAt(root, path)?.properties ?? {});
  return all.length === 0 ? '' : ` There is: ${all.join(', ')}.`;
}

/** `proofs.webauthn.authenticators[2].name`. */
export function nameOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, key) => {
    if (typeof key === 'number') return `${name}[${key}]`;
    return name === '' ? String(key) : `${name}.${String(key)}`;
  }, '');
}

export function schemaAt(
  root: SettingSchema,
  path: readonly PropertyKey[],
): SettingSchema | undefined {
  let at: SettingSchema | undefined = root;
  for (const key of path) {
    if (at === undefined) return undefined;
    if (typeof key === 'number') at = at.items;
    else at = propertyOf(at, String(key));
  }
  return at;
}

function propertyOf(schema: SettingSchema, key: string): SettingSchema | undefined {
  const forms = [schema, ...(schema.anyOf ?? [])];
  return forms.find(({ properties }) => properties !== undefined && key in properties)
    ?.properties?.[key];
}

export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let at = input;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Object.hasOwn(at, key) ? (at as Record<PropertyKey, unknown>)[key] : undefined; // Its own key.
  }
  return at;
}

function shown(value: unknown): string {
  if (value === null) return 'nothing';
  const text = String(value);
  if (typeof value !== 'string') return text;
  return text.length > 60 ? `the text “${text.slice(0, 60)}…”` : `the text “${text}”`;
}
