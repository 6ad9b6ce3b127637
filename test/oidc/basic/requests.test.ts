/** OpenID Connect Core 1.0 §3.1.2, the authorization request, as the Basic OP plan tries it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ask, redeem, requestOf, signedIn } from '../../support/code-client.ts';
import {
  CALLBACK,
  type OidcHouse,
  openOidcHouse,
  type TestApp,
  wander,
} from '../../support/oidc-house.ts';
import type { WebClient } from '../../support/web-client.ts';

describe('an authorization request', () => {
  let house: OidcHouse;
  let app: TestApp;
  let browser: WebClient;
  before(async () => {
    house = await openOidcHouse();
    app = await house.addApp('wiki');
    browser = await signedIn(house, app, await house.person('ada'));
  });
  after(() => house.close());

  const errorOf = async (change: Record<string, string | undefined>) => {
    const { left, page } = await ask(house, app, change, browser);
    assert.ok(left, page.text);
    assert.equal(left.origin + left.pathname, CALLBACK);
    assert.equal(left.searchParams.get('code'), null);
    assert.equal(left.searchParams.get('iss'), house.issuer);
    return left.searchParams;
  };

  it('is answered with code, state and iss, in the query (§3.1.2.5, RFC 9207 §2)', async () => {
    const { left } = await ask(house, app, {}, browser);
    assert.deepEqual([...(left?.searchParams.keys() ?? [])].sort(), ['code', 'iss', 'state']);
    assert.equal(left?.searchParams.get('state'), 'a-state');
    assert.equal(left?.hash, '');
  });

  it('without response_type is refused, at the application (§3.1.2.2, oidcc-response-type-missing)', async () => {
    const told = await errorOf({ response_type: undefined });
    assert.equal(told.get('error'), 'invalid_request');
    assert.equal(told.get('state'), 'a-state');
  });

  for (const response_type of ['token', 'id_token', 'code id_token', 'code token', 'none', 'x']) {
    it(`with response_type ${response_type} is refused (RFC 9700 §2.1.2)`, async () => {
      const { left, page } = await ask(house, app, { response_type }, browser);
      const where = left?.search ?? '';
      const fragment = left?.hash ?? '';
      assert.match(
        `${where}${fragment}${page.text}`,
        /unsupported_response_type|unauthorized_client|invalid_request/,
      );
      assert.doesNotMatch(where + fragment, /code=|id_token=|access_token=/);
    });
  }

  for (const [name, redirect_uri] of [
    ['none', undefined],
    ['one that is not registered', 'https://evil.example/callback'],
    ['a query added to it', `${CALLBACK}?foo=bar`],
    ['a path added to it', `${CALLBACK}/more`],
    ['another case', 'https://app.example.com/Callback'],
    ['a host in capitals', 'https://APP.example.com/callback'],
    ['a port written out', 'https://app.example.com:443/callback'],
    ['a path that goes up', 'https://app.example.com/x/../callback'],
    ['a fragment', `${CALLBACK}#here`],
    ['a name before the host', 'https://app.example.com@evil.example/callback'],
    ['http', 'http://app.example.com/callback'],
    ['a script', 'javascript:alert(1)'],
  ] as const) {
    it(`leads nowhere with a redirect_uri that is ${name} (§3.1.2.1, RFC 9700 §4.1.3)`, async () => {
      const { left, page } = await ask(house, app, { redirect_uri }, browser);
      assert.equal(left, undefined);
      assert.equal(page.status, 400);
      assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
      assert.doesNotMatch(page.text, /href="javascript:|href="https:\/\/evil/);
    });
  }

  it('leads nowhere without a client, or with one that is not there (RFC 6749 §4.1.2.1)', async () => {
    for (const client_id of [undefined, 'nobody', '01890000-0000-7000-8000-000000000000']) {
      const { left, page } = await ask(house, app, { client_id }, browser);
      assert.equal(left, undefined);
      assert.equal(page.status, 400);
    }
  });

  for (const name of ['client_id', 'redirect_uri', 'scope', 'state', 'nonce', 'response_type']) {
    it(`is refused with ${name} twice (RFC 6749 §3.1)`, async () => {
      const query = new URLSearchParams(requestOf(app));
      query.append(name, query.get(name) ?? '');
      const { left, page } = await wander(house, browser, `/oidc/auth?${query}`);
      assert.equal(left?.searchParams.get('code') ?? null, null);
      if (left === undefined) assert.equal(page.status, 400);
      else assert.equal(left.searchParams.get('error'), 'invalid_request');
    });
  }

  it('without the scope openid is no sign-in, and gives no code (§3.1.2.1, §3.1.2.2)', async () => {
    const told = await errorOf({ scope: undefined, nonce: undefined });
    assert.equal(told.get('error'), 'access_denied');
  });

  it('with scopes and parameters that nobody knows goes on without them (§3.1.2.1, §5.4)', async () => {
    const change = {
      scope: 'openid unheard-of',
      extra: 'foobar',
      display: 'page',
      ui_locales: 'se',
      claims_locales: 'se',
    };
    const { left } = await ask(house, app, change, browser);
    const { body } = await redeem(house, app, left?.searchParams.get('code') ?? '');
    assert.ok(body.id_token);
    assert.doesNotMatch(String(body.scope), /unheard-of/);
  });

  it('goes without state and nonce, which the code flow leaves to the client (§3.1.2.1)', async () => {
    const { left } = await ask(house, app, { state: undefined, nonce: undefined }, browser);
    assert.ok(left?.searchParams.get('code'));
    assert.equal(left?.searchParams.has('state'), false);
  });

  it('with a request object, inline or by address, is refused by name (§6.1, §6.2, §3.1.2.6)', async () => {
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const claims = Buffer.from('{}').toString('base64url');
    const inline = await errorOf({ request: `${none}.${claims}.` });
    assert.equal(inline.get('error'), 'request_not_supported');
    const { left, page } = await ask(
      house,
      app,
      { request_uri: 'https://evil.example/r' },
      browser,
    );
    assert.match(`${left?.search}${page.text}`, /request_uri_not_supported|invalid_request_uri/);
  });

  it('with registration in it is refused by name (§7.2.1, §3.1.2.6)', async () => {
    assert.equal(
      (await errorOf({ registration: '{}' })).get('error'),
      'registration_not_supported',
    );
  });

  for (const response_mode of ['form_post', 'fragment', 'web_message', 'jwt', 'query.jwt', 'x']) {
    it(`with response_mode ${response_mode} is refused: it is off (JARM §2.3)`, async () => {
      const { left, page } = await ask(house, app, { response_mode }, browser);
      const all = `${left?.search ?? ''}${left?.hash ?? ''}${page.text}`;
      assert.match(all, /invalid_request|unsupported_response_mode|unauthorized_client/);
      assert.doesNotMatch(`${left}`, /code=|response=/);
    });
  }

  for (const change of [
    { prompt: 'none login' },
    { prompt: 'unheard-of' },
    { max_age: '-1' },
    { max_age: 'soon' },
    { claims: '{' },
    { claims: '[]' },
    { id_token_hint: 'no.token.this' },
  ]) {
    it(`with ${JSON.stringify(change)} is refused (§3.1.2.1, §3.1.2.6)`, async () => {
      assert.match(String((await errorOf(change)).get('error')), /^invalid_request$/);
    });
  }
});
