/**
 * Looks every few seconds, while any stream is open, whether another node changed what streams tell: by a mark that is one small read.
 * Nodes that share a database hear nothing of one another otherwise.
 */
import { SECOND } from '../../kernel/clock.ts';
import type { Later } from '../../kernel/later.ts';

export interface Watching {
  /** A stream is open. */
  begin(): void;
  end(): void;
}

const EVERY = 3 * SECOND;

export function createWatching(deps: {
  readonly mark: () => Promise<string>;
  readonly later: Later;
  readonly wanted: () => boolean;
  readonly changed: () => void;
  readonly report: (fault: unknown) => void;
}): Watching {
  const { mark, later, wanted, changed, report } = deps;
  let cancel: (() => void) | undefined;
  /** Undefined until it was read: what changed before that may have been missed. */
  let seen: string | undefined;

  function next(): void {
    cancel?.();
    cancel = later(EVERY, () => {
      // Nobody looks while nobody listens; whoever comes then is told of everything by the first look.
      if (!wanted()) return stop();
      void mark()
        .then((now) => {
          if (now !== seen) changed();
          seen = now;
        })
        // The database may be away for a while. Each stream looks by itself within a minute, and ends if it can't.
        .catch(report)
        .then(() => {
          if (cancel !== undefined) next();
        });
    });
  }

  function stop(): void {
    cancel?.();
    cancel = undefined;
    seen = undefined;
  }

  return {
    begin() {
      if (cancel === undefined) next();
    },
    end: stop,
  };
}
