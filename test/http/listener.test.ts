import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import type { Answered } from '../../server/http/app.ts';
import { fitForm, fitQuery } from '../../server/http/form.ts';
import type { HttpDoor } from '../../server/http/http-door.ts';
import { fitJson } from '../../server/http/json-body.ts';
import { defaultLimits } from '../../server/http/limits.ts';
import { createListener } from '../../server/http/listener.ts';
import { rawExchange, startListener, type TestListener } from '../support/http-listener.ts';

const form = z.strictObject({ name: z.string() });

const echo: HttpDoor = {
  id: 'echo',
  prefix: '/',
  mount(app) {
    app.get('/source', (request) => request.source);
    app.get('/query', (request, reply) => {
      const read = fitQuery(request.url, form);
      return read.ok ? read.value : reply.code(400).send(read.error);
    });
    app.get('/secret/:pass', () => 'seen');
    app.get('/fault', () => {
      throw new Error('the database said: secret-detail');
    });
    app.post('/form', (request, reply) => {
      const read = fitForm(request.body, form);
      return read.ok ? read.value : reply.code(400).send(read.error);
    });
    app.post('/json', (request, reply) => {
      const read = fitJson(request.body, form);
      return read.ok ? read.value : reply.code(400).send(read.error);
    });
  },
  refuse: (_request, reply, refused) => void reply.type('text/plain').send(refused.code),
};

describe('the listener', () => {
  let server: TestListener;
  const answered: Answered[] = [];
  before(async () => {
    server = await startListener(
      () => [echo],
      { limits: { headersMs: 200, requestMs: 400, checkMs: 50 } },
      { onAnswered: (each) => answered.push(each) },
    );
  });
  after(() => server.listener.stop());

  const post = (path: string, body: string | Uint8Array<ArrayBuffer>, type: string) =>
    fetch(server.origin + path, { method: 'POST', body, headers: { 'content-type': type } });
  const raw = (lines: string[], body = '') =>
    rawExchange(server.port, `${lines.join('\r\n')}\r\nconnection: close\r\n\r\n${body}`);
  const host = () => `host: localhost:${server.port}`;

  test('keeps an idle connection for longer than the proxies before it do, within limits that leave a slow request less', async () => {
    const { headers } = await fetch(`${server.origin}/source`);
    const [, seconds] = /timeout=(\d+)/.exec(headers.get('keep-alive') ?? '') ?? [];
    assert.ok(Number(seconds) > 120, `${seconds} s`);
    const { keepAliveMs, headersMs, requestMs, stillMs } = defaultLimits;
    assert.ok(headersMs < requestMs && requestMs < keepAliveMs && keepAliveMs < stillMs);
  });

  test('every answer carries the security headers, a request id and no hint of what serves it', async () => {
    for (const path of ['/source', '/nowhere', '/fault']) {
      const { headers } = await fetch(server.origin + path);
      assert.match(
        headers.get('content-security-policy') ?? '',
        /default-src 'none'.*frame-ancestors 'none'/,
      );
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin');
      assert.match(headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
      assert.equal(headers.get('server'), null);
      assert.equal(headers.get('x-powered-by'), null);
      assert.equal(headers.get('access-control-allow-origin'), null);
    }
  });

  test('a fault is told in one word and logged in full', async () => {
    const response = await fetch(`${server.origin}/fault`);
    assert.equal(response.status, 500);
    assert.equal(await response.text(), 'fault');
    const id = response.headers.get('x-request-id') ?? '';
    assert.ok(server.logged.some((line) => line.includes(id) && line.includes('secret-detail')));
  });

  test('logs hold the pattern of a route and nothing that was typed into it', async () => {
    await fetch(`${server.origin}/secret/hunter2?token=hunter3`, {
      headers: { cookie: 'a=hunter4', authorization: 'Bearer hunter5' },
    });
    await post('/form', 'name=hunter6', 'application/x-www-form-urlencoded');
    await fetch(`${server.origin}/nowhere/hunter7`);
    await raw(['GET /secret/%zz-hunter8 HTTP/1.1', host()]);
    const lines = server.logged.join('');
    assert.match(lines, /"route":"\/secret\/:pass"/);
    assert.doesNotMatch(lines, /hunter/);
  });

  test('metrics are told of each answer by its pattern', async () => {
    await fetch(`${server.origin}/secret/x`);
    await new Promise(setImmediate);
    const last = answered.at(-1);
    assert.equal(last?.route, '/secret/:pass');
    assert.equal(last?.status, 200);
  });

  test('a form and a JSON body are read, each by its own route alone', async () => {
    const urlencoded = 'application/x-www-form-urlencoded';
    assert.equal(await (await post('/form', 'name=a+b', urlencoded)).text(), '{"name":"a b"}');
    assert.equal((await post('/form', 'name=a', `${urlencoded}; charset=UTF-8`)).status, 200);
    assert.equal((await post('/json', '{"name":"a"}', 'application/json')).status, 200);
    assert.equal((await post('/form', '{"name":"a"}', 'application/json')).status, 400);
    assert.equal((await post('/json', 'name=a', urlencoded)).status, 400);
  });

  test('a body of another type, encoding or form gets a clear 4xx', async () => {
    const urlencoded = 'application/x-www-form-urlencoded';
    assert.equal((await post('/form', 'name=a', 'text/plain')).status, 415);
    assert.equal((await post('/form', 'name=a', 'multipart/form-data; boundary=x')).status, 415);
    assert.equal((await post('/form', 'name=a', `${urlencoded}; charset=utf-16`)).status, 415);
    assert.equal(
      (await post('/json', '{"name":"a"}', 'application/json; charset=latin1')).status,
      415,
    );
    assert.equal(
      (await post('/json', new Uint8Array([0x22, 0xff, 0x22]), 'application/json')).status,
      400,
    );
    assert.equal((await post('/form', 'name=a&name=b', urlencoded)).status, 400);
    assert.equal((await post('/form', `name=${'a'.repeat(70_000)}`, urlencoded)).status, 413);
    assert.equal((await fetch(`${server.origin}/form`, { method: 'POST' })).status, 400);
  });

  test('a doubled query parameter is refused', async () => {
    assert.equal((await fetch(`${server.origin}/query?name=a`)).status, 200);
    assert.equal((await fetch(`${server.origin}/query?name=a&name=b`)).status, 400);
  });

  test('a malformed address, an unknown path and an unknown method are the client’s mistakes', async () => {
    assert.match(await raw(['GET /secret/%zz HTTP/1.1', host()]), /^HTTP\/1.1 400 /);
    assert.match(await raw(['GET /secret/%c0%80 HTTP/1.1', host()]), /^HTTP\/1.1 400 /);
    assert.match(await raw(['GET //evil.example HTTP/1.1', host()]), /^HTTP\/1.1 404 /);
    assert.match(await raw([`GET /secret/${'x'.repeat(300)} HTTP/1.1`, host()]), /^HTTP\/1.1 414 /);
    assert.match(await raw(['BREW / HTTP/1.1', host()]), /^HTTP\/1.1 4\d\d /);
    assert.match(await raw(['GET / HTTP/9.9', host()]), /^HTTP\/1.1 4\d\d /);
    assert.match(await raw(['\u0016\u0003\u0001']), /^HTTP\/1.1 400 /);
  });

  test('headers that decide something may come once', async () => {
    const get = 'GET /source HTTP/1.1';
    assert.match(await raw([get, host()]), /^HTTP\/1.1 200 /);
    assert.match(await raw([get, host(), host()]), /^HTTP\/1.1 400 /);
    assert.match(await raw([get, host(), 'cookie: a=1', 'Cookie: a=2']), /^HTTP\/1.1 400 /);
    assert.match(await raw([get, host(), 'origin: a', 'origin: b']), /^HTTP\/1.1 400 /);
    const smuggled = [
      'POST /form HTTP/1.1',
      host(),
      'content-length: 6',
      'transfer-encoding: chunked',
    ];
    assert.match(await raw(smuggled, 'name=a'), /^HTTP\/1.1 400 /);
  });

  test('headers that are too large are refused as that', async () => {
    const answer = await raw(['GET /source HTTP/1.1', host(), `x-long: ${'x'.repeat(20_000)}`]);
    assert.match(answer, /^HTTP\/1.1 431 /);
  });

  test('a request that dribbles in is cut off', async () => {
    const headers = await rawExchange(server.port, 'GET /source HTTP/1.1\r\nhost: x');
    assert.match(headers, /^HTTP\/1.1 408 /);
    const lines = [
      'POST /form HTTP/1.1',
      host(),
      'content-type: application/x-www-form-urlencoded',
    ];
    const body = await rawExchange(
      server.port,
      `${lines.join('\r\n')}\r\ncontent-length: 100\r\n\r\nname=`,
    );
    assert.match(body, /^HTTP\/1.1 408 /);
  });

  test('a request under another name is not ours', async () => {
    assert.match(await raw(['GET /source HTTP/1.1', 'host: evil.example']), /^HTTP\/1.1 421 /);
    assert.match(await raw(['GET /source HTTP/1.1', 'host: localhost:1']), /^HTTP\/1.1 421 /);
    assert.match(
      await raw(['GET /source HTTP/1.1', `host: 127.0.0.1:${server.port}`]),
      /^HTTP\/1.1 200 /,
    );
  });

  test('a forwarded address is believed from a named proxy alone', async (t) => {
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    const direct = Object(await (await fetch(`${server.origin}/source`, { headers })).json());
    assert.match(direct.address, /^(127\.0\.0\.1|::1)$/);
    const behind = await startListener(() => [echo], { trustedProxies: ['127.0.0.1', '::1'] });
    t.after(() => behind.listener.stop());
    const through = await (await fetch(`${behind.origin}/source`, { headers })).json();
    assert.deepEqual(through, {
      ...{ address: '203.0.113.9', network: '203.0.113.9' },
      byProxy: true,
    });
    const wrong = await fetch(`${behind.origin}/source`, { headers: { 'x-forwarded-for': 'me' } });
    assert.equal(wrong.status, 400);
  });
});

test('without TLS it listens on this computer alone', () => {
  // Nothing of these is called before a request.
  const deps = {} as Parameters<typeof createListener>[0];
  for (const host of ['0.0.0.0', '::', '192.168.1.4', 'signin.example.com']) {
    const made = createListener(deps, { host, port: 0 });
    assert.deepEqual(made, { ok: false, error: { code: 'plain-off-loopback' } }, host);
  }
  for (const host of ['localhost', '127.0.0.1', '::1']) {
    assert.ok(createListener(deps, { host, port: 0 }).ok, host);
  }
});
