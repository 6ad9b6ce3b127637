/**
 * `POST /oidc/register` (RFC 7591 §3), by invitation alone: who brings none is told nothing but that. What was registered is read
 * changed and taken away at `/oidc/register/<client id>` by the token that was told with it (RFC 7592 §2).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type {
  AppRegistration,
  NoRegistration,
} from '../../../gate/use-cases/apps/registration/app-registration.ts';
import { JSON_TYPE, readBody } from '../../../http/bodies.ts';
import { JsonBody, parseJsonBytes } from '../../../http/json-body.ts';
import { RefusedRequest } from '../../../http/refusal.ts';
import { type Clock, SECOND } from '../../../kernel/clock.ts';
import { ok } from '../../../kernel/result.ts';
import {
  type OAuthErrorCode,
  oauthError,
  type Scheme,
  sendError,
  sendJson,
} from '../oauth-answer.ts';
import { clientInformation, readClientChange, readClientMetadata } from './client-metadata.ts';
import type { Requests } from './requests.ts';

export interface RegistrationDeps {
  readonly registration: AppRegistration;
  readonly requests: Requests;
  readonly issuer: () => string;
  readonly clock: Clock;
}

/** Where applications register, at the issuer. */
export const registrationAt = (issuer: string) => `${issuer}/register`;

const MOST_BYTES = 32 * 1024;
const BEARER = /^Bearer ([A-Za-z0-9_-]{1,256})$/i;

const seconds = (milliseconds: number) => Math.floor(milliseconds / SECOND);
const bearer = ({ headers }: FastifyRequest) => BEARER.exec(headers.authorization ?? '')?.[1];

export function mountRegistration(app: FastifyInstance, deps: RegistrationDeps): void {
  const { registration, requests, issuer, clock } = deps;
  app.removeAllContentTypeParsers();
  // What can't be read is told only to those who are invited.
  readBody(app, JSON_TYPE, (bytes) => {
    const read = parseJsonBytes(bytes);
    return ok(read.ok ? read.value : undefined);
  });
  // Tokens come in one place, and no other (RFC 6750 §2.3).
  app.addHook('onRequest', async (request) => {
    if (request.raw.url?.includes('?')) throw new RefusedRequest('bad-request');
  });

  const fail = (reply: FastifyReply, error: OAuthErrorCode, status = 400, scheme?: Scheme) =>
    sendError(reply, oauthError(error, status), scheme, clock.now());
  const tell = (reply: FastifyReply, body: unknown, status = 200) =>
    sendJson(reply, JSON.stringify(body), status);

  /** RFC 6750 §3: no reason is given to whoever brought nothing. */
  function refuse(request: FastifyRequest, reply: FastifyReply, why: NoRegistration) {
    switch (why.code) {
      case 'throttled': {
        const wait = { ...oauthError('temporarily_unavailable', 429), retryAt: why.retryAt };
        return sendError(reply, wait, undefined, clock.now());
      }
      case 'not-valid':
        return fail(reply, 'invalid_client_metadata');
      case 'elsewhere':
        return fail(reply, 'invalid_redirect_uri');
      case 'not-permitted':
        return fail(reply, 'access_denied', 403);
      case 'wrong': {
        if (request.headers.authorization !== undefined) {
          return fail(reply, 'invalid_token', 401, 'Bearer');
        }
        reply.header('www-authenticate', 'Bearer');
        return fail(reply, 'invalid_token', 401);
      }
    }
  }

  const registered = (id: string, at: number) => ({
    client_id: id,
    client_id_issued_at: seconds(at),
    registration_client_uri: `${registrationAt(issuer())}/${id}`,
  });

  app.post('/oidc/register', { bodyLimit: MOST_BYTES }, async (request, reply) => {
    const arrival = requests.arrival(request);
    const token = bearer(request);
    const welcome = await registration.welcome(token, arrival);
    if (!welcome.ok) return refuse(request, reply, welcome.error);
    if (token === undefined) return refuse(request, reply, { code: 'wrong' });
    const value = request.body instanceof JsonBody ? request.body.value : undefined;
    const read = readClientMetadata(value, new URL(issuer()).origin);
    if (!read.ok) {
      const { error, field } = read.error;
      await registration.malformed({ invitation: welcome.value }, field, arrival);
      return fail(reply, error);
    }
    const done = await registration.register(token, read.value, arrival);
    if (!done.ok) return refuse(request, reply, done.error);
    const { app, at, secret, secretEndsAt } = done.value;
    const told = {
      ...clientInformation(app),
      ...registered(app.id, at),
      registration_access_token: done.value.token,
      ...(secret !== null && {
        client_secret: secret,
        client_secret_expires_at: secretEndsAt === null ? 0 : seconds(secretEndsAt),
      }),
    };
    return tell(reply, told, 201);
  });

  const one = '/oidc/register/:client';
  const clientOf = (request: FastifyRequest) => (request.params as { client: string }).client; // Of `one`.

  app.get(one, async (request, reply) => {
    const token = bearer(request);
    const seen = await registration.see(clientOf(request), token, requests.arrival(request));
    if (!seen.ok) return refuse(request, reply, seen.error);
    const { app: found, at } = seen.value;
    // The token goes with it (RFC 7592 §3). The secret does not: we have its hash alone.
    return tell(reply, {
      ...clientInformation(found),
      ...registered(found.id, at),
      registration_access_token: token,
    });
  });

  app.delete(one, async (request, reply) => {
    const arrival = requests.arrival(request);
    const left = await registration.leave(clientOf(request), bearer(request), arrival);
    if (!left.ok) return refuse(request, reply, left.error);
    return reply.code(204).header('cache-control', 'no-store').send();
  });

  app.put(one, { bodyLimit: MOST_BYTES }, async (request, reply) => {
    const arrival = requests.arrival(request);
    const token = bearer(request);
    const client = clientOf(request);
    // What else is wrong with it is told only to whoever has the token.
    const seen = await registration.see(client, token, arrival);
    if (!seen.ok) return refuse(request, reply, seen.error);
    const value = request.body instanceof JsonBody ? request.body.value : undefined;
    const read = readClientChange(value, client, new URL(issuer()).origin);
    if (!read.ok) {
      const { error, field } = read.error;
      await registration.malformed({ app: seen.value.app.id }, field, arrival);
      return fail(reply, error);
    }
    const done = await registration.change(client, token, read.value, arrival);
    if (!done.ok) return refuse(request, reply, done.error);
    return tell(reply, {
      ...clientInformation(done.value.app),
      ...registered(client, done.value.at),
      registration_access_token: done.value.token,
    });
  });
}
