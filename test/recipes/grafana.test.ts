/**
 * A simulation of Grafana: what its “generic OAuth” does with the settings of docs/recipes.md, done by openid-client. Grafana is
 * told its addresses and discovers nothing, sends no nonce, shows its secret as `auth_style` says, and reads who it is from
 * `api_url` and from the ID token, by the paths of its settings.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { skewOf } from '../support/clock.ts';
import { authorize, type OidcHouse, openOidcHouse, wander } from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';
import { addProof } from '../support/processes.ts';
import { addAsMade, block, joinGroups, madeBy } from './guide.ts';

const TITLE = 'Grafana, and whatever else has “generic OAuth”';

describe('a simulation of Grafana by its recipe', () => {
  let house: OidcHouse;
  let ada: TestPerson;
  let eve: TestPerson;
  let settings: Readonly<Record<string, string>>;
  let config: oidc.Configuration;

  before(async () => {
    house = await openOidcHouse();
    ada = await house.person('ada');
    eve = await house.person('eve');
    await joinGroups(house, ada.id, ['staff', 'grafana-admins']);
    const [made] = await madeBy(TITLE);
    const { id } = await addAsMade(house, made);
    const { shownOnce = [] } = await addProof(
      house,
      { id: id as string } as Parameters<typeof addProof>[1], // They share an id.
      'secret',
      {},
    );
    const text = block(TITLE, 'ini')
      .replaceAll('https://id.example.com', house.origin)
      .replace('CLIENT-ID', id)
      .replace('CLIENT-SECRET', shownOnce[0] ?? '');
    settings = Object.fromEntries(
      [...text.matchAll(/^(\w+) = (.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
    );
    assert.equal(settings.auth_style, 'InHeader');
    assert.equal(settings.use_pkce, 'true');
    config = new oidc.Configuration(
      {
        issuer: house.issuer, // What openid-client asks for; Grafana has no such setting.
        authorization_endpoint: set('auth_url'),
        token_endpoint: set('token_url'),
        userinfo_endpoint: set('api_url'),
        authorization_response_iss_parameter_supported: true,
      },
      set('client_id'),
      {
        id_token_signed_response_alg: 'ES256', // Grafana takes any.
        [oidc.clockSkew]: skewOf(house),
      },
      oidc.ClientSecretBasic(set('client_secret')),
    );
    oidc.allowInsecureRequests(config);
  });
  after(() => house.close());

  function set(name: string): string {
    const value = settings[name];
    assert.ok(value, `the recipe sets no ${name}`);
    return value;
  }

  async function begun() {
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
    const expectedState = oidc.randomState();
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: new URL('login/generic_oauth', set('root_url')).href,
      response_type: 'code',
      scope: set('scopes'),
      state: expectedState,
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    });
    return { url, checks: { pkceCodeVerifier, expectedState } };
  }

  it('signs a person in, and finds in what it is told all that its paths name', async () => {
    const { url, checks } = await begun();
    const browser = house.browser();
    const left = await authorize(house, browser, url, ada);
    const tokens = await oidc.authorizationCodeGrant(config, left, checks);
    const { sub } = tokens.claims() ?? assert.fail('no ID token');
    const told = await oidc.fetchUserInfo(config, tokens.access_token, sub);
    for (const from of [told, tokens.claims() as Record<string, unknown>]) {
      assert.equal(from[set('login_attribute_path')], 'ada');
      assert.equal(from[set('name_attribute_path')], 'ada');
      assert.equal(from[set('email_attribute_path')], 'ada@example.com');
      assert.deepEqual(from[set('groups_attribute_path')], ['staff', 'grafana-admins']);
    }
    // contains(groups[*], 'grafana-admins') && 'Admin' || 'Viewer'
    const [, list = '', wanted = ''] =
      /^contains\((\w+)\[\*\], '([^']+)'\)/.exec(set('role_attribute_path')) ?? [];
    assert.ok((told[list] as string[]).includes(wanted));

    // It adds the ID token itself.
    const out = new URL(set('signout_redirect_url'));
    out.searchParams.set('id_token_hint', tokens.id_token ?? '');
    const { page } = await wander(house, browser, out.href);
    const xsrf = /name="xsrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    const done = await browser.post('/oidc/logout/confirm', { xsrf, logout: 'yes' });
    const gone = await wander(house, browser, done);
    assert.equal(gone.left?.href, 'https://grafana.example.com/login');
    assert.equal((await browser.get('/me')).location, '/signin');
  });

  it('is told no of a person whom it is not open to', async () => {
    const { url, checks } = await begun();
    const left = await authorize(house, house.browser(), url, eve);
    await assert.rejects(oidc.authorizationCodeGrant(config, left, checks), {
      error: 'access_denied',
    });
  });

  it('gets nothing without PKCE, should that setting be forgotten', async () => {
    const { url } = await begun();
    for (const name of ['code_challenge', 'code_challenge_method']) url.searchParams.delete(name);
    const left = await authorize(house, house.browser(), url, ada);
    assert.equal(left.searchParams.get('error'), 'invalid_request');
    assert.equal(left.searchParams.get('code'), null);
  });
});
