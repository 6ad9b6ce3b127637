/** Keeps so many pieces of work in flight until all are done. */
export interface Flown {
  readonly perSecond: number;
  /** How long each took, in milliseconds. */
  readonly latencies: readonly number[];
}

export async function inFlight<T>(
  width: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<Flown> {
  const latencies: number[] = [];
  let next = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let item = items[next++]; item !== undefined; item = items[next++]) {
        const start = performance.now();
        await work(item);
        latencies.push(performance.now() - start);
      }
    }),
  );
  return { perSecond: (items.length * 1000) / (performance.now() - began), latencies };
}
