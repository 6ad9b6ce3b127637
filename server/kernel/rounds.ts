/** Work that is done soon after it was asked for, and now and then unasked; never two rounds of it at once. */
import { MINUTE } from './clock.ts';
import type { Later } from './later.ts';

const SOON = 100;
/** For what another node was to do when it died, and for what nobody asks for. */
const EVERY = MINUTE;

export interface Rounds {
  /** There is something to do. Unheard before the start and after the end. */
  wake(): void;
  start(): void;
  /** Waits for the round that runs. */
  stop(): Promise<void>;
}

export function createRounds({
  later,
  round,
  report,
}: {
  readonly later: Later;
  readonly round: () => Promise<void>;
  readonly report: (fault: unknown) => void;
}): Rounds {
  let cancel: (() => void) | undefined;
  let started = false;
  let soon = false;
  let working: Promise<void> = Promise.resolve();

  function wakeAfter(after: number): void {
    cancel?.();
    cancel = later(after, () => {
      soon = false;
      working = working.then(round).catch(report);
      if (started) wakeAfter(EVERY);
    });
  }

  return {
    wake() {
      // Whoever asks without pause must not put it off for ever.
      if (!started || soon) return;
      soon = true;
      wakeAfter(SOON);
    },
    start() {
      started = true;
      wakeAfter(EVERY);
    },
    async stop() {
      started = false;
      soon = false;
      cancel?.();
      await working;
    },
  };
}
