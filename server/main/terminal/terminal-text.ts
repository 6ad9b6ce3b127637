/** Text for a terminal: colours where they are wanted, columns that line up, and nothing in it that could command the terminal. */

export type State = 'granted' | 'challenged' | 'refused' | 'unknown';

export interface Paint {
  bold(text: string): string;
  faint(text: string): string;
  state(state: State, word: string): string;
}

const STATES: Readonly<Record<State, readonly [icon: string, colour: number]>> = {
  granted: ['●', 32],
  challenged: ['◐', 33],
  refused: ['■', 31],
  unknown: ['○', 90],
};

const ESC = '\u001b';

export function createPaint(colours: boolean): Paint {
  const sgr = (code: number, text: string) => (colours ? `${ESC}[${code}m${text}${ESC}[0m` : text);
  return {
    bold: (text) => sgr(1, text),
    faint: (text) => sgr(2, text),
    state(state, word) {
      const [icon, colour] = STATES[state];
      return `${sgr(colour, icon)} ${word}`;
    },
  };
}

/** Control characters but for tab and line break, and the marks that turn the direction of writing around. */
const COMMANDING = /(?![\t\n])[\p{Cc}\p{Bidi_Control}]/gu;

/** Names and words of others are shown, never obeyed: control characters could rewrite what stands on the screen. */
export function harmless(text: string): string {
  return text.replace(COMMANDING, '�');
}

/** The same in one line: what stands for itself in a table or a tail can't be made to look like another. */
export function harmlessLine(text: string): string {
  return harmless(text.replace(/[\t\r\n]+/g, ' '));
}

/** The same of a whole text, whose lines are its own. */
export function harmlessText(text: string): string {
  return text.split('\r\n').map(harmless).join('\r\n');
}

/** JSON that says the same: what JSON leaves as it is though a terminal obeys it stands there by its number. */
export function harmlessJson(value: unknown, indent?: number): string {
  return String(JSON.stringify(value, null, indent)).replace(
    COMMANDING,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const SGR = new RegExp(`${ESC}\\[\\d+m`, 'g');

export function widthOf(text: string): number {
  return [...text.replace(SGR, '')].length;
}

export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Breaks between words. A word that is longer than a line stays whole, so that it can be copied. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    // What is indented is to be copied as it stands: a link, a code, a few lines of a file.
    if (paragraph.startsWith('  ')) {
      lines.push(paragraph);
      continue;
    }
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}

export interface TableLook {
  readonly width: number;
  readonly paint: Paint;
  /** At a terminal: what is wider than that would be broken into lines that nobody can read. Elsewhere a line is a row. */
  readonly narrows: boolean;
}

/** What is left for the last column at least; an id may be longer, and is whole when it is copied. */
const LAST_COLUMN = 24;

/**
 * Columns as wide as they need to be; the last one wraps at the edge of the terminal. Where they don't fit beside one another, each
 * row is told line by line. Cells are painted already.
 */
export function layTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { width, paint, narrows }: TableLook,
): string {
  const all = [head, ...rows];
  const last = head.length - 1;
  const widths = head.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))));
  const before = widths.slice(0, last).reduce((sum, one) => sum + one + 2, 0);
  const least = Math.min(LAST_COLUMN, widths[last] ?? 0);
  if (narrows && before + least > width) return layRows(head, rows, width, paint);
  const room = Math.max(LAST_COLUMN, width - before);
  const lay = (row: readonly string[], style: (text: string) => string) => {
    const lines = wrap(row[last] ?? '', room);
    return lines.map((line, index) => {
      const cells = widths
        .slice(0, last)
        .map((one, column) => pad(index === 0 ? (row[column] ?? '') : '', one));
      return style([...cells, line].join('  ').trimEnd());
    });
  };
  return [...lay(head, paint.faint), ...rows.flatMap((row) => lay(row, (text) => text))].join('\n');
}

/** The first column as a heading, and below it what the others say, but for those that say nothing. */
function layRows(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
  paint: Paint,
): string {
  const column = Math.max(...head.slice(1).map(widthOf));
  const room = Math.max(LAST_COLUMN, width - column - 4);
  return rows
    .map(([first = '', ...rest]) => [
      first,
      ...rest.flatMap((cell, at) =>
        cell === ''
          ? []
          : wrap(cell, room).map(
              (line, index) =>
                `  ${paint.faint(pad(index === 0 ? (head[at + 1] ?? '') : '', column))}  ${line}`,
            ),
      ),
    ])
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}
