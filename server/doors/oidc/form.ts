/**
 * A form as endpoints of OAuth take it, in either half: nothing else, no doubled parameter, and an empty one is as if it were left
 * out (RFC 6749 §3.2).
 *
 * One parameter may be repeated where something is asked for that can be for several APIs, which is an authorization: `resource`
 * (RFC 8707 §2.1). A token is for one API, so that where tokens are given out it comes once (§2.2 leaves that to the server).
 */
import type { FastifyInstance } from 'fastify';
import { FORM_TYPE, readBody } from '../../http/bodies.ts';
import { type FormFault, type Pair, parseFormBytes } from '../../http/form.ts';
import { ok, type Result } from '../../kernel/result.ts';

export interface Form {
  /** As they came, for whoever else has to read them. */
  readonly pairs: readonly Pair[];
  get(name: string): string | undefined;
}

/** Two tokens of 16 KiB fit, and what is sent along with them. */
export const MOST_BYTES = 48 * 1024;
export const NO_FORM: Form = { pairs: [], get: () => undefined };
const REPEATABLE: ReadonlySet<string> = new Set(['resource']);

/** Bodies of this scope are forms, or refused. */
export function readForms(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  readBody(app, FORM_TYPE, (bytes) => readForm(bytes, 'once'));
}

export function readForm(
  bytes: Uint8Array,
  resources: 'once' | 'several',
): Result<Form, FormFault> {
  const read = parseFormBytes(bytes, resources === 'several' ? REPEATABLE : undefined);
  if (!read.ok) return read;
  const { pairs, fields } = read.value;
  return ok({ pairs, get: (name) => fields.get(name) || undefined });
}

/** Parsed by `readForms`; a request without a body has none. */
export function formOf(request: { readonly body: unknown }): Form {
  return (request.body as Form | null | undefined) ?? NO_FORM;
}
