import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { makeFolder } from '../../kernel/make-folder.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { PolicyFiles } from '../../policy/policy-files.ts';
import { readPolicyFolder } from '../../policy/shipped.ts';

/** The `.cedar` files of a folder that someone named; the error says what is the matter with it. */
export function readFolder(from: string, named: string): Result<PolicyFiles, string> {
  const folder = resolve(from, named);
  const is = statSync(folder, { throwIfNoEntry: false });
  if (is === undefined) return failed(`There is no folder ${named}.`);
  if (!is.isDirectory()) return failed(`${named} is a file; policies stand in a folder.`);
  const files = readPolicyFolder(pathToFileURL(folder + sep));
  return Object.keys(files).length > 0
    ? ok(files)
    : failed(`There is no file in ${named} whose name ends with .cedar.`);
}

export interface NotWritten {
  /** Files that stand there with other text, or what is no name of a file of policies. */
  readonly reason: 'other-text' | 'strange';
  readonly files: readonly string[];
}

const isFileName = (name: string) => /^[^/\\\p{Cc}]+\.cedar$/u.test(name) && !name.startsWith('.');

/** Writes policies into a folder. Files that stand there with other text are left alone, and named in the error. */
export function writeFolder(
  from: string,
  named: string,
  files: PolicyFiles,
): Result<void, NotWritten> {
  // Names that a server tells must not lead out of the folder.
  const strange = Object.keys(files).filter((file) => !isFileName(file));
  if (strange.length > 0) return failed({ reason: 'strange', files: strange });
  const folder = resolve(from, named);
  const paths = Object.entries(files).map(([file, text]) => ({ path: join(folder, file), text }));
  const other = paths.filter(
    ({ path, text }) => existsSync(path) && readFileSync(path, 'utf8') !== text,
  );
  if (other.length > 0) {
    return failed({ reason: 'other-text', files: other.map(({ path }) => path) });
  }
  makeFolder(folder);
  for (const { path, text } of paths) writeFileSync(path, text);
  return ok(undefined);
}
