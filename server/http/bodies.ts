import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseFormBytes } from './form.ts';
import { parseJsonBytes } from './json-body.ts';
import { RefusedRequest } from './refusal.ts';

type Done = (error: Error | null, body?: unknown) => void;

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';

/** Two kinds of body and no other, both in UTF-8; a type that says anything else is refused rather than guessed at. */
export function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const add = (type: string, read: (bytes: Uint8Array) => { ok: boolean; value?: unknown }) => {
    const exact = new RegExp(
      `^${type.replaceAll('.', '\\.')}(?:\\s*;\\s*charset="?utf-8"?)?$`,
      'i',
    );
    app.addContentTypeParser(
      type,
      { parseAs: 'buffer' },
      (request: FastifyRequest, bytes: Buffer, done: Done) => {
        if (!exact.test(request.headers['content-type'] ?? ''))
          return done(new RefusedRequest('media-type'));
        const body = read(bytes);
        return body.ok ? done(null, body.value) : done(new RefusedRequest('bad-request'));
      },
    );
  };
  add(FORM, parseFormBytes);
  add(JSON_TYPE, parseJsonBytes);
}
