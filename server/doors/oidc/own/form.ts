/** A form as endpoints of OAuth take it: nothing else, no doubled parameter, and an empty one is as if it were left out (RFC 6749 §3.2). */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseForm } from '../../../http/form.ts';
import { RefusedRequest } from '../../../http/refusal.ts';
import { fromUtf8 } from '../../../kernel/bytes.ts';

export interface Form {
  /** As it came, for whoever else has to read it. */
  readonly text: string;
  get(name: string): string | undefined;
}

const FORM = 'application/x-www-form-urlencoded';
const EXACT = /^application\/x-www-form-urlencoded(?:\s*;\s*charset="?utf-8"?)?$/i;

/** Bodies of this scope are forms, or refused. */
export function readForms(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    FORM,
    { parseAs: 'buffer' },
    (
      request: FastifyRequest,
      bytes: Buffer,
      done: (error: Error | null, body?: unknown) => void,
    ) => {
      if (!EXACT.test(request.headers['content-type'] ?? '')) {
        return done(new RefusedRequest('media-type'));
      }
      const form = readForm(bytes);
      return form === undefined ? done(new RefusedRequest('bad-request')) : done(null, form);
    },
  );
}

function readForm(bytes: Uint8Array): Form | undefined {
  try {
    const text = fromUtf8(bytes);
    const parsed = parseForm(text);
    if (!parsed.ok) return undefined;
    const { fields } = parsed.value;
    return { text, get: (name) => fields.get(name) || undefined };
  } catch {
    return undefined; // Not UTF-8.
  }
}

const NONE: Form = { text: '', get: () => undefined };

/** Parsed by `readForms`; a request without a body has none. */
export function formOf(request: FastifyRequest): Form {
  return (request.body as Form | null | undefined) ?? NONE;
}
