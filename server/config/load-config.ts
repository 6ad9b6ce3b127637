/**
 * From sallyport.yaml and the environment to a configuration that is whole and right, or to all that is wrong with it, each
 * with its place. Nothing is started on a configuration that has a problem.
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import type { z } from 'zod';
import { failed, ok, type Result } from '../kernel/result.ts';
import { contradictions } from './contradictions.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { schemaAt, valueAt, wordsFor } from './issue-words.ts';
import { nearest } from './nearest.ts';
import type { ConfigProblem } from './problem.ts';
import { type Config, configSchema } from './sections.ts';
import { rootSchema, type SettingSchema } from './settings.ts';
import { readYaml, type YamlFile } from './yaml-file.ts';

export interface ConfigInput {
  readonly environment: Environment;
  /** Where the process was started; a file named without a folder is looked for here. */
  readonly folder: string;
  /** A file that was asked for: then it must be there. */
  readonly file?: string | undefined;
}

export interface LoadedConfig {
  readonly config: Config;
  /** The file that was read; undefined when there is none. */
  readonly file: string | undefined;
  /** What was written, before defaults: for `config show` and for the warnings. Paths in it are absolute. */
  readonly given: unknown;
  /** `sallyport.yaml:12`, a variable's name, or undefined for a default. */
  origin(path: readonly PropertyKey[]): string | undefined;
}

/** What can be said of a configuration that has problems. Nothing is started on it; the doctor looks around with it. */
export interface SalvagedConfig {
  readonly problems: readonly ConfigProblem[];
  /** Sections whose problems leave open what was meant; in `loaded` they are as they are by default. */
  readonly unclear: readonly string[];
  readonly loaded: LoadedConfig;
}

export const CONFIG_FILE = 'sallyport.yaml';

export function loadConfig(input: ConfigInput): Result<LoadedConfig, ConfigProblem[]> {
  const written = readWritten(input);
  if (!written.ok) return written;
  const { given, problems, place, file, origin } = written.value;
  const parsed = configSchema.safeParse(given);
  if (!parsed.success) {
    for (const { path, says } of wordsFor(parsed.error.issues, given)) {
      problems.push({ where: place(path), setting: path.join('.'), says });
    }
  }
  const { config, unclear } = parsed.success
    ? { config: parsed.data, unclear: [] }
    : whatIsValid(given, parsed.error.issues);
  for (const { path, says } of config === undefined ? [] : contradictions(config, unclear)) {
    problems.push({ where: place(path), setting: path.join('.'), says });
  }
  if (problems.length > 0 || !parsed.success) return failed(byPlace(problems));
  return ok({ config: parsed.data, file, given, origin });
}

/** As much as holds of a configuration with these problems; undefined when the file as a whole can't be read. */
export function salvageConfig(
  input: ConfigInput,
  problems: readonly ConfigProblem[],
): SalvagedConfig | undefined {
  const written = readWritten(input);
  if (!written.ok) return undefined;
  const { given, file, origin } = written.value;
  const known = Object.keys(configSchema.shape);
  const unclear = new Set<string>();
  for (const { where, setting } of problems) {
    // Of a variable that no setting has, the name alone tells what was meant.
    const named =
      setting === '' ? where.replace(/^SALLYPORT_/, '').split('__') : setting.split('.');
    const key = named[0] ?? '';
    delete given[key];
    const meant = nearest(key.toLowerCase(), known);
    if (meant !== undefined) unclear.add(meant);
  }
  for (const section of unclear) delete given[section];
  resolvePaths(given, rootSchema(), input.folder);
  const parsed = configSchema.safeParse(given);
  if (!parsed.success) return undefined;
  const loaded = { config: parsed.data, file, given, origin };
  return { problems, unclear: [...unclear], loaded };
}

/** The configuration without what is wrong by itself, so that the rest can be looked at in the same go. */
function whatIsValid(
  given: Record<string, unknown>,
  issues: readonly z.core.$ZodIssue[],
): { readonly config: Config | undefined; readonly unclear: readonly string[] } {
  const rest = structuredClone(given);
  const root = rootSchema();
  const unclear = new Set<string>();
  let left = issues;
  // What lacks something that it must have goes with the next round.
  for (let round = 0; round < 8; round += 1) {
    for (const issue of left) {
      for (const path of pathsOf(issue)) {
        unclear.add(takeOut(rest, path));
        const meant = nearest(path.at(-1) ?? '', namesIn(root, path.slice(0, -1)));
        if (meant !== undefined) unclear.add([...path.slice(0, -1), meant].join('.'));
      }
    }
    const parsed = configSchema.safeParse(rest);
    if (parsed.success) return { config: parsed.data, unclear: [...unclear] };
    left = parsed.error.issues;
  }
  return { config: undefined, unclear: [] };
}

/** The settings that an issue is about; one in a list is about the list. */
function pathsOf(issue: z.core.$ZodIssue): string[][] {
  const at = issue.path.findIndex((key) => typeof key === 'number');
  const path = (at < 0 ? issue.path : issue.path.slice(0, at)).map(String);
  if (issue.code !== 'unrecognized_keys' || at >= 0) return [path];
  return issue.keys.map((key) => [...path, key]);
}

function namesIn(root: SettingSchema, path: readonly string[]): string[] {
  return Object.keys(schemaAt(root, path)?.properties ?? {});
}

/** Takes a setting out, or the group that should have held it; tells which. */
function takeOut(given: Record<string, unknown>, path: readonly string[]): string {
  for (let length = path.length; length > 0; length -= 1) {
    const above = length === 1 ? given : valueAt(given, path.slice(0, length - 1));
    const key = path[length - 1] ?? '';
    if (!isGroup(above) || !Object.hasOwn(above, key)) continue;
    delete above[key];
    return path.slice(0, length).join('.');
  }
  return path.join('.');
}

interface Written extends Omit<LoadedConfig, 'config' | 'given'> {
  readonly given: Record<string, unknown>;
  readonly problems: ConfigProblem[];
  /** Where to point for a setting that is wrong or missing. */
  place(path: readonly PropertyKey[]): string;
}

/** What the file and the environment say, before it is held to the schema. */
function readWritten(input: ConfigInput): Result<Written, ConfigProblem[]> {
  const { environment, folder } = input;
  const asked = input.file ?? environment.SALLYPORT_CONFIG;
  const file = resolve(folder, asked ?? CONFIG_FILE);
  const read = readFile(file, asked !== undefined);
  if (!read.ok) return read;
  const yaml = read.value;

  const root = rootSchema();
  const given = structuredClone(yaml?.value ?? {}) as Record<string, unknown>; // A map, or empty.
  const { overrides, problems } = readEnvironment(environment, variablesIn(given, environment));
  const variables = new Map<string, string>();
  for (const { variable, path, value } of overrides) {
    set(given, path, value);
    variables.set(path.join('.'), variable);
  }
  dropEmptySections(given, root);
  resolvePaths(given, root, yaml === undefined ? folder : dirname(file));

  const origin = (path: readonly PropertyKey[]): string | undefined => {
    for (let length = path.length; length > 0; length -= 1) {
      const variable = variables.get(path.slice(0, length).join('.'));
      if (variable !== undefined) return variable;
    }
    if (yaml === undefined || valueAt(yaml.value, path) === undefined) return undefined;
    return `${basename(file)}:${yaml.lineOf(path)}`;
  };
  const place = (path: readonly PropertyKey[]): string => {
    // What is missing is told at the group that should hold it.
    for (let length = path.length; length > 0; length -= 1) {
      const found = origin(path.slice(0, length));
      if (found !== undefined) return found;
    }
    return yaml === undefined ? '' : basename(file);
  };

  return ok({ given, problems, place, origin, file: yaml === undefined ? undefined : file });
}

/** In the order in which someone would mend them: down the file, then the variables. */
export function byPlace(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const line = ({ where }: ConfigProblem) => Number(/:(\d+)$/.exec(where)?.[1] ?? 1e9);
  return [...problems].sort((a, b) => line(a) - line(b));
}

function readFile(file: string, mustBe: boolean): Result<YamlFile | undefined, ConfigProblem[]> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException; // What node:fs throws.
    if (code === 'ENOENT' && !mustBe) return ok(undefined);
    const says =
      code === 'ENOENT'
        ? 'There is no such file. Make it, or leave out --config and SALLYPORT_CONFIG.'
        : `It can’t be read (${code}). The account that Sallyport runs as must be allowed to.`;
    return failed([{ where: file, setting: '', says }]);
  }
  return readYaml(basename(file), text);
}

/** The variables that settings name with `env: NAME`, in the file or in an override. */
function variablesIn(given: unknown, environment: Environment): Set<string> {
  const names = new Set<string>();
  const walk = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, child] of Object.entries(value)) {
      if (key === 'env' && typeof child === 'string') names.add(child);
      else walk(child);
    }
  };
  walk(given);
  for (const [variable, value] of Object.entries(environment)) {
    if (variable.startsWith('SALLYPORT_') && variable.endsWith('__ENV') && value) names.add(value);
  }
  return names;
}

function set(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = target;
  for (const key of path.slice(0, -1)) {
    const next = Object.hasOwn(at, key) ? at[key] : undefined;
    // An override that reaches into another form of the value replaces it.
    const child = isGroup(next) ? next : {};
    at[key] = child;
    at = child;
  }
  const last = path.at(-1);
  if (last !== undefined) at[last] = value;
}

/** `gate:` with nothing under it, as when all its lines are comments, is the same as no `gate:`. */
function dropEmptySections(given: Record<string, unknown>, schema: SettingSchema): void {
  for (const [key, value] of Object.entries(given)) {
    const child = schemaAt(schema, [key]);
    if (child?.properties === undefined) continue;
    if (value === null) delete given[key];
    else if (isGroup(value)) dropEmptySections(value, child);
  }
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function resolvePaths(given: Record<string, unknown>, schema: SettingSchema, folder: string): void {
  for (const [key, value] of Object.entries(given)) {
    const child = schemaAt(schema, [key]);
    if (child === undefined) continue;
    if (child.path === true && typeof value === 'string' && !isAbsolute(value)) {
      given[key] = value === '' ? value : resolve(folder, value);
    } else if (isGroup(value)) resolvePaths(value, child, folder);
  }
  if (schema.properties?.data !== undefined && given.data === undefined) {
    given.data = resolve(folder, String(schema.properties.data.default));
  }
}
