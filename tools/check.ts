// npm run check [-- --write] [-- --only NAME]
//
// Everything that can be checked without running the house: format, lint, types, the rules of the rooms, unused code, and that
// generated files are fresh. With --write it mends what it can. The steps are in check/steps.ts.

import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { STEPS, type StepResult } from './check/steps.ts';

const root = dirname(import.meta.dirname);
const say = (line: string) => process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
  },
});

const steps = STEPS.filter(
  ({ name }) => values.only.length === 0 || values.only.some((part) => name.includes(part)),
);
const results: { name: string; result: StepResult; seconds: number }[] = [];
for (const { name, run } of steps) {
  const began = performance.now();
  const result = await Promise.resolve()
    .then(() => run(root, values.write))
    .catch((error: unknown): StepResult => {
      const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { ok: false, summary: 'could not run', details };
    });
  results.push({ name, result, seconds: (performance.now() - began) / 1000 });
  if (!result.ok) say(`\n── ${name} ──\n${result.details}`);
}

say('');
for (const { name, result, seconds } of results) {
  const state = result.ok ? '● good  ' : '■ wrong ';
  say(`${state}${name.padEnd(26)}${result.summary.padEnd(34)}${seconds.toFixed(1).padStart(5)} s`);
}
const wrong = results.filter(({ result }) => !result.ok).length;
say(`\n${results.length - wrong} steps good, ${wrong} wrong`);
process.exit(wrong > 0 || results.length === 0 ? 1 : 0);
