/**
 * How far work has come. Nothing is shown in its first second; then a bar with a number at a terminal, and elsewhere a line now
 * and again, for logs.
 */
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

const QUIET = 1000;
const REDRAW = 100;
const NEXT_LINE = 5000;
const BAR = 24;

export function createProgress(
  { write, terminal, now }: ProgressDeps,
  title: string,
  total: number | undefined,
): Progress {
  const began = now();
  const pause = terminal ? REDRAW : NEXT_LINE;
  let drawn = Number.NEGATIVE_INFINITY;
  let done = 0;

  function draw(): void {
    drawn = now();
    const text = terminal ? `\r${bar(title, done, total)}` : `${words(title, done, total)}\n`;
    write(text);
  }

  return {
    advance(count = 1) {
      done += count;
      const at = now();
      if (at - began >= QUIET && at - drawn >= pause) draw();
    },
    end() {
      if (terminal && drawn > Number.NEGATIVE_INFINITY) write('\r\u001b[2K');
    },
  };
}

const grouped = new Intl.NumberFormat('en');

function share(done: number, total: number): number {
  return total === 0 ? 1 : Math.min(1, done / total);
}

function words(title: string, done: number, total: number | undefined): string {
  if (total === undefined) return `${title}: ${grouped.format(done)}`;
  const percent = Math.floor(share(done, total) * 100);
  return `${title}: ${percent}% (${grouped.format(done)} of ${grouped.format(total)})`;
}

function bar(title: string, done: number, total: number | undefined): string {
  if (total === undefined) return pad(words(title, done, total), 60);
  const full = Math.floor(share(done, total) * BAR);
  const percent = `${Math.floor(share(done, total) * 100)}%`.padStart(4);
  const count = `${grouped.format(done)} of ${grouped.format(total)}`;
  return pad(`${title} ${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${percent}  ${count}`, 79);
}
