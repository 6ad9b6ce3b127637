/** Waiting as a parameter, like time: runs `work` after a while, unless the function given back is called before. */
export type Later = (milliseconds: number, work: () => void) => () => void;

/**
 * The machine's timers. Work that waits does not keep the process alive.
 *
 * What came while the process was busy or its machine stood still is heard first: a turn of the loop begins with its timers and
 * looks for answers after them, so an answer that was there in time would be given up otherwise.
 */
export function systemLater(): Later {
  return (milliseconds, work) => {
    let turn: NodeJS.Immediate | undefined;
    const timer = setTimeout(() => {
      turn = setImmediate(work);
    }, milliseconds);
    timer.unref();
    return () => {
      clearTimeout(timer);
      clearImmediate(turn);
    };
  };
}
