// node bench/main.ts [NAME] [--quick] [--pairs N] [--json]
//
// What `./sallyport bench` runs, in a process of its own: nothing is loaded but what is measured. See bench.ts.

import { parseArgs } from 'node:util';
import { nearest } from '../server/config/nearest.ts';
import { EXIT } from '../server/main/terminal/exit.ts';
import { createOutput, wantsColours } from '../server/main/terminal/output.ts';
import { BENCHES } from './benches.ts';
import { report } from './report.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    pairs: { type: 'string' },
    json: { type: 'boolean', default: false },
    'no-color': { type: 'boolean', default: false },
  },
});
const { stdout, stderr, env } = process;
const colours = wantsColours(env) && !values['no-color'];
const output = createOutput({ stdout, stderr, json: values.json, colours });

/** Quick runs show that a bench works; a median wants five. */
const FEWEST = values.quick ? 1 : 5;
const pairs = values.pairs === undefined ? (values.quick ? 2 : 5) : Number(values.pairs);

const code = await run();
// At the very end: the PostgreSQL that a bench may bring ends every process with 0 when it has nothing left to do.
process.on('exit', () => {
  process.exitCode = code;
});

async function run() {
  const [name] = positionals;
  if (name === undefined) return list();
  const bench = BENCHES.find((one) => one.name === name);
  if (bench === undefined) {
    const meant = nearest(
      name,
      BENCHES.map((one) => one.name),
    );
    const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
    const mend = `The benches are ${BENCHES.map((one) => one.name).join(', ')}.`;
    output.problem({ what: `There is no bench ${name}.${hint}`, mend });
    return EXIT.usage;
  }
  if (!Number.isInteger(pairs) || pairs < FEWEST) {
    output.problem({ what: `--pairs takes a whole number from ${FEWEST} on.` });
    return EXIT.usage;
  }
  let end = () => {};
  const parts = await bench.run({
    quick: values.quick,
    pairs,
    progress(title, total) {
      end();
      const shown = output.progress(title, total);
      end = () => shown.end();
      return (count) => shown.advance(count);
    },
  });
  end();
  report(output, bench, parts);
  return EXIT.ok;
}

function list() {
  output.answer({
    says: 'What can be measured:',
    table: { head: ['bench', 'compares'], rows: BENCHES.map(({ name, says }) => [name, says]) },
    next: './sallyport bench NAME runs one.',
    data: BENCHES.map(({ name, says }) => ({ name, says })),
  });
  return EXIT.ok;
}
