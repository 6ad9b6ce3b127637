/**
 * Requests of clients that are spoilt on purpose: credentials that come twice, headers that come twice, proofs of possession that are
 * none (CWE-288, CWE-436; RFC 6749 §2.3, RFC 9449 §4.3). Each is refused, the right request beside it is answered, and it is on record
 * whichever half of the token endpoint it was meant for: once a minute, and never so often that the record fills with it (CWE-779).
 */
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { MINUTE } from '../../server/kernel/clock.ts';
import { assertedBy, call, codeIn, redeem, signedIn } from '../support/code-client.ts';
import { count, events, eventsOf, type TestEvent } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { type OidcHouse, openOidcHouse, type TestApp } from '../support/oidc-house.ts';
import {
  addProcess,
  addProof,
  makeKey,
  processArrival,
  type SigningKey,
  signJws,
} from '../support/processes.ts';
import type { WebClient } from '../support/web-client.ts';

const faultsIn = (seen: readonly TestEvent[]) =>
  seen.filter(({ type }) => type === 'entry.refused').map(({ data }) => data.fault);

describe('a spoilt request', () => {
  let house: OidcHouse;
  let app: TestApp;
  let open: TestApp;
  let browser: WebClient;
  let secret = '';
  const key = makeKey('ES256', 'k1');
  before(async () => {
    house = await openOidcHouse();
    app = await house.addApp('wiki', { clientAuth: 'key' });
    await addProof(house, app.process, 'key', { jwk: key.jwk });
    open = await house.addApp('notes');
    const scopes = [{ name: 'read', says: 'To read.' }];
    const api = await house.addApi('payments', { audience: 'https://pay.example.com/', scopes });
    const billing = await addProcess(house, 'billing', [{ resource: api, scopes: ['read'] }]);
    const { shownOnce } = await addProof(house, billing, 'secret', {});
    secret = shownOnce?.[0] ?? '';
    browser = await signedIn(house, app, await house.person('ada'));
  });
  after(() => house.close());
  beforeEach(() => house.clock.advance(MINUTE));

  const basic = { authorization: `Basic ${Buffer.from('billing:guess').toString('base64')}` };
  const asked = () => ({
    grant_type: 'client_credentials',
    client_id: 'billing',
    client_secret: secret,
  });

  it('with two credentials is refused and on record at every endpoint of clients', async () => {
    const twice = { ...assertedBy(house, app, key), client_secret: 'x' };
    for (const [path, form] of [
      ['/token', { ...asked(), ...twice }],
      ['/token', { grant_type: 'authorization_code', code: 'x', client_id: app.id, ...twice }],
      ['/token', { grant_type: 'refresh_token', refresh_token: 'x', client_id: app.id, ...twice }],
      ['/par', { client_id: app.id, ...twice }],
      ['/introspect', { token: 'x', ...twice }],
      ['/revoke', { token: 'x', ...twice }],
      ['/revoke', { token: 'x'.repeat(43), ...twice }],
    ] as const) {
      house.clock.advance(MINUTE);
      const seen = await eventsOf(house, async () => {
        const { status, body } = await call(house, path, form);
        assert.deepEqual([status, body], [400, { error: 'invalid_request' }], path);
      });
      assert.deepEqual(faultsIn(seen), ['credentials'], `${path} ${JSON.stringify(form)}`);
    }
    const right = await redeem(
      house,
      app,
      await codeIn(house, app, browser),
      assertedBy(house, app, key),
    );
    assert.equal(right.status, 200, JSON.stringify(right.body));
  });

  it('of one grant meant for the other half is the same event', async () => {
    const seen = await eventsOf(house, async () => {
      const form = { grant_type: 'authorization_code', code: 'x', client_secret: 'y' };
      assert.equal((await call(house, '/token', form, basic)).status, 400);
      assert.equal((await call(house, '/token', asked(), basic)).status, 400);
      assert.equal((await call(house, '/token', asked())).status, 200);
    });
    assert.deepEqual(faultsIn(seen), ['credentials'], 'once a minute');
    assert.equal(count(seen, 'entry.granted'), 1);
  });

  it('with a parameter or a header twice is refused and on record', async () => {
    const form = String(new URLSearchParams(asked()));
    const spoilt: (() => Promise<number>)[] = [
      async () => (await call(house, '/token', `${form}&client_secret=x`)).status,
      async () => (await call(house, '/token', `${form}&client_id=other`)).status,
      async () => (await call(house, '/token', `${form}&resource=a&resource=b`)).status,
      async () =>
        (await call(house, '/token', 'grant_type=refresh_token&resource=a&resource=b')).status,
      async () => (await call(house, '/introspect', `${form}&token=a&token=b`)).status,
      async () => (await call(house, '/par', `${form}&client_id=other`)).status,
      () => doubled(form),
    ];
    for (const send of spoilt) {
      house.clock.advance(MINUTE);
      const seen = await eventsOf(house, async () => assert.equal(await send(), 400));
      assert.deepEqual(faultsIn(seen), ['request'], String(send));
      assert.equal(count(seen, 'entry.granted'), 0);
    }
    const seen = await eventsOf(house, async () => {
      assert.equal((await call(house, '/token', asked())).status, 200);
    });
    assert.deepEqual([faultsIn(seen), count(seen, 'entry.granted')], [[], 1]);
  });

  it('that lacks what it is about is refused and on record', async () => {
    const { grant_type: _, ...shown } = asked();
    const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
    for (const [path, form] of [
      ['/token', shown],
      ['/token', { ...shown, grant_type: exchange }],
      ['/introspect', shown],
      ['/revoke', shown],
    ] as const) {
      house.clock.advance(MINUTE);
      const seen = await eventsOf(house, async () => {
        const { status, body, headers } = await call(house, path, form);
        assert.deepEqual([status, body], [400, { error: 'invalid_request' }], path);
        assert.equal(headers.get('cache-control'), 'no-store');
      });
      assert.deepEqual(faultsIn(seen), ['request'], path);
    }
    const seen = await eventsOf(house, async () => {
      assert.equal((await call(house, '/token', asked())).status, 200);
    });
    assert.deepEqual(faultsIn(seen), []);
  });

  /** Two headers `Authorization`, which `fetch` would join. */
  const doubled = (form: string) =>
    new Promise<number>((resolve, reject) => {
      const two = ['authorization', basic.authorization, 'authorization', basic.authorization];
      const type = ['content-type', 'application/x-www-form-urlencoded'];
      const headers = ['host', new URL(house.origin).host, ...type, ...two];
      headers.push('content-length', String(form.length), 'connection', 'close');
      const { port } = house;
      const to = { port, host: 'localhost', method: 'POST', path: '/oidc/token', headers };
      const sent = http.request(to, (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
      });
      sent.on('error', reject);
      sent.end(form);
    });

  function proof(holder: SigningKey, change: Record<string, unknown> = {}): string {
    const { alg: _alg, kid: _kid, ...jwk } = holder.jwk as Record<string, unknown>;
    const claims = {
      jti: `p-${house.clock.now()}-${JSON.stringify(change)}`,
      htm: 'POST',
      htu: `${house.issuer}/token`,
      iat: Math.floor(house.clock.now() / 1000),
      nonce: house.house.oauth.dpop.nonce(),
    };
    return signJws(key, { typ: 'dpop+jwt', alg: 'ES256', jwk }, { ...claims, ...change });
  }

  it('with a proof of possession that is none is refused and on record, at both halves', async () => {
    const spoilt = [
      proof(makeKey()),
      proof(key, { htu: 'https://evil.example/oidc/token' }),
      proof(key, { htm: 'GET' }),
      'no.proof.this',
    ];
    const own = await eventsOf(house, async () => {
      for (const dpop of spoilt) {
        const { status, body } = await call(house, '/token', asked(), { dpop });
        assert.deepEqual([status, body.error], [400, 'invalid_dpop_proof']);
      }
      assert.equal((await call(house, '/token', asked(), { dpop: proof(key) })).status, 200);
    });
    assert.deepEqual(faultsIn(own), ['proof-of-possession']);
    assert.equal(count(own, 'entry.granted'), 1);
    const theirs = await eventsOf(house, async () => {
      for (const dpop of spoilt) {
        const code = await codeIn(house, open, browser);
        const { status, body } = await redeem(house, open, code, {}, { dpop });
        assert.deepEqual([status, body.error], [400, 'invalid_dpop_proof']);
      }
      const code = await codeIn(house, open, browser);
      assert.equal((await redeem(house, open, code)).status, 200);
    });
    const told = theirs.filter(({ type }) => type === 'app.refused');
    assert.deepEqual(
      told.map(({ data }) => [data.app, data.at, data.error]),
      [[open.id, 'grant', 'invalid_dpop_proof']],
    );
  });

  it('is none when it lacks a nonce that it is about to be given (RFC 9449 §8)', async () => {
    const seen = await eventsOf(house, async () => {
      const dpop = proof(key, { nonce: undefined });
      assert.equal((await call(house, '/token', asked(), { dpop })).body.error, 'use_dpop_nonce');
    });
    assert.deepEqual(faultsIn(seen), []);
  });
});

describe('a flood of spoilt requests', () => {
  let test: TestHouse;
  afterEach(() => test.close());

  it('is told once a minute for each network, so often a minute in all, and counted', async () => {
    test = await openTestHouse();
    const from = (n: number) => processArrival(test, { network: `198.51.${n >> 8}.${n & 255}/32` });
    const note = test.house.gate.refusedRequest;
    const one = await eventsOf(test, async () => {
      for (let n = 0; n < 200; n++) await note('credentials', from(1));
    });
    assert.deepEqual(faultsIn(one), ['credentials']);
    test.clock.advance(MINUTE);
    const many = await eventsOf(test, async () => {
      for (let n = 0; n < 500; n++) await note('proof-of-possession', from(n));
    });
    assert.equal(count(many, 'entry.refused'), 60);
    test.clock.advance(MINUTE);
    const next = await eventsOf(test, () => note('request', from(1)));
    assert.deepEqual(faultsIn(next), ['request'], 'a minute later one is told again');
    await test.house.counter.stop();
    const refused = (await events(test)).filter(({ type }) => type === 'decision.counted');
    const total = refused.reduce((sum, { data }) => sum + Number(data.count), 0);
    assert.equal(total, 199 + 440);
  });
});
