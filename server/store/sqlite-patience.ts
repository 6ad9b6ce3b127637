/**
 * The time that those who are patient (store.ts) leave one another after a commit. A page that changes is written whole, and again by
 * each commit that changes it, and each commit is synced: of ten that come within as many milliseconds, in commits of their own,
 * most of what they cost is that.
 */
export interface Patience {
  /** Something was committed: from now on there is time. */
  committed(): void;
  /** Resolves when the time is over, at once where there is none, or when somebody is in a hurry. */
  wait(): Promise<void>;
  hurry(): void;
  /** There is no time any more. */
  end(): void;
}

export function createPatience(milliseconds: number): Patience {
  let time = false;
  let ended = false;
  let go: (() => void) | undefined;
  const timer = setTimeout(() => {
    time = false;
    go?.();
  }, milliseconds);

  return {
    committed() {
      if (ended) return;
      time = true;
      timer.refresh();
    },
    async wait() {
      if (!time) return;
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      go = undefined;
    },
    hurry: () => go?.(),
    end() {
      clearTimeout(timer);
      ended = true;
      time = false;
      go?.();
    },
  };
}
