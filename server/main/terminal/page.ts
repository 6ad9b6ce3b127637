/** What the pages of --help are set in: titles, sentences, and lists of a term and what it says. */
import { createPaint, pad, wrap } from './terminal-text.ts';

export interface PageLook {
  readonly width: number;
  readonly colours: boolean;
}

export type Term = readonly [term: string, says: string];

export interface Page {
  title(text: string): string;
  prose(text: string): string[];
  /** What is said begins behind the longest of `among`, or of the terms themselves. */
  list(terms: readonly Term[], among?: readonly Term[]): string[];
}

/** However narrow the terminal is, what is said of a term is not one word a line. */
const NARROWEST = 24;

export function createPage({ width, colours }: PageLook): Page {
  const paint = createPaint(colours);
  return {
    title: (text) => paint.bold(text.toUpperCase()),
    prose: (text) => wrap(text, width - 2).map((line) => `  ${line}`),
    list(terms, among = terms) {
      const column = Math.max(...among.map(([term]) => term.length));
      return terms.flatMap(([term, says]) => {
        const lines = wrap(says, Math.max(NARROWEST, width - column - 4));
        return lines.map((line, at) => `  ${pad(at === 0 ? term : '', column)}  ${line}`);
      });
    },
  };
}
