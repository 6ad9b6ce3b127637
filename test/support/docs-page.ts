/** A page of docs/ as its tests read it: the blocks in it, and the commands that people would copy out of them. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export interface DocsPage {
  readonly text: string;
  /** What stands in the blocks of a language, each by itself. */
  blocks(language: string): string[];
  /** The lines of all of these. */
  lines(language: string): string[];
}

export function docsPage(name: string): DocsPage {
  const text = readFileSync(resolve(import.meta.dirname, '../../docs', name), 'utf8');
  const blocks = (language: string) =>
    [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
      ([, block = '']) => block,
    );
  return {
    text,
    blocks,
    lines: (language) => blocks(language).flatMap((block) => block.trim().split('\n')),
  };
}

/** As a shell would read what stands there: words, some of them in quotation marks, and no prompt. */
export function wordsOf(line: string): string[] {
  return [...line.replace(/^\$ /, '').matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) =>
    word.replaceAll('"', ''),
  );
}
