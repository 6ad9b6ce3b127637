/** Reads what a request brings into what its operation takes, strictly: what the operation does not name is refused. */
import type { Operation } from '@sallyport/contract/api/operation.ts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { parseForm } from '../../http/form.ts';
import { JsonBody } from '../../http/json-body.ts';
import { fieldsOf } from './fields.ts';
import type { Input } from './handler.ts';
import { Told } from './told.ts';

const NOTHING = z.strictObject({});

export type ReadInput = (request: FastifyRequest) => Input<Operation> | Told;

export function inputReader(operation: Operation): ReadInput {
  const { params, query = NOTHING, body } = operation;
  return (request) => {
    const fit: { params: unknown; query: unknown; body: unknown } = {
      params: undefined,
      query: undefined,
      body: undefined,
    };
    if (params !== undefined) {
      const read = params.safeParse(request.params);
      // What can't be an id of ours is the id of nothing.
      if (!read.success) return new Told('not-found');
      fit.params = read.data;
    }
    const at = request.url.indexOf('?');
    if (at >= 0 || query !== NOTHING) {
      const form = parseForm(at < 0 ? '' : request.url.slice(at + 1));
      if (!form.ok) return new Told('bad-request');
      const read = query.safeParse(Object.fromEntries(form.value.fields));
      if (!read.success) return new Told('not-valid', { fields: fieldsOf(read.error) });
      fit.query = read.data;
    }
    const came: unknown = request.body;
    if (body === undefined) {
      if (came !== undefined) return new Told('bad-request');
    } else {
      if (came === undefined) {
        return new Told('not-valid', { fields: [{ path: '', must: 'have a body' }] });
      }
      if (!(came instanceof JsonBody)) return new Told('media-type');
      const read = body.safeParse(came.value);
      if (!read.success) return new Told('not-valid', { fields: fieldsOf(read.error) });
      fit.body = read.data;
    }
    return fit as Input<Operation>; // Each part was read by its own schema.
  };
}
