/**
 * Forms and queries, read strictly (WHATWG URL §5 in the one way that browsers write it): every byte means one thing, every
 * name comes once, and everything has a bound. What a lenient parser would mend, this one refuses, because two parsers that
 * mend differently are how checks are passed by.
 */
import { z } from 'zod';
import { failed, ok, type Result } from '../kernel/result.ts';

export type FormFault = 'malformed' | 'doubled' | 'too-many' | 'unexpected';

const MOST_FIELDS = 64;
const MOST_NAME = 64;
/** What browsers send: everything but these is percent-encoded. */
const WRITTEN = /^[A-Za-z0-9*\-._~+%=&!'()/?:@,;$[\]]*$/;
/** RFC 6749, appendix A: programs may send names with dots, and those that we don't know are left alone. */
const NAME = /^[A-Za-z][A-Za-z0-9_.-]*$/;
const NONE: ReadonlySet<string> = new Set();

/** A parsed form, told apart from parsed JSON by its class, so that a route for one never reads the other. */
export class FormFields {
  readonly fields: ReadonlyMap<string, string>;
  /** As they came, with each of those that may be repeated. */
  readonly pairs: readonly Pair[];
  constructor(pairs: readonly Pair[], fields: ReadonlyMap<string, string> = new Map(pairs)) {
    this.pairs = pairs;
    this.fields = fields;
  }
}

export type Pair = readonly [name: string, value: string];

/** `repeatable`: names that may come more than once, where a standard says so. */
export function parseForm(
  text: string,
  repeatable: ReadonlySet<string> = NONE,
): Result<FormFields, FormFault> {
  const read: Pair[] = [];
  const fields = new Map<string, string>();
  if (text === '') return ok(new FormFields(read, fields));
  if (!WRITTEN.test(text)) return failed('malformed');
  // Most have nothing to decode, which is seen at once of the whole.
  const encoded = text.includes('%') || text.includes('+');
  for (let start = 0; start <= text.length; ) {
    const found = text.indexOf('&', start);
    const end = found < 0 ? text.length : found;
    const at = text.indexOf('=', start);
    if (at < 0 || at >= end || text.lastIndexOf('=', end - 1) !== at) return failed('malformed');
    const name = encoded ? decode(text.slice(start, at)) : text.slice(start, at);
    const value = encoded ? decode(text.slice(at + 1, end)) : text.slice(at + 1, end);
    if (name === undefined || value === undefined) return failed('malformed');
    if (name.length > MOST_NAME || !NAME.test(name)) return failed('malformed');
    if (fields.has(name) && !repeatable.has(name)) return failed('doubled');
    if (read.length === MOST_FIELDS) return failed('too-many');
    fields.set(name, value);
    read.push([name, value]);
    start = end + 1;
  }
  return ok(new FormFields(read, fields));
}

export function parseFormBytes(
  bytes: Uint8Array,
  repeatable: ReadonlySet<string> = NONE,
): Result<FormFields, FormFault> {
  // What is no ASCII is not what browsers send, so each byte may stand for itself.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return parseForm(text, repeatable);
}

/** Percent-decoding to UTF-8, strict in both; NUL is refused, because it ends texts in other languages. */
function decode(part: string): string | undefined {
  if (!part.includes('%') && !part.includes('+')) return part;
  try {
    const text = decodeURIComponent(part.replaceAll('+', ' '));
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Fits a form into a schema. Use `z.strictObject`, so that a field that the page did not have is refused. */
export function fitForm<T>(body: unknown, schema: z.ZodType<T>): Result<T, FormFault> {
  if (!(body instanceof FormFields)) return failed('unexpected');
  const fit = schema.safeParse(Object.fromEntries(body.fields));
  return fit.success ? ok(fit.data) : failed('unexpected');
}

/** The query of a request's target; empty when there is none. */
export function parseQuery(target: string): Result<FormFields, FormFault> {
  const at = target.indexOf('?');
  return parseForm(at < 0 ? '' : target.slice(at + 1));
}

const NOTHING = z.strictObject({});

/** For addresses that take nothing behind a question mark: what can be read in two ways is not read at all. */
export function isWithoutQuery(target: string): boolean {
  return fitQuery(target, NOTHING).ok;
}

/** The query of a request's target, fitted into a schema. */
export function fitQuery<T>(target: string, schema: z.ZodType<T>): Result<T, FormFault> {
  const parsed = parseQuery(target);
  return parsed.ok ? fitForm(parsed.value, schema) : parsed;
}
