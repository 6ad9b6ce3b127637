import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import fastify from 'fastify';
import { type ExpressRequest, guardExpress } from '../../verify/src/adapters/guard-express.ts';
import { guardFastify } from '../../verify/src/adapters/guard-fastify.ts';
import { guardFetch } from '../../verify/src/adapters/guard-fetch.ts';
import { type AccessToken, createVerifier, type Verifier } from '../../verify/src/verifier.ts';
import { makeCertificate } from '../support/certificates.ts';
import { AUDIENCE, type Issuer, makeHolder, startIssuer } from './issuer.ts';

let issuer: Issuer;
let verifier: Verifier;
const secret = new Uint8Array(32).fill(3);
before(async () => {
  issuer = await startIssuer();
  verifier = createVerifier({
    issuer: issuer.issuer,
    audience: AUDIENCE,
    now: issuer.clock.now,
    dpop: { nonceSecret: secret },
  });
});
after(() => issuer.stop());

const bearer = async (claims = {}) => ({ authorization: `Bearer ${await issuer.token(claims)}` });
type WithAccess = { access: AccessToken };

describe('a log', () => {
  it('is told why somebody was refused, and who was let in is no refusal', async () => {
    const told: string[] = [];
    const app = fastify();
    const logging = createVerifier({
      issuer: issuer.issuer,
      audience: `${AUDIENCE}/`,
      now: issuer.clock.now,
      onRefused: (reason, { method, url }) => told.push(`${reason} ${method} ${url}`),
    });
    await app.register(guardFastify, { verifier: logging });
    app.get('/keys', () => '');
    const refused = await app.inject({ url: '/keys?a=b', headers: await bearer() });
    assert.equal(refused.statusCode, 401);
    assert.deepEqual(told, ['wrong-audience GET /keys?a=b']);
    const headers = await bearer({ aud: `${AUDIENCE}/` });
    assert.equal((await app.inject({ url: '/keys', headers })).statusCode, 200);
    assert.equal(told.length, 1);
  });
});

describe('the plugin for fastify', () => {
  async function api() {
    const app = fastify();
    await app.register(guardFastify, { verifier });
    app.get('/open', { config: { access: 'public' } }, () => 'hello');
    // The plugin puts the token there before any handler.
    app.get('/keys', (request) => (request as unknown as WithAccess).access.subject);
    app.post('/keys', { config: { access: { scopes: ['keys:import'], freshFor: 300 } } }, () => '');
    app.get('/misspelt', { config: { access: { scope: ['keys:read'] } } }, () => 'open?');
    return app;
  }

  it('needs a token of every route that is not public, and gives it to the handler', async () => {
    const app = await api();
    assert.equal((await app.inject('/open')).body, 'hello');
    const refused = await app.inject('/keys');
    assert.equal(refused.statusCode, 401);
    assert.match(String(refused.headers['www-authenticate']), /^Bearer, DPoP algs=/);
    assert.equal(refused.headers['cache-control'], 'no-store');
    assert.deepEqual(refused.json(), { error: 'access_denied' });
    const granted = await app.inject({ url: '/keys', headers: await bearer() });
    assert.deepEqual([granted.statusCode, granted.body], [200, 'ada']);
  });

  it('answers 403 for a scope and 401 for an age, each with what is needed', async () => {
    const app = await api();
    const post = async (claims: object) =>
      app.inject({ method: 'POST', url: '/keys', headers: await bearer(claims) });
    const narrow = await post({});
    assert.equal(narrow.statusCode, 403);
    assert.match(String(narrow.headers['www-authenticate']), /scope="keys:import"/);
    const old = await post({ scope: 'keys:import', auth_time: issuer.seconds() - 900 });
    assert.equal(old.statusCode, 401);
    assert.match(String(old.headers['www-authenticate']), /max_age="300"/);
    assert.deepEqual(old.json(), { error: 'insufficient_user_authentication' });
    const fresh = await post({ scope: 'keys:import', auth_time: issuer.seconds() - 9 });
    assert.equal(fresh.statusCode, 200);
  });

  it('refuses with a fault where a need is misspelt, and what has no route without a token', async () => {
    const app = await api();
    const misspelt = await app.inject({ url: '/misspelt', headers: await bearer() });
    assert.equal(misspelt.statusCode, 500);
    assert.notEqual(misspelt.body, 'open?');
    assert.equal((await app.inject('/nowhere')).statusCode, 401);
  });

  it('sees a second Authorization header, which Node would drop without a word', async (t) => {
    const app = await api();
    t.after(() => app.close());
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { authorization } = await bearer();
    const ask = (...values: string[]) =>
      new Promise<number | undefined>((resolve, reject) => {
        const headers = values.flatMap((value) => ['Authorization', value]);
        // It listens on TCP, so its address is no path.
        const { port } = app.server.address() as AddressInfo;
        httpRequest({ port, host: '127.0.0.1', path: '/keys', headers: ['Host', 'x', ...headers] })
          .on('response', (response) => {
            response.resume();
            resolve(response.statusCode);
          })
          .on('error', reject)
          .end();
      });
    assert.equal(await ask(authorization, 'Bearer of.an.attacker'), 400);
    assert.equal(await ask(authorization), 200);
  });

  it('takes the certificate of the TLS connection (RFC 8705 §3)', async (t) => {
    const server = makeCertificate({ subject: { CN: 'localhost' }, authority: false });
    const mine = makeCertificate({ subject: { CN: 'reader' }, authority: false });
    const theirs = makeCertificate({ subject: { CN: 'reader' }, authority: false });
    const app = fastify({
      https: {
        cert: server.pem,
        key: server.keyPem,
        requestCert: true,
        rejectUnauthorized: false,
      },
    });
    t.after(() => app.close());
    await app.register(guardFastify, { verifier });
    app.get('/keys', (request) => (request as unknown as WithAccess).access.boundBy);
    await app.listen({ port: 0, host: '127.0.0.1' });

    const thumbprint = createHash('sha256').update(mine.der).digest('base64url');
    const headers = await bearer({ cnf: { 'x5t#S256': thumbprint } });
    const ask = (client?: typeof mine) =>
      new Promise<string>((resolve, reject) => {
        const { port } = app.server.address() as AddressInfo;
        const tls = client && { cert: client.pem, key: client.keyPem };
        const at = { port, host: '127.0.0.1', path: '/keys', headers, agent: false };
        httpsRequest({ ...at, ...tls, rejectUnauthorized: false })
          .on('response', async (response) => {
            const body = (await response.toArray()).join('');
            resolve(`${response.statusCode} ${body}`);
          })
          .on('error', reject)
          .end();
      });
    assert.equal(await ask(mine), '200 ["certificate"]');
    assert.equal(await ask(theirs), '401 {"error":"invalid_token"}');
    assert.equal(await ask(), '401 {"error":"invalid_token"}');
  });
});

describe('the middleware for express', () => {
  /** As much of express as a middleware sees: the path is cut by routers, and errors go to the end of the chain. */
  async function asked(
    headers: Record<string, string>,
    needs = {},
    handler: (request: ExpressRequest) => string = (request) => request.access?.subject ?? 'none',
  ) {
    const guard = guardExpress(verifier)(needs);
    let calls = 0;
    const server = createServer((incoming, response) => {
      const request: ExpressRequest = Object.assign(incoming, {
        originalUrl: incoming.url ?? '',
        url: '/cut',
      });
      const next = (error?: unknown) => {
        calls += 1;
        if (error !== undefined) response.writeHead(500).end('fault');
        else response.end(handler(request));
      };
      try {
        guard(request, response, next);
      } catch {
        response.writeHead(500).end('thrown');
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/keys`, { headers });
    const answer = { status: response.status, body: await response.text(), response, calls };
    await new Promise((resolve) => server.close(resolve));
    return answer;
  }

  it('gives the token to what comes next, once', async () => {
    const { status, body, calls } = await asked(await bearer());
    assert.deepEqual([status, body, calls], [200, 'ada', 1]);
  });

  it('answers itself where it refuses, and nothing comes next', async () => {
    const { status, body, calls, response } = await asked({});
    assert.deepEqual([status, body, calls], [401, '{"error":"access_denied"}', 0]);
    assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer, DPoP/);
  });

  it('hands a mistake in its needs to the error handler, and grants nothing', async () => {
    const { status, body, calls } = await asked(await bearer(), { scopes: ['a b'] });
    assert.deepEqual([status, body, calls], [500, 'fault', 1]);
  });

  it('proves against the whole path, not against what a router left of it', async () => {
    const holder = await makeHolder();
    const token = await issuer.token({ cnf: { jkt: holder.jkt } });
    const ask = async (nonce?: string) => {
      const claims = nonce === undefined ? {} : { nonce };
      const dpop = await holder.proof({ token, at: issuer.clock.now(), claims });
      return asked({ authorization: `DPoP ${token}`, dpop });
    };
    const first = await ask();
    assert.equal(first.status, 401);
    const nonce = first.response.headers.get('dpop-nonce') ?? '';
    assert.equal((await ask(nonce)).body, 'ada');
  });
});

describe('the wrapper for handlers of fetch', () => {
  const handler = (request: Request, ...more: string[]) =>
    guardFetch(verifier)({ scopes: ['keys:read'] }, (_request, token, ...added: string[]) =>
      Response.json({ subject: token.subject, more: added }),
    )(request, ...more);
  const at = `${AUDIENCE}/keys`;

  it('gives request, token and whatever the platform adds to the handler', async () => {
    const response = await handler(new Request(at, { headers: await bearer() }), 'context');
    assert.deepEqual(await response.json(), { subject: 'ada', more: ['context'] });
  });

  it('refuses before the handler, with the challenge', async () => {
    const response = await handler(new Request(at));
    assert.equal(response.status, 401);
    assert.match(response.headers.get('www-authenticate') ?? '', /scope="keys:read"/);
    const twice = new Headers(await bearer());
    twice.append('authorization', twice.get('authorization') ?? '');
    assert.equal((await handler(new Request(at, { headers: twice }))).status, 400);
  });

  it('takes the certificate from where the platform has it', async () => {
    const mine = makeCertificate({ subject: { CN: 'reader' }, authority: false });
    const thumbprint = createHash('sha256').update(mine.der).digest('base64url');
    const headers = await bearer({ cnf: { 'x5t#S256': thumbprint } });
    const ask = (clientCertificate: () => string | undefined) =>
      guardFetch(verifier, { clientCertificate })({}, () => new Response('in'))(
        new Request(at, { headers }),
      );
    assert.equal((await ask(() => mine.pem)).status, 200);
    assert.equal((await ask(() => undefined)).status, 401);
  });

  it('brings a new nonce with the answer when the client’s grows old (RFC 9449 §8.2)', async () => {
    const holder = await makeHolder();
    const token = await issuer.token({ cnf: { jkt: holder.jkt } });
    const ask = async (nonce: string) => {
      const dpop = await holder.proof({ token, at: issuer.clock.now(), claims: { nonce } });
      return handler(new Request(at, { headers: { authorization: `DPoP ${token}`, dpop } }));
    };
    const nonce = (await ask('none')).headers.get('dpop-nonce') ?? '';
    const good = await ask(nonce);
    assert.deepEqual([good.status, good.headers.get('dpop-nonce')], [200, null]);
    issuer.clock.advance(120_000);
    const ageing = await ask(nonce);
    assert.equal(ageing.status, 200);
    assert.deepEqual(await ageing.json(), { subject: 'ada', more: [] });
    const renewed = ageing.headers.get('dpop-nonce') ?? '';
    assert.notEqual(renewed, nonce);
    issuer.clock.advance(60_000);
    assert.equal((await ask(renewed)).status, 200);
  });
});
