/** Which test files there are, what each stands on, and so which of them run against each database. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const IMPORT = /(?:from|import)\s*\(?\s*'([^']+)'/g;

/** Every test file whose path contains one of the filters; all of them when there is no filter. */
function findTests(root: string, filters: readonly string[]): string[] {
  return globSync('test/**/*.test.ts', { cwd: root })
    .sort()
    .filter((file) => filters.length === 0 || filters.some((filter) => matches(file, filter)));
}

function matches(file: string, filter: string): boolean {
  return file.includes(filter.replace(/^\.\//, ''));
}

/** The files and packages that a test file imports, directly or by way of files under test/. */
function standsOn(root: string, file: string): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [file];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const [, name] of read(join(root, next)).matchAll(IMPORT)) {
      if (name === undefined) continue;
      const target = name.startsWith('.') ? within(root, resolve(root, dirname(next), name)) : name;
      if (found.has(target)) continue;
      found.add(target);
      if (target.startsWith('test/')) waiting.push(target);
    }
  }
  return found;
}

function within(root: string, path: string): string {
  return path.slice(resolve(root).length + 1);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // A file that is not there fails when the test runs, with a better message than ours.
  }
}

export interface Plan {
  /** All files, run once with the embedded database. */
  readonly all: readonly string[];
  /** Those that open a store, run once more with PostgreSQL. */
  readonly store: readonly string[];
  readonly needsChromium: boolean;
}

export function planTests(root: string, filters: readonly string[]): Plan {
  const all = findTests(root, filters);
  const grounds = new Map(all.map((file) => [file, standsOn(root, file)]));
  return {
    all,
    store: all.filter((file) => grounds.get(file)?.has('test/support/store.ts')),
    needsChromium: all.some((file) => grounds.get(file)?.has('playwright-core')),
  };
}
