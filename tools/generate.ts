// node runtime/run.mjs tools/generate.ts [--check]
//
// Writes every generated file, or with --check says which are stale and fails. The table is in generate/generators.ts.

import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { renew } from './generate/freshness.ts';
import { GENERATORS } from './generate/generators.ts';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const found = await renew(dirname(import.meta.dirname), GENERATORS, !values.check);
for (const { file, from, state } of found) {
  process.stdout.write(`${state.padEnd(8)}${file}  (from ${from})\n`);
}
if (found.some(({ state }) => state === 'stale' || state === 'missing')) process.exitCode = 1;
