/** So many at once, and the others one after another, in the order in which they came. */
export interface Turns {
  /** Resolves, when it is one's turn, to what ends it. */
  take(): Promise<() => void>;
  /** Nobody's turn, and nobody waits. */
  isIdle(): boolean;
}

export function createTurns(most: number): Turns {
  let running = 0;
  const waiting: (() => void)[] = [];

  function end(): void {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }

  return {
    async take() {
      if (running < most) running += 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      return end;
    },
    isIdle: () => running === 0,
  };
}
