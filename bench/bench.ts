/**
 * Benches: each runs us and something to hold us against side by side in one run, in pairs, and says what it compared and how.
 *
 * To add one, copy session.ts, which is the shortest: export a `Bench`, add it to benches.ts, and to docs/performance.md what
 * it means. What it gives are parts, one for each thing that has a goal of its own:
 *
 *   shareOf   our rate over the rate of a bound or peer that ran beside it; the goal is a share of it
 *   rateOf    our rate over a rate that is asked for; the goal is 1, and what ran beside it tells how fast the machine was
 *   within    a limit over what was measured; the goal is 1
 *
 * Larger is better in all three. The last line of a bench tells of the part that is nearest to missing its goal, or misses it
 * by most.
 */
import { median, type Pair } from './pair.ts';

export interface Bench {
  readonly name: string;
  /** One sentence, for the list. */
  readonly says: string;
  run(run: BenchRun): Promise<readonly Part[]>;
}

export interface BenchRun {
  /** Smaller, to see that it works: in CI, or while you change it. */
  readonly quick: boolean;
  /** How many pairs; at least five, unless it is quick. */
  readonly pairs: number;
  /** What is being done now. Gives a function to call for each step that is done. */
  progress(title: string, total?: number): (count?: number) => void;
}

export interface Part {
  readonly name: string;
  /** What we did. */
  readonly ours: string;
  /** What it was held against. */
  readonly against: string;
  readonly ratio: number;
  readonly goal: number;
  /** The ratios of the pairs that `ratio` is the median of, in the order in which they ran. */
  readonly pairs: readonly number[];
  readonly figures: readonly Figure[];
}

export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
}

type Words = Pick<Part, 'name' | 'ours' | 'against'> & { readonly unit: string };

export function shareOf(
  { unit, ...words }: Words,
  pairs: readonly Pair[],
  goal: number,
  figures: readonly Figure[] = [],
): Part {
  const ratios = pairs.map(({ ours, peer }) => ours / peer);
  const both = rates(pairs, unit);
  return { ...words, goal, ratio: median(ratios), pairs: ratios, figures: [...both, ...figures] };
}

export function rateOf(
  { unit, ...words }: Words,
  pairs: readonly Pair[],
  wanted: number,
  figures: readonly Figure[] = [],
): Part {
  const ratios = pairs.map(({ ours }) => ours / wanted);
  const all = [...rates(pairs, unit), { what: 'asked for', value: wanted, unit }, ...figures];
  return { ...words, goal: 1, ratio: median(ratios), pairs: ratios, figures: all };
}

export function within(
  { unit, ...words }: Words,
  measured: readonly number[],
  limit: number,
  figures: readonly Figure[] = [],
): Part {
  const ratios = measured.map((value) => limit / value);
  const all = [
    { what: 'ours', value: median(measured), unit },
    { what: 'limit', value: limit, unit },
    ...figures,
  ];
  return { ...words, goal: 1, ratio: median(ratios), pairs: ratios, figures: all };
}

function rates(pairs: readonly Pair[], unit: string): Figure[] {
  return [
    { what: 'ours', value: median(pairs.map(({ ours }) => ours)), unit },
    { what: 'beside it', value: median(pairs.map(({ peer }) => peer)), unit },
  ];
}

/** The part that decides: the one with the least room above its goal. */
export function tightest(parts: readonly Part[]): Part | undefined {
  return parts.toSorted((a, b) => a.ratio / a.goal - b.ratio / b.goal)[0];
}
