/**
 * How far work has come, for whoever waits at a terminal: a bar with a number, from the second second on. Elsewhere nobody
 * waits, and what is read there later is no better for it.
 */
import { SECOND } from '../../kernel/clock.ts';
import { pad } from './terminal-text.ts';

export interface Progress {
  /** So many more are done. */
  advance(count?: number): void;
  /** It is over, well or not: the bar is taken away. */
  end(): void;
}

export interface ProgressDeps {
  readonly write: (text: string) => void;
  readonly terminal: boolean;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** Who waits for less has no need to be told. */
export const QUIET = SECOND;
const REDRAW = 100;
const BAR = 24;

export function createProgress(
  { write, terminal, now }: ProgressDeps,
  title: string,
  total: number | undefined,
): Progress {
  const began = now();
  let drawn = Number.NEGATIVE_INFINITY;
  let done = 0;

  function draw(): void {
    drawn = now();
    write(`\r${bar(title, done, total)}`);
  }

  return {
    advance(count = 1) {
      done += count;
      const at = now();
      if (terminal && at - began >= QUIET && at - drawn >= REDRAW) draw();
    },
    end() {
      if (drawn > Number.NEGATIVE_INFINITY) write('\r\u001b[2K');
    },
  };
}

const grouped = new Intl.NumberFormat('en');

function share(done: number, total: number): number {
  return total === 0 ? 1 : Math.min(1, done / total);
}

function bar(title: string, done: number, total: number | undefined): string {
  if (total === undefined) return pad(`${title}: ${grouped.format(done)}`, 60);
  const full = Math.floor(share(done, total) * BAR);
  const percent = `${Math.floor(share(done, total) * 100)}%`.padStart(4);
  const count = `${grouped.format(done)} of ${grouped.format(total)}`;
  return pad(`${title} ${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${percent}  ${count}`, 79);
}
