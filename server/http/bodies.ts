import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseFormBytes } from './form.ts';
import { parseJsonBytes } from './json-body.ts';
import { RefusedRequest } from './refusal.ts';

type Done = (error: Error | null, body?: unknown) => void;

export const FORM_TYPE = 'application/x-www-form-urlencoded';
export const JSON_TYPE = 'application/json';

/** Two kinds of body and no other, both in UTF-8; a type that says anything else is refused rather than guessed at. */
export function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  readBody(app, FORM_TYPE, parseFormBytes);
  readBody(app, JSON_TYPE, parseJsonBytes);
}

/** One more kind of body in this scope. */
export function readBody(
  app: FastifyInstance,
  type: string,
  read: (bytes: Uint8Array) => { readonly ok: boolean; readonly value?: unknown },
): void {
  const isOfType = exactly(type);
  app.addContentTypeParser(
    type,
    { parseAs: 'buffer' },
    (request: FastifyRequest, bytes: Buffer, done: Done) => {
      if (!isOfType(request.headers['content-type'])) return done(new RefusedRequest('media-type'));
      const body = read(bytes);
      return body.ok ? done(null, body.value) : done(new RefusedRequest('bad-request'));
    },
  );
}

/** Whether a header names this type, in UTF-8, and says nothing beside. */
export function exactly(type: string): (header: string | undefined) => boolean {
  const exact = new RegExp(
    `^${type.replaceAll(/[.+]/g, '\\$&')}(?:\\s*;\\s*charset="?utf-8"?)?$`,
    'i',
  );
  return (header = '') => exact.test(header);
}
