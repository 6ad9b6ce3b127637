import { MINUTE } from '../kernel/clock.ts';
import type { Checkpointer } from './sqlite-checkpointer.ts';

/** Nobody wrote for so long that nobody is likely to come while the log is copied. */
const LULL = 200;
/** What was deleted or overwritten leaves the main file and the log this often, or in the next lull after it. */
const EMPTY_EVERY = 10 * MINUTE;

/** When nobody waits, the log is copied into the main file, and now and then emptied. */
export interface Lull {
  /** Something was committed. */
  committed(): void;
  /** Nobody is waiting any more; somebody may come before this is a lull. */
  begins(): void;
  end(): void;
}

export function createLull(checkpointer: Checkpointer, isIdle: () => boolean): Lull {
  let toEmpty: 'nothing' | 'something' | 'due' = 'nothing';

  function empty(): void {
    if (checkpointer.empty()) toEmpty = 'nothing';
  }

  const timer = setTimeout(() => {
    if (!isIdle()) return;
    if (toEmpty === 'due') empty();
    else checkpointer.checkpoint(true);
  }, LULL).unref();
  const emptying = setInterval(() => {
    if (toEmpty === 'nothing') return;
    toEmpty = 'due';
    if (isIdle()) empty();
  }, EMPTY_EVERY).unref();

  return {
    committed() {
      if (toEmpty === 'nothing') toEmpty = 'something';
    },
    begins: () => void timer.refresh(),
    end() {
      clearTimeout(timer);
      clearInterval(emptying);
    },
  };
}
