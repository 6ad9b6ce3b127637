/**
 * How every command speaks: a sentence, then a table; with --json one JSON value instead, made from the same facts. Answers go
 * to standard output, everything about the answering (progress, warnings, problems) to standard error. With --json a problem is
 * the one JSON value, on standard output.
 */
import { type Later, systemLater } from '../../kernel/later.ts';
import { createProgress, type Progress, QUIET } from './progress.ts';
import {
  createPaint,
  harmless,
  harmlessJson,
  harmlessLine,
  harmlessText,
  layTable,
  type Paint,
  type State,
  wrap,
} from './terminal-text.ts';

/** A text, or a state with its word, which is shown with the state's sign. */
export type Cell = string | readonly [state: State, word: string];

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export interface Answer {
  /** What is so, or what was done, in a sentence. */
  readonly says: string;
  readonly table?: Table;
  /** More of the same answer that has columns of its own. */
  readonly also?: { readonly says: string; readonly table: Table };
  /** What to do next, when there is something to do. */
  readonly next?: string;
  /** The same for machines. Keys are camelCase, times ISO 8601. */
  readonly data: unknown;
}

/** What went wrong, and what to do about it. */
export interface Problem {
  readonly what: string;
  readonly mend?: string | undefined;
  /** Where there is much: what is wrong, one by one. */
  readonly table?: Table | undefined;
  /** For machines, when they can tell more: the problems of a configuration, one by one. */
  readonly data?: unknown;
}

export interface Output {
  readonly json: boolean;
  /** What the command was run for. Once. */
  answer(answer: Answer): void;
  /** One line of an answer that goes on, such as a tail; with --json one JSON value a line. */
  line(text: string, data: unknown): void;
  /** Text that is the same for people and machines: a schema, a key. */
  raw(text: string): void;
  warn(text: string): void;
  /** What has to be known while the answer is under way, such as an address to open. As it is: nothing in it is wrapped. */
  notice(text: string): void;
  /** A word to whoever sits at the terminal; nobody else has a use for it. Over the ^C that the terminal may have written. */
  word(text: string): void;
  problem(problem: Problem): void;
  progress(title: string, total?: number): Progress;
  /** Gives what comes of work that has no steps to count; where it takes its time, what is under way is said. */
  during<T>(title: string, work: Promise<T>): Promise<T>;
}

export interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export interface OutputDeps {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly json: boolean;
  readonly colours: boolean;
  readonly now?: () => number;
  readonly later?: Later;
}

const WIDEST = 120;

export function createOutput({
  stdout,
  stderr,
  json,
  colours,
  now = () => performance.now(),
  later = systemLater(),
}: OutputDeps): Output {
  const paint = createPaint(colours && stdout.isTTY === true && !json);
  const loud = createPaint(colours && stderr.isTTY === true);
  const width = widthFor(stdout, WIDEST);
  const prose = (text: string) => wrap(harmless(text), width).join('\n');
  const write = (text: string) => void stdout.write(`${text}\n`);
  const tell = (text: string) => void stderr.write(`${text}\n`);
  const laid = ({ head, rows }: Table, by: Paint) =>
    layTable(
      head,
      rows.map((row) =>
        row.map((cell, column) =>
          paintCell(cell, by, column < head.length - 1 ? harmlessLine : harmless),
        ),
      ),
      { width, paint: by, narrows: stdout.isTTY === true },
    );
  const word = (text: string) => {
    if (stderr.isTTY === true && !json) tell(`\r${prose(text)}`);
  };
  const writeTable = (table: Table | undefined) => {
    if (table !== undefined && table.rows.length > 0) write(`\n${laid(table, paint)}`);
  };
  return {
    json,
    answer({ says, table, also, next, data }) {
      if (json) return write(harmlessJson(data, 2));
      write(prose(says));
      writeTable(table);
      if (also !== undefined) {
        write(`\n${prose(also.says)}`);
        writeTable(also.table);
      }
      if (next !== undefined) write(`\n${prose(next)}`);
    },
    line: (text, data) => write(json ? harmlessJson(data) : harmlessLine(text)),
    raw: (text) => write(harmlessText(text)),
    warn: (text) => tell(`${loud.state('challenged', 'Careful.')} ${prose(text)}`),
    notice: (text) => tell(harmless(text)),
    word,
    problem({ what, mend, table, data }) {
      if (json) return write(harmlessJson({ error: { what, mend, details: data } }, 2));
      tell(prose(what));
      if (table !== undefined && table.rows.length > 0) tell(`\n${laid(table, loud)}\n`);
      if (mend !== undefined) tell(prose(mend));
    },
    progress(title, total) {
      const deps = {
        write: (text: string) => void stderr.write(text),
        terminal: stderr.isTTY === true,
        now,
      };
      return createProgress(deps, title, total);
    },
    async during(title, work) {
      const unsay = later(QUIET, () => word(`${title} …`));
      try {
        return await work;
      } finally {
        unsay();
      }
    },
  };
}

/** Some terminals don't know how wide they are, and say 0. */
export function widthFor({ columns }: Stream, widest: number): number {
  return Math.min(columns || 100, widest);
}

/** The last column wraps, and may have lines of its own: they stand below its head. */
function paintCell(cell: Cell, paint: Paint, made: (text: string) => string): string {
  if (typeof cell === 'string') return made(cell);
  const [state, word] = cell;
  return paint.state(state, made(word));
}

/** Colours are for terminals, and only where nobody asked for none (https://no-color.org). */
export function wantsColours(environment: Readonly<Record<string, string | undefined>>): boolean {
  return !environment.NO_COLOR && environment.TERM !== 'dumb';
}
