// npm test [-- FILTER…] [--name PATTERN] [--store sqlite|postgres]
//
// Brings what the tests need, runs every file with the embedded SQLite, then runs those that open a store once more with a
// real PostgreSQL. A FILTER is part of a file's path: `npm test -- test/vault totp`.

import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { bringChromium } from './test/chromium.ts';
import { startPostgres } from './test/postgres.ts';
import { add, NOTHING_RAN, type Outcome, runTests } from './test/run-tests.ts';
import { planTests } from './test/test-files.ts';

const root = dirname(import.meta.dirname);
const say = (line: string) => process.stdout.write(`${line}\n`);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    name: { type: 'string', multiple: true, default: [] },
    store: { type: 'string', multiple: true, default: ['sqlite', 'postgres'] },
  },
});

/** Each file is a process of its own, and compiles what all others do: a quarter of what most of them cost. */
process.env.NODE_COMPILE_CACHE ??= join(root, '.cache', 'compile');

async function main(): Promise<Outcome> {
  const plan = planTests(root, positionals);
  let outcome = NOTHING_RAN;

  if (plan.needsChromium) {
    const chromium = bringChromium(process.env, say);
    if (!chromium.there) throw new Error(chromium.say);
    process.env.CHROMIUM = chromium.path;
  }

  if (values.store.includes('sqlite') && plan.all.length > 0) {
    say(`\n${plan.all.length} test files, with SQLite where they open a store\n`);
    process.env.STORE = 'sqlite';
    outcome = add(outcome, await runTests(root, plan.all, values.name));
  }

  if (values.store.includes('postgres') && plan.store.length > 0) {
    say(`\n${plan.store.length} test files that open a store, once more with PostgreSQL\n`);
    const postgres = await startPostgres(root);
    try {
      process.env.STORE = 'postgres';
      process.env.SALLYPORT_TEST_POSTGRES = postgres.url;
      outcome = add(outcome, await runTests(root, plan.store, values.name));
    } finally {
      await postgres.stop();
    }
  }
  return outcome;
}

let code = 1;
try {
  const { passed, failed, skipped, failures } = await main();
  // Once more at the end: between the report of a failure and here there may be thousands of lines.
  for (const failure of failures) say(`\n✖ ${failure}`);
  say(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
  if (passed + failed === 0) say('No test ran, and that is a failure too.');
  if (failed === 0 && passed > 0) code = 0;
} catch (error) {
  say(`\nThe tests could not run. ${error instanceof Error ? error.message : String(error)}`);
  say('\n0 passed, 1 failed, 0 skipped');
}
// Said outright: the package that starts PostgreSQL ends a process that merely runs out of work with the code 0.
process.exit(code);
