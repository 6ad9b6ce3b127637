/** One pass of node's own test runner over some files, with its ordinary report, and what it came to. */
import { availableParallelism } from 'node:os';
import { relative, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { inspect } from 'node:util';

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Each test that failed: its name, where it is, and its error. */
  readonly failures: readonly string[];
}

export const NOTHING_RAN: Outcome = { passed: 0, failed: 0, skipped: 0, failures: [] };

/** Ten minutes for one file; with SLOW=1 the long loops take what they take. */
const PATIENCE = 10 * 60 * 1000;

const LINES_OF_AN_ERROR = 40;

export function runTests(
  root: string,
  files: readonly string[],
  namePatterns: readonly string[],
): Promise<Outcome> {
  const stream = run({
    files: files.map((file) => resolve(root, file)),
    cwd: root,
    // One more than there are processors: each waits for disks and browsers for a quarter of its time.
    concurrency: availableParallelism() + 1,
    // As ./sallyport runs the server, and for the reason that it gives.
    execArgv: ['--no-memory-protection-keys'],
    ...(process.env.SLOW === '1' ? {} : { timeout: PATIENCE }),
    ...(namePatterns.length === 0 ? {} : { testNamePatterns: [...namePatterns] }),
  });
  return new Promise((done, fail) => {
    let counts = { passed: 0, failed: 0, skipped: 0 };
    const failures: string[] = [];
    stream.on('test:fail', ({ name, file, line, details: { error } }) => {
      // A suite is told by the tests in it.
      if (failureType(error) === 'subtestsFailed') return;
      const where = file === undefined ? '' : ` (${relative(root, file)}:${line ?? 1})`;
      const told = inspect(error.cause ?? error)
        .split('\n', LINES_OF_AN_ERROR)
        .join('\n');
      failures.push(`${name}${where}\n${told}`);
    });
    stream.on('test:summary', (summary) => {
      if (summary.file !== undefined) return;
      const { tests, passed, skipped, todo } = summary.counts;
      const failed = tests - passed - skipped - todo;
      // A file that can't even be loaded may be no test of its own, and yet the run has failed.
      counts = {
        passed,
        failed: summary.success ? failed : Math.max(1, failed),
        skipped: skipped + todo,
      };
    });
    stream.on('error', fail);
    const report = stream.compose(new spec());
    report.on('error', fail);
    report.on('end', () => done({ ...counts, failures }));
    report.pipe(process.stdout, { end: false });
  });
}

/** Kept beside the error by the runner, and not in the types of Node. */
function failureType(error: Error): unknown {
  return 'failureType' in error ? error.failureType : undefined;
}

export function add(a: Outcome, b: Outcome): Outcome {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    failures: [...a.failures, ...b.failures],
  };
}
