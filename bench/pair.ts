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
  readonly onRun?: () => void;
}

/** How often `inPairs` runs a side, for progress: once more than there are pairs, unmeasured, to warm up. */
export const runsOf = (pairs: number) => 2 * (pairs + 1);

export async function inPairs(
  sides: Sides,
  { pairs, onRun = () => {} }: PairOptions,
): Promise<Pair[]> {
  const measured: Pair[] = [];
  for (let i = 0; i <= pairs; i++) {
    const pair = { ours: 0, peer: 0 };
    const order = i % 2 === 0 ? (['ours', 'peer'] as const) : (['peer', 'ours'] as const);
    for (const side of order) {
      pair[side] = await sides[side]();
      onRun();
    }
    if (i > 0) measured.push(pair);
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
