/** Chance for fuzzers: numbers from 0 up to 1, the same in every run with the same seed (the xorshift of Marsaglia, 32 bits). */
export function seeded(seed: number): () => number {
  let state = (seed * 2_654_435_761) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** The same as whole numbers, from 0 up to the one that is asked for, which is not among them. */
export function seededBelow(seed: number): (below: number) => number {
  const next = seeded(seed);
  return (below) => Math.floor(next() * below);
}
