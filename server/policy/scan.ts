import { failed, ok, type Result } from '../kernel/result.ts';

/**
 * Reads a policy file as far as is needed to know that parsing it is safe, and where each policy of it stands.
 *
 * Cedar's parser and evaluator recurse, and a stack that runs out breaks the engine for good. Measured with 4.13: brackets
 * break it from between 100 and 150 levels, and chains without any bracket (`a && b && …`, `if … else if …`, `a.b.c…`) from
 * between 300 and 400 links. So both are bounded here, by a scanner that does not recurse and knows strings and comments.
 */
export const limits = Object.freeze({
  depth: 64,
  path: 160,
  policy: 32 * 1024,
  set: 512 * 1024,
  files: 200,
  policies: 500,
});

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface ScanError extends Span {
  readonly message: string;
  readonly suggestion?: string;
}

/** One bracket level: operators on it, the longest run of `.a["b"](c)` on it, and the deepest path inside it. */
interface Level {
  readonly opened: number;
  readonly close: string;
  operators: number;
  run: number;
  longestRun: number;
  inner: number;
  /** The longest path among the parts before the last comma. */
  before: number;
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const OPERATOR_WORDS = new Set(['if', 'then', 'else', 'in', 'like', 'has', 'is']);
const PAIRS = new Set(['&&', '||', '==', '!=', '<=', '>=', '::']);

/** Where each policy starts and ends, without the blanks and comments before it. */
export function scanPolicies(text: string): Result<readonly Span[], ScanError> {
  const policies: Span[] = [];
  let levels: Level[] = [level(0, ';')];
  let start = -1;
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === ' ' || char === '\n' || char === '\t' || char === '\r') {
      at += 1;
      continue;
    }
    if (char === '/' && text[at + 1] === '/') {
      // Cedar ends a comment at a carriage return too: one that we read on over could hide brackets from us.
      while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at += 1;
      continue;
    }
    if (start < 0) start = at;
    const top = levels[levels.length - 1]!; // The file's own level is never closed.
    let next = at + 1;

    if (char === '"') {
      const end = endOfString(text, at);
      if (end < 0) {
        return failed({
          message: 'This text in quotes never ends',
          suggestion: 'close it with `"`',
          start: at,
          end: at + 1,
        });
      }
      next = end;
    } else if (CLOSING[char]) {
      // `f(…)` and `a["b"]` go on with what stands before them; `{…}` never does.
      if (char !== '{') top.run += 1;
      levels.push(level(at, CLOSING[char]));
      if (levels.length - 1 > limits.depth) {
        return failed({
          message: `Brackets stand more than ${limits.depth} deep`,
          suggestion: 'write it flatter, or as several policies',
          start: at,
          end: next,
        });
      }
    } else if (char === ')' || char === ']' || char === '}') {
      if (levels.length === 1 || top.close !== char) {
        const expected = levels.length === 1 ? undefined : `\`${top.close}\` is expected here`;
        return failed({
          message: `This \`${char}\` closes nothing`,
          ...(expected ? { suggestion: expected } : {}),
          start: at,
          end: next,
        });
      }
      levels.pop();
      const outer = levels[levels.length - 1]!; // There was more than one.
      outer.inner = Math.max(outer.inner, path(top));
    } else if (char === ',') {
      endPart(top);
    } else if (char === ';' && levels.length === 1) {
      policies.push({ start, end: next });
      levels = [level(next, ';')];
      start = -1;
    } else if (char === '.') {
      top.run += 1;
    } else if (isWordStart(char)) {
      WORD.lastIndex = at;
      const word = WORD.exec(text)?.[0] ?? char;
      next = at + word.length;
      if (OPERATOR_WORDS.has(word)) operator(top);
    } else if (!(char >= '0' && char <= '9')) {
      if (PAIRS.has(text.slice(at, at + 2))) next = at + 2;
      operator(top);
    }

    if (path(top) + levels.length > limits.path) {
      return failed({
        message: `This policy chains more than ${limits.path} operators`,
        suggestion: 'use a set (`[…].contains(x)`), or write it as several policies',
        start: at,
        end: next,
      });
    }
    if (start >= 0 && next - start > limits.policy) {
      return failed({
        message: `This policy is longer than ${limits.policy} characters`,
        suggestion: 'write it as several policies',
        start,
        end: start + 1,
      });
    }
    at = next;
  }
  const unclosed = levels[levels.length - 1]!;
  if (levels.length > 1) {
    return failed({
      message: `This \`${text[unclosed.opened]}\` is never closed`,
      suggestion: `close it with \`${unclosed.close}\``,
      start: unclosed.opened,
      end: unclosed.opened + 1,
    });
  }
  if (start >= 0) {
    return failed({
      message: 'The last policy does not end',
      suggestion: 'end it with `;`',
      start: text.trimEnd().length,
      end: text.trimEnd().length,
    });
  }
  return ok(policies);
}

function level(opened: number, close: string): Level {
  return { opened, close, operators: 0, run: 0, longestRun: 0, inner: 0, before: 0 };
}

function operator(on: Level): void {
  on.operators += 1;
  on.longestRun = Math.max(on.longestRun, on.run);
  on.run = 0;
}

function endPart(of: Level): void {
  of.before = path(of);
  of.operators = 0;
  of.run = 0;
  of.longestRun = 0;
  of.inner = 0;
}

/** No path from this level down to a leaf is longer than this. */
function path(of: Level): number {
  return Math.max(of.before, of.operators + Math.max(of.longestRun, of.run) + of.inner);
}

function isWordStart(char: string): boolean {
  return (char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z') || char === '_';
}

function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\\') at += 1;
    else if (char === '"') return at + 1;
  }
  return -1;
}
