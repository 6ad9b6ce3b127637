import type { FastifyRequest } from 'fastify';
import type { OnceKey } from '../../gate/once/once.ts';
import { JsonBody } from '../../http/json-body.ts';
import { sha256 } from '../../kernel/digest.ts';
import { Told } from './told.ts';

/** A structured field string (draft-ietf-httpapi-idempotency-key-header §2.1), or the same without its quotation marks. */
const FORM = /^(?:"([A-Za-z0-9_-]{8,128})"|([A-Za-z0-9_-]{8,128}))$/;

/** The key under which a request may be sent again, with a fingerprint of the request; undefined when it has none. */
export function readOnce(request: FastifyRequest): OnceKey | Told | undefined {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return undefined;
  const found = typeof header === 'string' ? FORM.exec(header) : null;
  const key = found?.[1] ?? found?.[2];
  if (key === undefined) return new Told('key-not-valid');
  const body = request.body instanceof JsonBody ? JSON.stringify(request.body.value) : '';
  const text = `${request.method} ${request.url}\n${body}`;
  return { key, request: sha256(text) };
}
