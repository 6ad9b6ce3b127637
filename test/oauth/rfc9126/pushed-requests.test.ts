/** RFC 9126, pushed authorization requests, clause by clause. Those of FAPI 2.0 clients are in test/oidc/fapi2. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { gateConfig } from '../../../server/gate/gate-config.ts';
import {
  assertedBy,
  type Change,
  call,
  redeem,
  requestOf,
  signedIn,
} from '../../support/code-client.ts';
import { count, eventsOf } from '../../support/events.ts';
import {
  authorize,
  begin,
  CALLBACK,
  type OidcHouse,
  openOidcHouse,
  type TestApp,
  wander,
} from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import { addProof, makeKey } from '../../support/processes.ts';
import type { WebClient } from '../../support/web-client.ts';

describe('a pushed authorization request (RFC 9126)', () => {
  let house: OidcHouse;
  let app: TestApp;
  let open: TestApp;
  let other: TestApp;
  let ada: TestPerson;
  let browser: WebClient;
  const key = makeKey('ES256', 'k1');
  before(async () => {
    house = await openOidcHouse();
    app = await house.addApp('bank', { clientAuth: 'key' });
    await addProof(house, app.process, 'key', { jwk: key.jwk });
    open = await house.addApp('notes');
    other = await house.addApp('other');
    ada = await house.person('ada');
    browser = await signedIn(house, open, ada);
  });
  after(() => house.close());

  const push = (change: Change = {}) =>
    call(house, '/par', { ...requestOf(app), ...assertedBy(house, app, key), ...change });
  const pushOpen = (change: Change = {}) => call(house, '/par', { ...requestOf(open), ...change });

  function follow(uri: unknown, client: Pick<TestApp, 'id'> = app, more = {}) {
    const query = new URLSearchParams({ client_id: client.id, request_uri: String(uri), ...more });
    return wander(house, browser, `/oidc/auth?${query}`);
  }

  const codeOf = async (uri: unknown, client?: Pick<TestApp, 'id'>, more = {}) =>
    (await follow(uri, client, more)).left?.searchParams.get('code') ?? null;

  it('goes from openid-client to tokens (§1.1, §4)', async () => {
    const config = await open.config();
    const { url, checks } = await begin(config);
    const pushed = await oidc.buildAuthorizationUrlWithPAR(config, url.searchParams);
    assert.deepEqual([...pushed.searchParams.keys()].sort(), ['client_id', 'request_uri']);
    const left = await authorize(house, browser, pushed, ada);
    assert.ok((await oidc.authorizationCodeGrant(config, left, checks)).id_token);
  });

  it('is answered 201 with an address and its time, as JSON that nobody keeps (§2.2)', async () => {
    const { status, body, headers } = await push();
    assert.equal(status, 201);
    assert.match(headers.get('content-type') ?? '', /^application\/json/);
    assert.match(headers.get('cache-control') ?? '', /no-store/);
    assert.deepEqual(Object.keys(body).sort(), ['expires_in', 'request_uri']);
    assert.ok(Number.isInteger(body.expires_in) && Number(body.expires_in) > 0);
  });

  it('has an address that nobody guesses, and no other has (§2.2, §7.1)', async () => {
    const seen = new Set<unknown>();
    for (let n = 0; n < 10; n++) seen.add((await pushOpen()).body.request_uri);
    assert.equal(seen.size, 10);
    for (const uri of seen) {
      const [, secret = ''] =
        /^urn:ietf:params:oauth:request_uri:([\w-]+)$/.exec(String(uri)) ?? [];
      assert.ok(secret.length >= 22, `${uri} has 128 bits or more`);
    }
    const made = `urn:ietf:params:oauth:request_uri:${'A'.repeat(43)}`;
    const { left, page } = await follow(made, open);
    assert.equal(left?.searchParams.get('code') ?? null, null);
    // As one that is over: nobody is told whether there ever was such a one.
    assert.match(page.text, /<h1>Begin again<\/h1>/);
    assert.equal(page.status, 400);
  });

  it('is authenticated as at the token endpoint (§2, §2.1)', async () => {
    const bare = { client_assertion: undefined, client_assertion_type: undefined };
    const refused = [400, 401];
    const none = await push(bare);
    assert.ok(refused.includes(none.status), String(none.status));
    const forged = await push(assertedBy(house, app, makeKey('ES256', 'k1')));
    assert.deepEqual([forged.status, forged.body], [401, { error: 'invalid_client' }]);
    const replayed = assertedBy(house, app, key);
    assert.equal((await push(replayed)).status, 201);
    assert.equal((await push(replayed)).status, 401);
    const nobody = await call(house, '/par', { ...requestOf(open), client_id: 'nobody' });
    assert.ok(refused.includes(nobody.status));
    assert.equal(nobody.body.request_uri, undefined);
  });

  it('brings no credential of its client to the authorization endpoint (§2.1)', async () => {
    const { body } = await push();
    const { left } = await follow(body.request_uri);
    const code = left?.searchParams.get('code') ?? '';
    const bare = await redeem(house, app, code);
    assert.ok(bare.status >= 400, 'to have pushed it is no proof later');
  });

  it('is refused with a request_uri in it (§2.1)', async () => {
    const { body: first } = await pushOpen();
    const { status, body } = await pushOpen({ request_uri: String(first.request_uri) });
    assert.equal(status, 400);
    assert.equal(body.request_uri, undefined);
  });

  for (const [name, change, error] of [
    [
      'a response_type that is not there',
      { response_type: 'token' },
      /invalid_request|response_type/,
    ],
    ['a redirect_uri that is not registered', { redirect_uri: `${CALLBACK}/x` }, /invalid_request/],
    ['PKCE by plain', { code_challenge_method: 'plain' }, /invalid_request/],
    ['no PKCE', { code_challenge: undefined, code_challenge_method: undefined }, /invalid_request/],
    ['a resource that nobody knows', { resource: 'https://nobody.example/' }, /invalid_target/],
    ['claims that are none', { claims: '{' }, /invalid_request/],
  ] as const) {
    it(`is checked at once: with ${name} it is 400, and told to the client (§2.1, §2.3)`, async () => {
      const { status, body, headers } = await pushOpen(change);
      assert.equal(status, 400, JSON.stringify(body));
      assert.match(String(body.error), error);
      assert.match(headers.get('content-type') ?? '', /^application\/json/);
      assert.equal(headers.get('location'), null);
    });
  }

  it('comes by POST: everything else is 405 (§2.3)', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
      const { status, headers } = await house.send({ method, path: '/oidc/par' });
      assert.equal(status, 405, method);
      assert.equal(headers.get('allow'), 'POST');
    }
  });

  it('is 413 when it is larger than one may be, and the next one is answered (§2.3)', async () => {
    for (const length of [1025, 9000, 40_000, 400_000]) {
      const { status, body } = await pushOpen({ state: 'x'.repeat(length) });
      assert.deepEqual([status, body], [413, { error: 'invalid_request' }], String(length));
    }
    assert.equal((await pushOpen()).status, 201);
  });

  it('is 429 when there were too many, with a time to come back (§2.3)', async () => {
    const throttles = { opening: { network: 20, all: 1000 } };
    const few = await openOidcHouse({ settings: { gate: gateConfig.parse({ throttles }) } });
    try {
      const notes = await few.addApp('notes');
      const answers = [];
      for (let n = 0; n < 40 && answers.at(-1)?.status !== 429; n++) {
        answers.push(await call(few, '/par', requestOf(notes)));
      }
      assert.equal(answers[0]?.status, 201);
      assert.equal(answers.at(-1)?.status, 429);
      assert.ok(Number(answers.at(-1)?.headers.get('retry-after')) > 0);
    } finally {
      await few.close();
    }
  });

  it('stands for itself: parameters beside its address change nothing (§4, RFC 9101 §6.3)', async () => {
    const { body } = await pushOpen({ state: 'pushed' });
    const beside = {
      state: 'beside',
      redirect_uri: 'https://evil.example/',
      scope: 'openid email',
      code_challenge: 'A'.repeat(43),
      nonce: 'beside',
    };
    const { left } = await follow(body.request_uri, open, beside);
    assert.ok(left, 'it is answered');
    assert.equal(left.origin + left.pathname, CALLBACK);
    assert.equal(left.searchParams.get('state'), 'pushed');
    const redeemed = await redeem(house, open, left.searchParams.get('code') ?? '');
    assert.equal(redeemed.status, 200, JSON.stringify(redeemed.body));
    assert.doesNotMatch(String(redeemed.body.scope), /email/);
  });

  it('is of its client alone: whoever swaps the addresses of two gets nothing (§2.2, §7.5)', async () => {
    const { body: mine } = await pushOpen();
    const seen = await eventsOf(house, async () => {
      assert.equal(await codeOf(mine.request_uri, other), null);
    });
    assert.equal(count(seen, 'entry.granted'), 0);
    const { client_id: _, ...without } = { client_id: '', request_uri: String(mine.request_uri) };
    const query = new URLSearchParams(without);
    const { left } = await wander(house, browser, `/oidc/auth?${query}`);
    assert.equal(left?.searchParams.get('code') ?? null, null, '§4: client_id is with it');
    assert.ok(await codeOf((await pushOpen()).body.request_uri, open));
  });

  it('works once, also of many at once (§4, §7.3)', async () => {
    const { body } = await pushOpen();
    assert.ok(await codeOf(body.request_uri, open));
    assert.equal(await codeOf(body.request_uri, open), null);
    const { body: next } = await pushOpen();
    const codes = await Promise.all(
      Array.from({ length: 4 }, () => codeOf(next.request_uri, open)),
    );
    assert.equal(codes.filter((code) => code !== null).length, 1);
  });

  it('may be refused later: its client is changed meanwhile (§7.4)', async () => {
    const gone = await house.addApp('gone');
    const { body } = await call(house, '/par', requestOf(gone));
    await house.house.store.write((tx) =>
      house.house.resources.remove(tx, gone.id, { door: 'cli' }),
    );
    const { left, page } = await follow(body.request_uri, gone);
    assert.equal(left, undefined);
    assert.equal(page.status, 400);
  });

  it('leads nowhere but where its client is registered (§7.2)', async () => {
    const { status, body } = await pushOpen({ redirect_uri: 'https://evil.example/' });
    assert.equal(status, 400);
    assert.equal(body.request_uri, undefined);
  });

  it('is told of in the metadata, and wanted of those alone that are held to it (§5, §6)', async () => {
    const { json } = await house.send({ path: '/oidc/.well-known/openid-configuration' });
    assert.equal(json.pushed_authorization_request_endpoint, `${house.issuer}/par`);
    assert.equal(json.require_pushed_authorization_requests, false);
    const strict = await house.addApp('strict', { profile: 'fapi2', clientAuth: 'key' });
    const { left } = await wander(
      house,
      browser,
      `/oidc/auth?${new URLSearchParams(requestOf(strict))}`,
    );
    assert.equal(left?.searchParams.get('error'), 'invalid_request');
    const plain = await wander(
      house,
      browser,
      `/oidc/auth?${new URLSearchParams(requestOf(open))}`,
    );
    assert.ok(plain.left?.searchParams.get('code'));
  });

  it('is over after its time, and not before (§2.2)', async () => {
    const { body: kept } = await pushOpen();
    house.clock.advance(20_000);
    assert.ok(await codeOf(kept.request_uri, open));
    const { body: late } = await pushOpen();
    house.clock.advance(Number(late.expires_in) * 1000 + 1000);
    assert.equal(await codeOf(late.request_uri, open), null);
  });
});
