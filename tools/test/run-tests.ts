/** One pass of node's own test runner over some files, with its ordinary report, and the counts that it closes with. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Ten minutes for one file; with SLOW=1 the long loops take what they take. */
const PATIENCE = 10 * 60 * 1000;

export function runTests(
  root: string,
  files: readonly string[],
  namePatterns: readonly string[],
): Promise<Counts> {
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
    let counts: Counts = { passed: 0, failed: 0, skipped: 0 };
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
    report.on('end', () => done(counts));
    report.pipe(process.stdout, { end: false });
  });
}

export function add(a: Counts, b: Counts): Counts {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  };
}
