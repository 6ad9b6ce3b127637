/**
 * What `npm run check` looks at, in order. To add a step: an entry here. Every step runs, whatever the ones before it found.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { migrations } from '../../server/store/migrate.ts';
import released from '../../server/store/migrations/released.json' with { type: 'json' };
import { releasedProblems } from '../../server/store/released.ts';
import { renew } from '../generate/freshness.ts';
import { GENERATORS } from '../generate/generators.ts';
import { cruiseRooms } from './cruise.ts';
import { type Finding, readSources } from './read-sources.ts';
import { readTables } from './read-tables.ts';
import { LOANS, OWNERS } from './table-owners.ts';

export interface StepResult {
  readonly ok: boolean;
  /** A word or two for the summary. */
  readonly summary: string;
  /** All that is wrong, and how to mend it. */
  readonly details: string;
}

export interface Step {
  readonly name: string;
  readonly run: (root: string, write: boolean) => Promise<StepResult> | StepResult;
}

const BROWSER = 'server/doors/web/browser/tsconfig.json';

export const STEPS: readonly Step[] = [
  {
    name: 'format and lint',
    run: (root, write) =>
      tool(root, 'biome', ['check', '--error-on-warnings', ...(write ? ['--write'] : [])]),
  },
  {
    name: 'types',
    run: (root) => tool(root, 'tsc', ['-p', 'tsconfig.json', '--noEmit']),
  },
  {
    name: 'types in browsers',
    run: (root) =>
      existsSync(join(root, BROWSER))
        ? tool(root, 'tsc', ['-p', BROWSER, '--noEmit'])
        : { ok: true, summary: 'nothing there', details: '' },
  },
  {
    name: 'rooms',
    run: async (root) => {
      const { modules, breaches } = await cruiseRooms(root);
      return {
        ok: breaches.length === 0 && modules > 0,
        summary: `${breaches.length} breaches in ${modules} files`,
        details: breaches
          .map(({ from, to, rule, because }) => `${from} imports ${to}\n  ${rule}: ${because}`)
          .join('\n'),
      };
    },
  },
  {
    name: 'tables',
    run: (root) => {
      const { tables, findings } = readTables(root, { owners: OWNERS, loans: LOANS });
      return {
        ok: findings.length === 0 && tables > 0,
        summary: `${findings.length} breaches of ${tables} tables`,
        details: lines(findings),
      };
    },
  },
  {
    name: 'clock, chance, sockets',
    run: (root) => {
      const { files, findings } = readSources(root);
      return {
        ok: findings.length === 0 && files > 0,
        summary: `${findings.length} findings in ${files} files`,
        details: lines(findings),
      };
    },
  },
  {
    name: 'unused code',
    run: (root) => tool(root, 'knip', ['--no-progress']),
  },
  {
    name: 'generated files',
    run: async (root, write) => {
      const found = await renew(root, GENERATORS, write);
      const stale = found.filter(({ state }) => state === 'stale' || state === 'missing');
      return {
        ok: stale.length === 0,
        summary: `${found.length - stale.length} of ${found.length} fresh`,
        details: stale
          .map(({ file, from, state }) => `${file} is ${state}: it is made from ${from}`)
          .concat(stale.length > 0 ? ['To renew them: npm run check -- --write'] : [])
          .join('\n'),
      };
    },
  },
  {
    name: 'released migrations',
    run: () => {
      const problems = releasedProblems(released, migrations);
      return {
        ok: problems.length === 0,
        summary: `${Object.keys(released).length} unchanged`,
        details: problems.join('\n'),
      };
    },
  },
];

function lines(findings: readonly Finding[]): string {
  return findings
    .map(({ file, line, rule, because }) => `${file}:${line}\n  ${rule}: ${because}`)
    .join('\n');
}

function tool(root: string, name: string, args: readonly string[]): StepResult {
  const run = spawnSync(join(root, 'node_modules', '.bin', name), args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (run.error) return { ok: false, summary: 'could not run', details: run.error.message };
  const ok = run.status === 0;
  return {
    ok,
    summary: ok ? 'nothing wrong' : 'see above',
    details: `${run.stdout}${run.stderr}`.trim(),
  };
}
