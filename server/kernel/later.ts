/** Waiting as a parameter, like time: runs `work` after a while, unless the function given back is called before. */
export type Later = (milliseconds: number, work: () => void) => () => void;

/** The machine's timers. Work that waits does not keep the process alive. */
export function systemLater(): Later {
  return (milliseconds, work) => {
    const timer = setTimeout(work, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  };
}
