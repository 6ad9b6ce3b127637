/**
 * Addresses of /oidc in other spellings: a slash at the end, capitals, encoded letters (CWE-178, CWE-289, CWE-436). What is bounded
 * and asked before oidc-provider answers goes by the path, so that another spelling would go round it: each is an address that does
 * not exist, the right one is answered, and it is on record where somebody tried one that oidc-provider would take.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { MINUTE } from '../../server/kernel/clock.ts';
import { tables } from '../../server/store/statement.ts';
import { eventsOf } from '../support/events.ts';
import { rawExchange } from '../support/http-listener.ts';
import {
  begin,
  type OidcHouse,
  openOidcHouse,
  type TestApp,
  tokensFor,
} from '../support/oidc-house.ts';

const t = tables<{ oidc_state: { model: string } }>();
const rows = t.statement((db) => db.selectFrom('oidc_state').select('model'));
const UID = 'V1StGXR8_Z5jdHi6B-myTV1StGXR8_Z5jdHi6B-myTx';
const ROUTES = [
  'auth',
  `auth/${UID}`,
  'token',
  'par',
  'revoke',
  'userinfo',
  'ciba',
  'device',
  `device/${UID}`,
  'device/authorize',
  'logout',
  'logout/confirm',
  'logout/success',
  `interaction/${UID}`,
  `interaction/${UID}/done`,
  'jwks',
  'introspect',
  'status',
  '.well-known/openid-configuration',
  '.well-known/oauth-authorization-server',
];
const encoded = (char: string) => `%${char.charCodeAt(0).toString(16)}`;
/** The long s, the dotless i and the sign of the kelvin. */
const FOLDS_TO: Readonly<Record<string, string>> = { s: '%C5%BF', i: '%C4%B1', k: '%E2%84%AA' };
/** Each changes a path of ours into another that a careless reader takes for it. */
const SPELLINGS: Readonly<Record<string, (route: string) => string>> = {
  'a slash at the end': (route) => `/oidc/${route}/`,
  'two slashes at the end': (route) => `/oidc/${route}//`,
  capitals: (route) => `/oidc/${route.toUpperCase()}`,
  'one capital': (route) => `/oidc/${route.replace(/[a-z]/, (char) => char.toUpperCase())}`,
  'an encoded letter': (route) => `/oidc/${route.replace(/[a-z]/, encoded)}`,
  'an encoded slash': (route) => `/oidc%2f${route}`,
  'an encoded slash at the end': (route) => `/oidc/${route}%2F`,
  'two slashes': (route) => `/oidc//${route}`,
  'a dot': (route) => `/oidc/./${route}`,
  'an encoded dot': (route) => `/oidc/%2e/${route}`,
  'two dots': (route) => `/oidc/x/../${route}`,
  'a backslash': (route) => `/oidc\\${route}`,
  'a fragment': (route) => `/oidc/${route}#x`,
  'a fragment after the query': (route) => `/oidc/${route}?a=b#x`,
  'a parameter of the path': (route) => `/oidc/${route};x`,
  'a space that is encoded': (route) => `/oidc/${route}%20`,
  'a null byte': (route) => `/oidc/${route}%00`,
  'a letter that folds to it': (route) =>
    `/oidc/${route.replace(/[sik]/, (char) => FOLDS_TO[char] ?? '')}`,
};

describe('an address of /oidc in another spelling', () => {
  let house: OidcHouse;
  let app: TestApp;
  let config: oidc.Configuration;
  before(async () => {
    house = await openOidcHouse({ oidc: { deviceGrant: true, ciba: true } });
    app = await house.addApp('tv', { grants: ['authorization_code', 'device_code'] });
    config = await app.config();
  });
  after(() => house.close());
  beforeEach(() => house.clock.advance(MINUTE));
  const left = async () => (await house.house.store.read((q) => q.all(rows, {}))).length;

  /** As it stands on the wire: no client of ours mends it. */
  async function ask(method: string, path: string, body = ''): Promise<number> {
    const bytes = `${method} ${path} HTTP/1.1\r\nhost: localhost:${house.port}\r\nconnection: close\r\n${
      method === 'POST'
        ? `content-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n`
        : ''
    }\r\n${body}`;
    const answer = await rawExchange(house.port, bytes);
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
  }

  for (const [name, spell] of Object.entries(SPELLINGS)) {
    it(`(${name}) does not exist, whatever is asked, and leaves nothing`, async () => {
      const { url } = await begin(config);
      const before = await left();
      for (const route of ROUTES) {
        const path = spell(route);
        if (path === `/oidc/${route}`) continue;
        for (const method of ['GET', 'POST', 'HEAD', 'OPTIONS']) {
          const query = method === 'POST' || /[?#]/.test(path) ? '' : url.search;
          const status = await ask(
            method,
            path + query,
            method === 'POST' ? url.search.slice(1) : '',
          );
          assert.ok([400, 404].includes(status), `${method} ${path}: ${status}`);
        }
      }
      assert.equal(await left(), before);
    });
  }

  it('leads nobody past the sign-in before the page for codes, and brings no code along', async () => {
    const begun = await oidc.initiateDeviceAuthorization(config, { scope: 'openid' });
    for (const path of ['/oidc/device/', '/oidc/Device', '/oidc/device#x']) {
      const answer = await house.send({ path: `${path}?user_code=${begun.user_code}` });
      if (!path.includes('#')) assert.equal(answer.status, 404, path);
      assert.ok(!answer.text.includes(begun.user_code));
      assert.doesNotMatch(answer.text, /Type the code/);
    }
    const right = await house.send({ path: '/oidc/device' });
    assert.equal(right.headers.get('location'), '/signin/enter?to=%2Foidc%2Fdevice');
  });

  it('is on record where oidc-provider would take it, once a minute, and nothing else is', async () => {
    const seen = await eventsOf(house, async () => {
      for (const path of ['/oidc/auth/', '/oidc/AUTH', '/oidc/par/', '/oidc/nothing']) {
        await ask('GET', path);
      }
    });
    assert.deepEqual(
      seen.map(({ type, outcome, data }) => [type, outcome, data.fault]),
      [['entry.refused', 'refused', 'request']],
    );
    house.clock.advance(MINUTE);
    assert.deepEqual(
      await eventsOf(house, async () => void (await ask('GET', '/oidc/nothing'))),
      [],
    );
  });

  it('is not what the metadata says, where every address is answered', async () => {
    const metadata = (await house.send({ path: '/oidc/.well-known/openid-configuration' })).json;
    const named = Object.entries(metadata).filter(([key]) => /_(endpoint|uri)$/.test(key));
    assert.ok(named.length >= 10);
    for (const [key, uri] of named) {
      const { pathname } = new URL(String(uri));
      const posted = await ask('POST', pathname);
      const got = await ask('GET', pathname);
      assert.ok(posted !== 404 || got !== 404, key);
    }
  });

  it('written rightly leads a person in', async () => {
    const tokens = await tokensFor(house, config, await house.person('ada'));
    assert.ok(tokens.id_token);
  });
});
