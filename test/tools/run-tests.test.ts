import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';

const RUN_TESTS = join(import.meta.dirname, '../../tools/test/run-tests.ts');

it('counts what a file of tests came to, and tells each failure by name, place and error', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'sallyport-run-tests-'));
  t.after(() => rmSync(root, { recursive: true }));
  writeFileSync(
    join(root, 'some.test.mjs'),
    `import { describe, it } from 'node:test';
     describe('outer', () => {
       it('goes well', () => {});
       it.skip('is left out', () => {});
       it('goes wrong', () => { throw new Error('as it was to'); });
     });`,
  );
  const script = join(root, 'run.mjs');
  writeFileSync(
    script,
    `import { runTests } from ${JSON.stringify(RUN_TESTS)};
    const outcome = await runTests(${JSON.stringify(root)}, ['some.test.mjs'], []);
    console.log('\\n' + JSON.stringify(outcome));`,
  );
  // The runner runs nothing within a test of its own.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;

  const printed = execFileSync(process.execPath, [script], { env, encoding: 'utf8' });

  const { failures, ...counts } = JSON.parse(printed.trimEnd().split('\n').at(-1) ?? '');
  assert.deepEqual(counts, { passed: 1, failed: 1, skipped: 1 });
  assert.equal(failures.length, 1);
  assert.match(failures[0], /^goes wrong \(some\.test\.mjs:5\)\nError: as it was to\n/);
});
