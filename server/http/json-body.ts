/**
 * JSON read strictly: UTF-8, bounded depth and size, no name twice in one object (RFC 8259 §4 leaves that to each reader, so
 * two readers could see two values), no name that means something to JavaScript's own objects, and no half of a surrogate pair
 * (RFC 7493 §2.1), for which nothing can be written in UTF-8 again.
 */
import type { z } from 'zod';
import { fromUtf8 } from '../kernel/bytes.ts';
import { failed, ok, type Result } from '../kernel/result.ts';

export type JsonFault = 'malformed' | 'too-deep' | 'doubled' | 'unexpected';

const MOST_DEPTH = 16;

/** Parsed JSON, told apart from a parsed form by its class. */
export class JsonBody {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

export function parseJsonBytes(bytes: Uint8Array): Result<JsonBody, JsonFault> {
  let text: string;
  try {
    text = fromUtf8(bytes);
  } catch {
    return failed('malformed');
  }
  return parseJson(text);
}

export function parseJson(text: string): Result<JsonBody, JsonFault> {
  const fault = structureFault(text);
  if (fault !== undefined) return failed(fault);
  try {
    return ok(new JsonBody(JSON.parse(text)));
  } catch {
    return failed('malformed');
  }
}

export function fitJson<T>(body: unknown, schema: z.ZodType<T>): Result<T, JsonFault> {
  if (!(body instanceof JsonBody)) return failed('unexpected');
  const fit = schema.safeParse(body.value);
  return fit.success ? ok(fit.data) : failed('unexpected');
}

const STRING = /"(?:[^"\\]|\\.)*"/y;
const DANGEROUS = new Set(['__proto__', 'constructor', 'prototype']);

/** One pass over the brackets and names, before anything is built; what is wrong otherwise JSON.parse finds. */
function structureFault(text: string): JsonFault | undefined {
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '{' || char === '[') {
      if (open.length === MOST_DEPTH) return 'too-deep';
      open.push(char === '{' ? new Set() : undefined);
    } else if (char === '}' || char === ']') {
      open.pop();
    } else if (char === '"') {
      STRING.lastIndex = at;
      const found = STRING.exec(text)?.[0];
      if (found === undefined) return 'malformed';
      at += found.length - 1;
      if (found.includes('\\u') && read(found)?.isWellFormed() !== true) return 'malformed';
      const names = open.at(-1);
      if (names === undefined || !isName(text, at + 1)) continue;
      const name = read(found);
      if (name === undefined || DANGEROUS.has(name)) return 'malformed';
      if (names.has(name)) return 'doubled';
      names.add(name);
    }
  }
  return undefined;
}

function isName(text: string, from: number): boolean {
  let at = from;
  while (' \t\r\n'.includes(text[at] ?? '.')) at++;
  return text[at] === ':';
}

function read(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted) as string; // A JSON string literal by the pattern that found it.
  } catch {
    return undefined;
  }
}
