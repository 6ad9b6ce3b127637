/** The certificates and lists of the authority, among the other doors. What is where, pki-answers.ts says. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readBody } from '../../http/bodies.ts';
import { isWithoutQuery } from '../../http/form.ts';
import type { HttpDoor } from '../../http/http-door.ts';
import { RefusedRequest } from '../../http/refusal.ts';
import { ok } from '../../kernel/result.ts';
import { LARGEST_OCSP, OCSP_REQUEST, type PkiAnswer, type PkiAnswers } from './pki-answers.ts';

const PUBLISHED = ['ca.cer', 'root.cer', 'root.pem', 'chain.pem', 'issuing.crl', 'root.crl'];

export function createPkiDoor({ answers }: { readonly answers: PkiAnswers }): HttpDoor {
  const send = (reply: FastifyReply, answer: PkiAnswer | undefined) => {
    if (answer === undefined) throw new RefusedRequest('not-found');
    reply.type(answer.type);
    if (answer.maxAge !== undefined) {
      reply.header(
        'cache-control',
        `public, max-age=${answer.maxAge}, no-transform, must-revalidate`,
      );
    }
    return reply.send(answer.body);
  };
  const get = async (request: FastifyRequest, reply: FastifyReply) => {
    const { url = '' } = request.raw;
    if (!isWithoutQuery(url)) throw new RefusedRequest('bad-request');
    return send(reply, await answers.get(pathOf(url)));
  };

  return {
    id: 'pki',
    prefix: '/pki',
    anyHost: ['/pki/'],
    mount(app) {
      readBody(app, OCSP_REQUEST, (bytes) => ok(bytes));
      for (const name of PUBLISHED) app.get(`/pki/${name}`, get);
      app.get('/pki/ca/:id', get);
      app.get('/pki/crl/:id', get);
      app.get('/pki/ocsp/*', get);
      app.post('/pki/ocsp', { bodyLimit: LARGEST_OCSP }, async (request, reply) => {
        const { body } = request;
        if (!(body instanceof Uint8Array)) throw new RefusedRequest('media-type');
        return send(reply, await answers.ocsp(body));
      });
    },
    refuse(_request, reply, { status, code }) {
      reply.type('text/plain; charset=utf-8').send(`${status} ${code}\n`);
    },
  };
}

/** As it was sent: in a question, a slash is a character like others. */
function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}
