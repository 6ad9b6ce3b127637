/**
 * ACME (RFC 8555), `/acme/directory`: devices get certificates by clients that everybody has. Accounts take a pass (external account
 * binding, §7.3.4); names are proven by http-01, devices by the attestation of their TPM (device-attest-01).
 *
 * Nothing is decided here: a request is read strictly, the gate is asked, and its answer is told. Each answer brings a nonce (§6.5).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AcmeUseCases } from '../../gate/use-cases/acme/acme.ts';
import { type Account, type AcmeProblem, problem } from '../../gate/use-cases/acme/acme-words.ts';
import { readBody } from '../../http/bodies.ts';
import type { HttpDoor } from '../../http/http-door.ts';
import { JsonBody, parseJsonBytes } from '../../http/json-body.ts';
import { isLoopbackAddress } from '../../http/place-words.ts';
import { programArrivals } from '../../http/program-arrival.ts';
import { RefusedRequest } from '../../http/refusal.ts';
import { type Clock, secondsUntil } from '../../kernel/clock.ts';
import type { Networks } from '../../kernel/networks.ts';
import { ok, type Result } from '../../kernel/result.ts';
import { pemOf } from '../../wire/der/pem.ts';
import {
  type AcmePlaces,
  accountView,
  acmePlaces,
  authorizationView,
  challengeView,
  directoryView,
  orderView,
  problemView,
  statusOf,
} from './acme-answers.ts';
import {
  type Asked,
  readAttestationPayload,
  readFinalize,
  readKeyChange,
  readNewAccount,
  readNewOrder,
  readRevocation,
  wantsDeactivation,
} from './acme-payloads.ts';
import { type JwsBody, readJwsBody } from './jws-body.ts';

export interface AcmeDoorDeps {
  readonly acme: AcmeUseCases;
  readonly origin: () => string;
  /** Whether clients reach us over TLS: here, or at a proxy in front. */
  readonly secure: boolean;
  readonly trustedNetwork: Networks;
  readonly clock: Clock;
  readonly report: (fault: unknown) => void;
}

const PREFIX = '/acme';
const MOST_BYTES = 64 * 1024;
const JOSE = 'application/jose+json';

type Told = Result<Answer, AcmeProblem>;
interface Answer {
  readonly status?: number;
  readonly body?: unknown;
  readonly location?: string;
  /** What it belongs to (§7.1, `up`). */
  readonly up?: string;
  readonly pem?: string;
}
type ByAccount = (
  came: { readonly account: Account; readonly jws: JwsBody; readonly param: string },
  request: FastifyRequest,
) => Promise<Told>;

const tell = (body: unknown, more: Omit<Answer, 'body'> = {}): Told => ok({ body, ...more });

export function createAcmeDoor(deps: AcmeDoorDeps): HttpDoor {
  const { acme, origin, secure, clock, report } = deps;
  const { signed, accounts, orders, challenges, certificates, revocations } = acme;
  const places: AcmePlaces = acmePlaces(origin);
  const arrival = programArrivals('acme', deps.trustedNetwork);

  function framed(reply: FastifyReply) {
    return reply
      .header('replay-nonce', acme.nonces.next())
      .header('link', `<${places.at('directory')}>;rel="index"`)
      .header('cache-control', 'no-store');
  }

  function refuse(reply: FastifyReply, refused: AcmeProblem) {
    if (refused.retryAt !== undefined) {
      const wait = secondsUntil(refused.retryAt, clock.now());
      reply.header('retry-after', String(wait));
    }
    return framed(reply)
      .code(statusOf(refused))
      .type('application/problem+json')
      .send(JSON.stringify(problemView(refused)));
  }

  function send(reply: FastifyReply, told: Told) {
    if (!told.ok) return refuse(reply, told.error);
    const { status = 200, body, location, up, pem } = told.value;
    framed(reply).code(status);
    if (up !== undefined)
      reply.header('link', [reply.getHeader('link'), `<${up}>;rel="up"`].join(', '));
    if (location !== undefined) reply.header('location', location);
    if (pem !== undefined) return reply.type('application/pem-certificate-chain').send(pem);
    if (body === undefined) return reply.send('');
    return reply.type('application/json; charset=utf-8').send(JSON.stringify(body));
  }

  /** The request as it is signed, for this address (§6.4). */
  function jwsOf(request: FastifyRequest): Asked<JwsBody> {
    const { body, source } = request;
    if (!secure && !isLoopbackAddress(source.address)) {
      return { ok: false, error: problem('unauthorized', 'This goes over HTTPS alone.') };
    }
    const jws = body instanceof JsonBody ? readJwsBody(body.value) : undefined;
    if (jws === undefined) {
      return { ok: false, error: problem('malformed', 'The body is no JWS of RFC 8555 §6.2.') };
    }
    return jws.url === origin() + request.url
      ? ok(jws)
      : { ok: false, error: problem('unauthorized', 'It was signed for another address.') };
  }

  const idIn = (kid: string | undefined) => {
    const before = places.account('');
    return kid?.startsWith(before) ? kid.slice(before.length) : undefined;
  };

  async function guarded(reply: FastifyReply, work: () => Promise<Told>) {
    try {
      return send(reply, await work());
    } catch (fault) {
      report(fault);
      return refuse(reply, problem('serverInternal', 'That did not work here. Try again later.'));
    }
  }

  /** A request by an account. */
  const byAccount =
    (answer: ByAccount) =>
    (request: FastifyRequest<{ Params: { readonly id?: string } }>, reply: FastifyReply) =>
      guarded(reply, async () => {
        const read = jwsOf(request);
        if (!read.ok) return read;
        const kid = idIn(read.value.kid);
        const came = await signed.byAccount({ ...read.value, kid }, arrival(request));
        if (!came.ok) return came;
        return answer(
          { account: came.value, jws: read.value, param: request.params.id ?? '' },
          request,
        );
      });

  const routes = {
    newAccount: (request: FastifyRequest, reply: FastifyReply) =>
      guarded(reply, async () => {
        const read = jwsOf(request);
        if (!read.ok) return read;
        const wanted = readNewAccount(read.value);
        if (!wanted.ok) return wanted;
        const done = await accounts.create(read.value, wanted.value, arrival(request));
        if (!done.ok) return done;
        const { account, fresh } = done.value;
        return tell(accountView(places, account), {
          status: fresh ? 201 : 200,
          location: places.account(account.id),
        });
      }),

    account: byAccount(async ({ account, jws, param }, request) => {
      if (param !== account.id) return { ok: false, error: problem('unauthorized', 'Not yours.') };
      // What is not about its end changes nothing: no contacts are kept (§7.3.2).
      if (!wantsDeactivation(jws)) return tell(accountView(places, account));
      const ended = await accounts.end(account, arrival(request));
      return ended.ok ? tell(accountView(places, ended.value)) : ended;
    }),

    orders: byAccount(async ({ account, param }) => {
      if (param !== account.id) return { ok: false, error: problem('unauthorized', 'Not yours.') };
      const listed = await orders.list(account);
      return listed.ok ? tell({ orders: listed.value.map(places.order) }) : listed;
    }),

    newOrder: byAccount(async ({ account, jws }, request) => {
      const wanted = readNewOrder(jws);
      if (!wanted.ok) return wanted;
      const order = await orders.create(account, wanted.value, arrival(request));
      if (!order.ok) return order;
      const location = places.order(order.value.id);
      return tell(orderView(places, order.value), { status: 201, location });
    }),

    order: byAccount(async ({ account, param }) => {
      const order = await orders.order(account, param);
      return order.ok ? tell(orderView(places, order.value)) : order;
    }),

    finalize: byAccount(async ({ account, jws, param }, request) => {
      const asked = readFinalize(jws);
      if (!asked.ok) return asked;
      const order = await certificates.finalize(account, param, asked.value, arrival(request));
      if (!order.ok) return order;
      return tell(orderView(places, order.value), { location: places.order(order.value.id) });
    }),

    authorization: byAccount(async ({ account, jws, param }) => {
      const found = wantsDeactivation(jws)
        ? await orders.deactivate(account, param)
        : await orders.authorization(account, param);
      return found.ok ? tell(authorizationView(places, found.value)) : found;
    }),

    challenge: byAccount(async ({ account, jws, param }, request) => {
      // §7.5.1: with a payload it is ready to be tried; without one it is only looked at.
      const found = jws.empty
        ? await orders.authorization(account, param)
        : await challenges.answer(
            account,
            param,
            readAttestationPayload(jws.payload),
            arrival(request),
          );
      if (!found.ok) return found;
      const up = places.authorization(found.value.id);
      return tell(challengeView(places, found.value), { up });
    }),

    certificate: byAccount(async ({ account, param }) => {
      const chain = await certificates.chain(account, param);
      return chain.ok ? ok({ pem: chain.value.map(pemOf).join('') }) : chain;
    }),

    keyChange: byAccount(async ({ account, jws }, request) => {
      const change = readKeyChange(jws, idIn);
      if (!change.ok) return change;
      const changed = await accounts.changeKey(account, change.value, arrival(request));
      return changed.ok ? tell(accountView(places, changed.value)) : changed;
    }),

    revoke: (request: FastifyRequest, reply: FastifyReply) =>
      guarded(reply, async () => {
        const read = jwsOf(request);
        if (!read.ok) return read;
        const asked = readRevocation(read.value);
        if (!asked.ok) return asked;
        const came = arrival(request);
        const by =
          read.value.kid === undefined
            ? await signed.byKey(read.value, 'acme.revoke', came)
            : await signed.byAccount(
                { ...read.value, kid: idIn(read.value.kid) },
                came,
                'acme.revoke',
              );
        const revoked = await revocations.revoke(by, asked.value, came);
        return revoked.ok ? ok({}) : revoked;
      }),
  };

  return {
    id: 'acme',
    prefix: PREFIX,
    mount(app: FastifyInstance) {
      app.removeAllContentTypeParsers();
      readBody(app, JOSE, (bytes) => {
        const read = parseJsonBytes(bytes);
        return ok(read.ok ? read.value : undefined);
      });
      app.addHook('onRequest', async (request) => {
        if (request.raw.url?.includes('?')) throw new RefusedRequest('bad-request');
      });
      const options = { bodyLimit: MOST_BYTES };
      app.get(`${PREFIX}/directory`, async (_request, reply) =>
        send(reply, tell(directoryView(places))),
      );
      // §7.2: a GET is answered with nothing, and so not with a 200.
      app.route({
        method: ['GET', 'HEAD'],
        url: `${PREFIX}/new-nonce`,
        handler: async ({ method }, reply) =>
          send(reply, ok({ status: method === 'HEAD' ? 200 : 204 })),
      });
      app.post(`${PREFIX}/new-account`, options, routes.newAccount);
      app.post(`${PREFIX}/account/:id`, options, routes.account);
      app.post(`${PREFIX}/account/:id/orders`, options, routes.orders);
      app.post(`${PREFIX}/new-order`, options, routes.newOrder);
      app.post(`${PREFIX}/order/:id`, options, routes.order);
      app.post(`${PREFIX}/order/:id/finalize`, options, routes.finalize);
      app.post(`${PREFIX}/authz/:id`, options, routes.authorization);
      app.post(`${PREFIX}/challenge/:id`, options, routes.challenge);
      app.post(`${PREFIX}/certificate/:id`, options, routes.certificate);
      app.post(`${PREFIX}/key-change`, options, routes.keyChange);
      app.post(`${PREFIX}/revoke-cert`, options, routes.revoke);
    },
    refuse(_request, reply, { status, code }) {
      const error = code === 'throttled' || code === 'busy' ? 'rateLimited' : 'malformed';
      const body = {
        ...problemView(problem(status >= 500 ? 'serverInternal' : error, `${status} ${code}`)),
        status,
      };
      void framed(reply).type('application/problem+json').send(JSON.stringify(body));
    },
  };
}
