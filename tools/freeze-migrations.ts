// node runtime/run.mjs tools/freeze-migrations.ts
//
// Part of releasing a version: writes down what its migrations are, so that `npm run check` sees to it that they stay so.
import { writeFileSync } from 'node:fs';
import { migrations } from '../server/store/migrate.ts';
import released from '../server/store/migrations/released.json' with { type: 'json' };
import { freeze, releasedProblems } from '../server/store/released.ts';

const problems = releasedProblems(released, migrations);
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`);
  process.exitCode = 1;
} else {
  const file = new URL('../server/store/migrations/released.json', import.meta.url);
  writeFileSync(file, `${JSON.stringify(freeze(released, migrations), null, 2)}\n`);
  process.stdout.write(`${migrations.length} migrations are released\n`);
}
