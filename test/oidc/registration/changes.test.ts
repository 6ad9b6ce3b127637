/**
 * What an application changes of its own registration (RFC 7592 §2.2): with its token alone, within what it could have registered, and
 * nothing that others said for it (T1098.001). Each attack stands beside the change that works.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { count, eventsOf } from '../../support/events.ts';
import { change, invite, register } from '../../support/invitations.ts';
import {
  begin,
  type OidcHouse,
  openOidcHouse,
  signInFrom,
  wander,
} from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';

const CALLBACK = 'https://app.example.com/callback';
const NEXT = 'https://app.example.com/next';
const SAID = { redirect_uris: [CALLBACK], client_name: 'Ledger' };

const appConfig = ({ issuer }: OidcHouse, id: string) =>
  oidc.discovery(new URL(issuer), id, {}, oidc.None(), { execute: [oidc.allowInsecureRequests] });

interface Registered {
  readonly id: string;
  readonly token: string;
  readonly secret: string;
}

describe('an application that changes its registration', () => {
  let house: OidcHouse;
  let ada: TestPerson;
  let mine: Registered;
  before(async () => {
    house = await openOidcHouse({ oidc: { registration: true } });
    ada = await house.person('ada');
  });
  beforeEach(async () => {
    // The first of a minute has an event of its own; and registering is for so many at a time.
    house.clock.advance(10 * 60_000);
    mine = await registered();
  });
  after(() => house.close());

  async function registered(said: Record<string, unknown> = SAID): Promise<Registered> {
    const { status, json, text } = await register(house, await invite(house, ada), said);
    assert.equal(status, 201, text);
    const { client_id: id, registration_access_token: token, client_secret: secret } = json;
    return { id, token, secret };
  }

  const put = (said: Record<string, unknown>, token = mine.token, id = mine.id) =>
    change(house, id, token, { client_id: id, ...said });

  async function detailOf(id: string) {
    const found = await house.house.store.read((q) => house.house.resources.find(q, id));
    assert.ok(found?.kind === 'application');
    return found;
  }

  async function byAdministrator(id: string, more: Record<string, unknown>) {
    const { house: inside } = house;
    const done = await inside.store.write((tx) =>
      inside.resourceActs.edit(tx, id, { detail: more }, { door: 'cli' }),
    );
    assert.ok(done.ok, JSON.stringify(done));
  }

  /** Nothing of it is another, and the one attempt is on record. */
  async function refused(
    ask: () => ReturnType<typeof put>,
    status: number,
    error: string,
    field?: string,
  ) {
    house.clock.advance(61_000);
    const before = JSON.stringify(await detailOf(mine.id));
    const seen = await eventsOf(house, async () => {
      const answer = await ask();
      assert.deepEqual([answer.status, answer.json], [status, { error }], answer.text);
    });
    assert.equal(JSON.stringify(await detailOf(mine.id)), before);
    assert.equal(count(seen, 'app.registration-refused', 'refused'), 1);
    assert.equal(count(seen, 'app.registration-changed'), 0);
    if (field !== undefined) {
      assert.equal(seen.find(({ type }) => type === 'app.registration-refused')?.data.field, field);
    }
  }

  it('is told what it is now, with a token that is another, and it is on record', async () => {
    const seen = await eventsOf(house, async () => {
      const { status, json, text, headers } = await put({
        redirect_uris: [NEXT],
        client_name: 'Ledger Two',
        grant_types: ['authorization_code', 'refresh_token'],
      });
      assert.equal(status, 200, text);
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.deepEqual(
        [json.client_id, json.client_name, json.redirect_uris, json.grant_types],
        [mine.id, 'Ledger Two', [NEXT], ['authorization_code', 'refresh_token']],
      );
      assert.equal(json.client_secret, undefined);
      assert.match(json.registration_access_token, /^spr_/);
      assert.notEqual(json.registration_access_token, mine.token);
      // What was shown once is good no more, and the next one is.
      const say = { redirect_uris: [CALLBACK], client_name: 'Ledger Two' };
      assert.equal((await put(say)).status, 401);
      assert.equal((await put(say, json.registration_access_token)).status, 200);
    });
    const changed = seen.filter(({ type }) => type === 'app.registration-changed');
    assert.deepEqual(changed[0]?.data, {
      app: mine.id,
      title: 'Ledger Two',
      fields: ['title', 'grants', 'redirectUris'],
      origins: ['https://app.example.com'],
    });
    assert.equal(changed.length, 2);
    assert.deepEqual((await detailOf(mine.id)).detail.redirectUris, [CALLBACK]);
  });

  it('has people asked again where its name is another', async () => {
    const said = { ...SAID, token_endpoint_auth_method: 'none' };
    mine = await registered(said);
    const browser = house.browser();
    const enter = async () => {
      const { url } = await begin(await appConfig(house, mine.id), { redirect_uri: CALLBACK });
      const now = await wander(house, browser, url.href);
      return now.at.startsWith('/signin') ? signInFrom(house, browser, ada) : now;
    };
    const asked = await enter();
    assert.match(asked.page.text, /Let Ledger in\?/);
    await wander(house, browser, await browser.post(asked.at, { answer: 'yes' }));
    assert.ok((await enter()).left, 'they agreed');
    const same = await put({ ...said, redirect_uris: [CALLBACK, NEXT] });
    mine = { ...mine, token: same.json.registration_access_token };
    assert.ok((await enter()).left, 'at the same place');
    const renamed = await put({ ...said, client_name: 'Account Books' });
    assert.equal(renamed.status, 200, renamed.text);
    assert.match((await enter()).page.text, /Let Account Books in\?/);
  });

  it('has again what it does not say, as if it registered now', async () => {
    const one = await registered({ ...SAID, id_token_signed_response_alg: 'EdDSA' });
    const { json } = await put(SAID, one.token, one.id);
    assert.equal(json.id_token_signed_response_alg, 'ES256');
  });

  it('goes on with the secret that it has, which it may show and not choose', async () => {
    const right = await put({ ...SAID, client_secret: mine.secret });
    assert.equal(right.status, 200, right.text);
    mine = { ...mine, token: right.json.registration_access_token };
    const other = await registered();
    for (const secret of [other.secret, 'chosen', `${mine.secret}x`, '', 7, null]) {
      const ask = () => put({ ...SAID, client_secret: secret });
      await refused(ask, 400, 'invalid_client_metadata', 'client_secret');
    }
    const basic = Buffer.from(`${mine.id}:${mine.secret}`).toString('base64');
    const asked = await house.send({
      method: 'POST',
      path: '/oidc/introspect',
      headers: {
        authorization: `Basic ${basic}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'token=none',
    });
    assert.equal(asked.status, 200);
  });

  it('is not changed by the token of another, an invitation, or none', async () => {
    const other = await registered();
    const invitation = await invite(house, ada);
    for (const token of [other.token, invitation, mine.secret, `${mine.token}x`, 'spr_', '']) {
      await refused(() => put(SAID, token), 401, 'invalid_token');
    }
    // Nor is another one changed by this token, whatever it says it is.
    await refused(
      () => change(house, other.id, mine.token, { client_id: mine.id, ...SAID }),
      401,
      'invalid_token',
    );
    await refused(
      () => change(house, other.id, mine.token, { client_id: other.id, ...SAID }),
      401,
      'invalid_token',
    );
    const byName = (await detailOf(mine.id)).name;
    await refused(
      () => change(house, byName, mine.token, { client_id: byName, ...SAID }),
      401,
      'invalid_token',
    );
    assert.equal((await put(SAID)).status, 200);
  });

  it('says what it says as it would have to when it registers', async () => {
    for (const [said, error, field] of [
      [{ redirect_uris: ['https://evil.example/*'] }, 'invalid_redirect_uri', 'redirect_uris'],
      [{ redirect_uris: ['http://app.example.com/x'] }, 'invalid_redirect_uri', 'redirect_uris'],
      [{ redirect_uris: [] }, 'invalid_redirect_uri', 'redirect_uris'],
      [{ redirect_uris: undefined }, 'invalid_redirect_uri', 'redirect_uris'],
      [{ redirect_uris: [`${'SELF'}/me`] }, 'invalid_redirect_uri', 'redirect_uris'],
      [{ grant_types: ['client_credentials'] }, 'invalid_client_metadata', 'grant_types'],
      [{ client_name: 'Sallyport' }, 'invalid_client_metadata', 'client_name'],
      [{ client_name: 'Led\u202eger' }, 'invalid_client_metadata', 'client_name'],
      [{ jwks_uri: 'http://169.254.169.254/' }, 'invalid_client_metadata', 'jwks_uri'],
      [{ client_id: 'another' }, 'invalid_client_metadata', 'client_id'],
      [
        { registration_access_token: 'mine' },
        'invalid_client_metadata',
        'registration_access_token',
      ],
      [{ client_secret_expires_at: 0 }, 'invalid_client_metadata', 'client_secret_expires_at'],
      [
        { token_endpoint_auth_method: 'none' },
        'invalid_client_metadata',
        'token_endpoint_auth_method',
      ],
    ] as const) {
      const full = JSON.stringify({ ...SAID, ...said }).replace('SELF', house.origin);
      await refused(() => put(JSON.parse(full)), 400, error, field);
    }
    await refused(
      () => change(house, mine.id, mine.token, 'no JSON'),
      400,
      'invalid_client_metadata',
    );
    await refused(() => change(house, mine.id, mine.token, '[]'), 400, 'invalid_client_metadata');
    const unnamed = () => change(house, mine.id, mine.token, SAID);
    await refused(unnamed, 400, 'invalid_client_metadata', 'client_id');
    assert.equal((await put(SAID)).status, 200);
  });

  it('leads people nowhere but where it led when it registered', async () => {
    const logout = 'https://bye.example.com/out';
    mine = await registered({ ...SAID, post_logout_redirect_uris: [logout] });
    for (const said of [
      { redirect_uris: [CALLBACK, 'https://evil.example/callback'] },
      { redirect_uris: ['https://app.example.com.evil.example/callback'] },
      { redirect_uris: ['https://app.example.com:8443/callback'] },
      { redirect_uris: [logout] },
      { redirect_uris: ['http://127.0.0.1/callback'], application_type: 'native' },
      { post_logout_redirect_uris: ['https://evil.example/'] },
    ]) {
      const elsewhere = () => put({ ...SAID, ...said });
      await refused(elsewhere, 400, 'invalid_redirect_uri', 'redirect_uris');
    }
    const within = { redirect_uris: [NEXT], post_logout_redirect_uris: [logout, CALLBACK] };
    assert.equal((await put({ ...SAID, ...within })).status, 200);

    const native = { token_endpoint_auth_method: 'none', client_name: 'Tool' };
    const tool = await registered({ ...native, redirect_uris: ['http://127.0.0.1/callback'] });
    const port = { ...native, redirect_uris: ['http://127.0.0.1:8123/', 'http://[::1]/x'] };
    assert.equal((await put(port, tool.token, tool.id)).status, 200);
  });

  it('widens nothing that others said for it, and keeps it', async () => {
    const logout = 'https://app.example.com/logout';
    const apis = [{ audience: 'https://api.example.com/', scopes: ['read'] }];
    await byAdministrator(mine.id, { apis, backchannelLogoutUri: logout });
    const before = await detailOf(mine.id);
    const { status } = await put({
      ...SAID,
      scope: 'read write admin',
      open: 'everyone',
      members: ['administrators'],
      firstParty: true,
      profile: 'standard',
      apis: [{ audience: 'https://api.example.com/', scopes: ['write'] }],
      backchannel_logout_uri: 'http://169.254.169.254/',
      pairwiseSector: 'evil.example',
      name: 'handbook',
      owner: 'root',
    });
    assert.equal(status, 200);
    const after = await detailOf(mine.id);
    const { epoch: _was, changedAt: _then, ...same } = before;
    const { epoch: _is, changedAt: _now, ...now } = after;
    assert.deepEqual(now, same);
  });

  for (const [what, more] of [
    ['the addresses', { redirectUris: [NEXT] }],
    ['the name', { title: 'Suspicious' }],
    ['the grants', { grants: ['authorization_code'] }],
    ['the binding of its tokens', { boundTokens: true }],
    ['how it proves itself', { clientAuth: 'key' }],
  ] as const) {
    it(`takes nothing back of what an administrator said of ${what}`, async () => {
      mine = await registered({ ...SAID, grant_types: ['authorization_code', 'refresh_token'] });
      await byAdministrator(mine.id, more);
      const anew = { ...SAID, grant_types: ['authorization_code', 'refresh_token'] };
      const byKey = 'clientAuth' in more;
      await refused(
        () => put(anew),
        byKey ? 400 : 403,
        byKey ? 'invalid_client_metadata' : 'access_denied',
      );
      // It is still its own to read, and to take away.
      const headers = { authorization: `Bearer ${mine.token}` };
      const path = `/oidc/register/${mine.id}`;
      assert.equal((await house.send({ path, headers })).status, 200);
      assert.equal((await house.send({ method: 'DELETE', path, headers })).status, 204);
    });
  }

  it('is nothing to it any more once it is the organisation’s own', async () => {
    const said = { ...SAID, client_name: 'Northwind Books' };
    mine = await registered(said);
    await byAdministrator(mine.id, { firstParty: true });
    await refused(() => put(said), 401, 'invalid_token');
  });

  it('is done once of many who come with one token at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, nth) => put({ ...SAID, client_name: `Ledger ${nth}` })),
    );
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal(answers.filter(({ status }) => status === 401).length, 7);
  });
});
