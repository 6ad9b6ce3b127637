/** Timers of a test that waits for nobody outside: they come early, and never before what is on its way was heard. */
import type { Later } from '../../server/kernel/later.ts';

/** Both who asks and who answers live in this process, each step of theirs in a turn of its own; more than any of them take. */
const TURNS = 16;

/** The machine may stand still for longer than such a timer lasts. */
export function shortLater(milliseconds: (wanted: number) => number): Later {
  return (wanted, work) => {
    let turn: NodeJS.Immediate | undefined;
    const next = (left: number) => {
      turn = setImmediate(() => (left === 0 ? work() : next(left - 1)));
    };
    const timer = setTimeout(() => next(TURNS), milliseconds(wanted));
    return () => {
      clearTimeout(timer);
      clearImmediate(turn);
    };
  };
}
