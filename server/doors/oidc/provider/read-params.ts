/** Forms of the people's half: taken from the connection, measured, and put back for oidc-provider to read. What a form is: form.ts. */
import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { bytesOf, exactly, FORM_TYPE, type UnreadBytes } from '../../../http/bodies.ts';
import type { Pair } from '../../../http/form.ts';
import { utf8 } from '../../../kernel/bytes.ts';
import { failed, type Result } from '../../../kernel/result.ts';
import { type Form, MOST_BYTES, readForm } from '../form.ts';

const isForm = exactly(FORM_TYPE);

/** `malformed`: it can't be read in exactly one way. */
export type UnreadParams = 'malformed' | UnreadBytes;

export async function readParams(
  request: IncomingMessage,
  resources: 'once' | 'several',
): Promise<Result<Form, UnreadParams>> {
  const type = request.headers['content-type'];
  if (type !== undefined && !isForm(type)) return failed('malformed');
  const bytes = await bytesOf(request, MOST_BYTES);
  if (!bytes.ok) return bytes;
  if (bytes.value.length > 0 && type === undefined) return failed('malformed');
  const read = readForm(bytes.value, resources);
  return read.ok ? read : failed('malformed');
}

const LONGEST_KEPT = 1024;
const LONGEST_ALL = 8 * 1024;
/** Signed or structured: bounded with all else. */
const LONGER = new Set(['request', 'claims', 'authorization_details', 'id_token_hint']);

/** Whether what is kept of an authorization request is no more than an honest one has: anyone may leave one with us. */
export function isModest(params: Iterable<Pair>): boolean {
  let all = 0;
  for (const [name, value] of params) {
    const length = utf8(value).length;
    if (length > LONGEST_KEPT && !LONGER.has(name)) return false;
    all += utf8(name).length + length;
  }
  return all <= LONGEST_ALL;
}

/** Puts a form back where it was read from, for oidc-provider to read it. */
export function refill(request: IncomingMessage, params: readonly Pair[]): void {
  const form = new URLSearchParams();
  for (const [name, value] of params) form.append(name, value);
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
