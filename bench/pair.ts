/**
 * Us and what we are held against, in turns: a machine that others slow down slows both, and their ratio tells more than
 * either figure. Who begins changes with each pair, so that neither always follows the other.
 */
export interface Sides {
  /** Runs once and gives a rate: larger is better. */
  ours(): Promise<number>;
  peer(): Promise<number>;
}

export interface Pair {
  readonly ours: number;
  readonly peer: number;
}

export interface PairOptions {
  readonly pairs: number;
  /** So many pairs before those, unmeasured. One, unless more is said. */
  readonly warmUps?: number;
  readonly onRun?: () => void;
}

/** How often `inPairs` runs a side, for progress. */
export const runsOf = (pairs: number, warmUps = 1) => 2 * (pairs + warmUps);

export async function inPairs(
  sides: Sides,
  { pairs, warmUps = 1, onRun = () => {} }: PairOptions,
): Promise<Pair[]> {
  const measured: Pair[] = [];
  for (let i = 0; i < warmUps + pairs; i++) {
    const pair = { ours: 0, peer: 0 };
    const order = i % 2 === 0 ? (['ours', 'peer'] as const) : (['peer', 'ours'] as const);
    for (const side of order) {
      pair[side] = await sides[side]();
      onRun();
    }
    if (i >= warmUps) measured.push(pair);
  }
  return measured;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** The value that this share of all is at or below. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
