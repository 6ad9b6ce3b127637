import type { Output } from '../server/main/terminal/output.ts';
import { type Bench, type Figure, type Part, tightest } from './bench.ts';

/** Tells what was measured: a table, what was compared, and the last line that scripts read. */
export function report(output: Output, bench: Bench, parts: readonly Part[]): void {
  const last = tightest(parts);
  if (last === undefined) throw new Error(`${bench.name} measured nothing`);
  const { ratio, goal } = last;
  output.answer({
    says: bench.says,
    table: {
      head: ['', 'measured', 'ratio', 'goal', 'lowest and highest pair'],
      rows: parts.map((part) => [
        [part.ratio >= part.goal ? 'granted' : 'refused', part.name] as const,
        part.figures.map(words).join(', '),
        number(part.ratio),
        number(part.goal),
        `${number(Math.min(...part.pairs))} to ${number(Math.max(...part.pairs))} of ${part.pairs.length}`,
      ]),
    },
    next: parts
      .map(({ name, ours, against }) => `${name}: ${ours}; held against ${against}.`)
      .join('\n'),
    data: { bench: bench.name, ratio, goal, tightest: last.name, parts },
  });
  if (!output.json) output.raw(`\n${bench.name} ratio ${number(ratio)} goal ${number(goal)}`);
}

function words({ what, value, unit }: Figure): string {
  return `${what} ${number(value)} ${unit}`;
}

function number(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
