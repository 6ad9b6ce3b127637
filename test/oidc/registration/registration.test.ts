/** Applications that register themselves (RFC 7591), with openid-client. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { skewOf } from '../../support/clock.ts';
import { count, eventsOf } from '../../support/events.ts';
import { invite, register } from '../../support/invitations.ts';
import {
  begin,
  CALLBACK,
  type OidcHouse,
  openOidcHouse,
  signInFrom,
  wander,
} from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';

describe('an application that registers itself', () => {
  let house: OidcHouse;
  let ada: TestPerson;
  before(async () => {
    house = await openOidcHouse({ oidc: { registration: true } });
    ada = await house.person('ada');
  });
  after(() => house.close());

  function dynamic(token: string, metadata: Record<string, unknown>, auth?: oidc.ClientAuth) {
    const skew = skewOf(house);
    return oidc.dynamicClientRegistration(
      new URL(house.issuer),
      { redirect_uris: [CALLBACK], client_name: 'Ledger', [oidc.clockSkew]: skew, ...metadata },
      auth,
      { initialAccessToken: token, execute: [oidc.allowInsecureRequests] },
    );
  }

  async function signIn(config: oidc.Configuration) {
    const browser = house.browser();
    const { url, checks } = await begin(config);
    await wander(house, browser, url.href);
    const asked = await signInFrom(house, browser, ada);
    assert.match(asked.page.text, /Let Ledger in\?/, 'it is not the organisation’s own');
    const { left } = await wander(house, browser, await browser.post(asked.at, { answer: 'yes' }));
    assert.ok(left);
    return oidc.authorizationCodeGrant(config, left, checks);
  }

  it('proves itself with the secret that it is told, and asks people for their consent', async () => {
    const config = await dynamic(await invite(house, ada), {});
    assert.match(config.clientMetadata().client_secret ?? '', /^spx_/);
    assert.equal((await signIn(config)).claims()?.sub, ada.id);
  });

  it('as a public client has PKCE alone, and no secret', async () => {
    const metadata = { token_endpoint_auth_method: 'none' };
    const config = await dynamic(await invite(house, ada), metadata, oidc.None());
    assert.equal(config.clientMetadata().client_secret, undefined);
    assert.equal((await signIn(config)).claims()?.sub, ada.id);
  });

  it('is told what was taken of what it said, and no more', async () => {
    const said = {
      redirect_uris: ['http://127.0.0.1/callback'],
      client_name: 'Tool',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      firstParty: true,
      sallyport_first_party: true,
      scope: 'openid admin',
      logo_uri: 'https://evil.example/logo',
      backchannel_logout_uri: 'http://169.254.169.254/',
    };
    const { status, json, headers } = await register(house, await invite(house, ada), said);
    assert.equal(status, 201);
    assert.equal(headers.get('cache-control'), 'no-store');
    const { client_id, client_id_issued_at, registration_access_token, ...rest } = json;
    assert.equal(typeof client_id_issued_at, 'number');
    assert.match(registration_access_token, /^spr_/);
    assert.deepEqual(rest, {
      redirect_uris: ['http://127.0.0.1/callback'],
      post_logout_redirect_uris: [],
      client_name: 'Tool',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      application_type: 'native',
      registration_client_uri: `${house.issuer}/register/${client_id}`,
      subject_type: 'public',
      id_token_signed_response_alg: 'ES256',
      dpop_bound_access_tokens: false,
    });
    const made = await house.house.store.read((q) => house.house.resources.find(q, client_id));
    assert.ok(made?.kind === 'application');
    assert.equal(made.detail.firstParty, false);
    assert.equal(made.detail.backchannelLogoutUri, null);
    assert.deepEqual(made.detail.apis, []);
    assert.match(made.name, /^registered-[0-9a-f]{16}$/);
  });

  it('can be entered by those whom the invitation names, and by nobody otherwise', async () => {
    const token = await invite(house, ada, { open: 'listed', members: [] });
    const config = await dynamic(token, {});
    const browser = house.browser();
    const { url } = await begin(config);
    await wander(house, browser, url.href);
    const { left } = await signInFrom(house, browser, ada);
    assert.equal(left?.searchParams.get('code') ?? null, null);
  });

  it('leaves on record who invited it, for whom, and what came', async () => {
    let client = '';
    const seen = await eventsOf(house, async () => {
      const token = await invite(house, ada, { uses: 2 });
      client = (await dynamic(token, {})).clientMetadata().client_id;
    });
    const invited = seen.find(({ type }) => type === 'app.invited');
    const came = seen.find(({ type }) => type === 'app.registered');
    assert.equal(invited?.data.owner, ada.id);
    assert.deepEqual(came?.data, {
      app: client,
      invitation: invited?.data.invitation,
      owner: ada.id,
      use: 1,
      title: 'Ledger',
      origins: ['https://app.example.com'],
      proof: 'secret',
    });
    assert.equal(count(seen, 'resource.added'), 1);
    assert.equal(count(seen, 'process.proof-added'), 1);
  });

  it('is advertised only where it is switched on', async () => {
    const at = '/oidc/.well-known/openid-configuration';
    const on = await house.send({ path: at });
    assert.equal(on.json.registration_endpoint, `${house.issuer}/register`);
    const off = await openOidcHouse();
    try {
      const told = await off.send({ path: at });
      assert.equal(told.json.registration_endpoint, undefined);
      const token = await invite(off, await off.person('ada'));
      const said = { redirect_uris: [CALLBACK], client_name: 'Ledger' };
      const asked = await register(off, token, said);
      const nowhere = await off.send({
        method: 'POST',
        path: '/oidc/nowhere',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify(said),
      });
      assert.deepEqual([asked.status, asked.text], [nowhere.status, nowhere.text]);
      assert.equal(asked.status, 404);
      const { store, resources } = off.house;
      const apps = await store.read((q) => resources.list(q, { kind: 'application', limit: 9 }));
      assert.deepEqual(apps, []);
    } finally {
      await off.close();
    }
  });

  describe('that looks after its registration (RFC 7592)', () => {
    const said = { redirect_uris: [CALLBACK], client_name: 'Ledger' };
    const at = (client: string, token: string | undefined, method = 'GET') =>
      house.send({
        method,
        path: `/oidc/register/${client}`,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      });

    it('is told the same of itself each time, whichever way to send its secret it asks for', async () => {
      const posts = { ...said, token_endpoint_auth_method: 'client_secret_post' };
      const { json } = await register(house, await invite(house, ada), posts);
      assert.equal(json.token_endpoint_auth_method, 'client_secret_basic');
      const read = await at(json.client_id, json.registration_access_token);
      assert.equal(read.json.token_endpoint_auth_method, json.token_endpoint_auth_method);
      assert.deepEqual(read.json.grant_types, ['authorization_code']);
    });

    it('sends its secret in either way', async () => {
      const token = await invite(house, ada, { uses: 2 });
      for (const way of [oidc.ClientSecretPost, oidc.ClientSecretBasic]) {
        const config = await dynamic(
          token,
          { token_endpoint_auth_method: 'client_secret_post' },
          way(),
        );
        assert.equal((await signIn(config)).claims()?.sub, ada.id);
      }
    });

    it('reads what is registered, without the secret', async () => {
      const { json } = await register(house, await invite(house, ada), said);
      const read = await at(json.client_id, json.registration_access_token);
      const { client_secret, client_secret_expires_at, ...rest } = json;
      assert.equal(read.status, 200);
      assert.equal(read.headers.get('cache-control'), 'no-store');
      assert.deepEqual(read.json, rest);
    });

    it('takes itself away, with what it was granted', async () => {
      const config = await dynamic(await invite(house, ada), {});
      const { client_id, registration_access_token } = config.clientMetadata();
      const tokens = await signIn(config);
      assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, true);
      const seen = await eventsOf(house, async () => {
        const gone = await at(client_id, String(registration_access_token), 'DELETE');
        assert.equal(gone.status, 204);
      });
      assert.equal(count(seen, 'app.unregistered', 'done'), 1);
      assert.equal(count(seen, 'resource.removed', 'done'), 1);
      const again = await at(client_id, String(registration_access_token));
      assert.equal(again.status, 401);
      await assert.rejects(oidc.fetchUserInfo(config, tokens.access_token, ada.id));
    });
  });
});
