import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { failed, ok, type Result } from '../kernel/result.ts';
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

/** `gone`: broken off on the way, and nobody is there to be told. Of what is too large the rest is left unread. */
export type UnreadBytes = 'too-large' | 'gone';

/** The bytes of a request that no fastify reads. */
export async function bytesOf(
  request: IncomingMessage,
  most: number,
): Promise<Result<Uint8Array, UnreadBytes>> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    // Without an encoding its parts are bytes.
    for await (const part of request as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > most) return failed('too-large');
      parts.push(part);
    }
  } catch (fault) {
    // No fault of ours, however often.
    if (request.destroyed) return failed('gone');
    throw fault;
  }
  return ok(Buffer.concat(parts));
}

/** Whether a header names this type, in UTF-8, and says nothing beside. */
export function exactly(type: string): (header: string | undefined) => boolean {
  const exact = new RegExp(
    `^${type.replaceAll(/[.+]/g, '\\$&')}(?:\\s*;\\s*charset="?utf-8"?)?$`,
    'i',
  );
  return (header = '') => exact.test(header);
}
