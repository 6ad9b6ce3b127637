/** A form as OAuth's endpoints take it: bounded, strict, and `resource` alone may come more than once (RFC 6749 §3.2, RFC 8707 §2). */
import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { fromUtf8, utf8 } from '../../../kernel/bytes.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Params } from './client-proof.ts';

const MOST_BYTES = 32 * 1024;
const MOST_FIELDS = 64;
const FORM = /^application\/x-www-form-urlencoded(?:;\s*charset=utf-8)?$/i;
const REPEATED = new Set(['resource', 'audience']);

/** `malformed`: it can't be read in exactly one way. Of what is too large the rest is left unread. */
export type UnreadParams = 'malformed' | 'too-large';

export async function readParams(request: IncomingMessage): Promise<Result<Params, UnreadParams>> {
  const type = request.headers['content-type'];
  if (type !== undefined && !FORM.test(type)) return failed('malformed');
  // The door may have read it to see whose it is.
  const { body } = request as { readonly body?: unknown };
  if (typeof body === 'string') return parsed(utf8(body));
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MOST_BYTES) return failed('too-large');
    parts.push(part);
  }
  if (size > 0 && type === undefined) return failed('malformed');
  return parsed(Buffer.concat(parts));
}

function parsed(bytes: Uint8Array): Result<Params, UnreadParams> {
  const params = parseParams(bytes);
  return params === undefined ? failed('malformed') : ok(params);
}

/** Undefined when it can't be read in exactly one way. */
export function parseParams(bytes: Uint8Array): Params | undefined {
  const params: Params = {};
  try {
    const text = fromUtf8(bytes);
    if (text === '') return params;
    const pairs = text.split('&');
    if (pairs.length > MOST_FIELDS) return undefined;
    for (const pair of pairs) {
      const at = pair.indexOf('=');
      if (at < 1) return undefined;
      const [name, value] = [decode(pair.slice(0, at)), decode(pair.slice(at + 1))];
      if (!/^[A-Za-z][\w.:-]*$/.test(name) || value.includes('\0')) return undefined;
      const before = Object.hasOwn(params, name) ? params[name] : undefined;
      if (before !== undefined && !REPEATED.has(name)) return undefined;
      params[name] = before === undefined ? value : [before, value].flat();
    }
    return params;
  } catch {
    return undefined; // Not UTF-8, or no percent-encoding.
  }
}

function decode(part: string): string {
  return decodeURIComponent(part.replaceAll('+', ' '));
}

const LONGEST_KEPT = 1024;
const LONGEST_ALL = 8 * 1024;
/** Signed or structured: bounded with all else. */
const LONGER = new Set(['request', 'claims', 'authorization_details']);

/** Whether what is kept of an authorization request is no more than an honest one has: anyone may leave one with us. */
export function isModest(params: Iterable<readonly [string, string]>): boolean {
  let all = 0;
  for (const [name, value] of params) {
    const length = utf8(value).length;
    if (length > LONGEST_KEPT && !LONGER.has(name)) return false;
    all += utf8(name).length + length;
  }
  return all <= LONGEST_ALL;
}

export function* pairsOf(params: Params): Generator<readonly [string, string]> {
  for (const [name, values] of Object.entries(params)) {
    for (const value of [values].flat()) yield [name, value];
  }
}

/** Puts a form back where it was read from, for oidc-provider to read it. */
export function refill(request: IncomingMessage, params: Params): void {
  const form = new URLSearchParams();
  for (const [name, value] of pairsOf(params)) form.append(name, value);
  const bytes = Buffer.from(form.toString());
  request.headers['content-length'] = String(bytes.length);
  Object.defineProperties(request, {
    readable: { value: true },
    iterator: {
      value: async function* parts() {
        yield bytes;
      },
    },
  });
}
