/**
 * A client secret is good only where policy allows it (docs/processes.md): once a policy forbids secrets, those that there are let
 * no program in, and no application fetch what people let it do; whoever has a key goes on.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { count, eventsOf } from '../support/events.ts';
import { authorize, begin, type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';
import { addProcess, addProof, claimsFor, makeKey, signJws } from '../support/processes.ts';

const LEDGER = 'https://ledger.example.com/';
const BLOCKS = /^```cedar\n([\s\S]*?)^```/gm;
const PAGE = readFileSync(new URL('../../docs/processes.md', import.meta.url), 'utf8');
const FORBIDS = [...PAGE.matchAll(BLOCKS)]
  .map(([, text = '']) => text)
  .find((text) => text.includes('@id("no-secrets")'));

describe('a secret, once policies forbid secrets', () => {
  let house: OidcHouse;
  let ada: TestPerson;
  let program: string;
  let app: oidc.Configuration;
  const key = makeKey();
  before(async () => {
    house = await openOidcHouse();
    ada = await house.person('ada');
    const scopes = [{ name: 'read', says: 'See entries' }];
    const resource = await house.addApi('ledger', { audience: LEDGER, scopes });
    const process = await addProcess(house, 'legacy', [{ resource, scopes: ['read'] }]);
    const { shownOnce = [] } = await addProof(house, process, 'secret', {});
    program = shownOnce[0] ?? '';
    await addProof(house, process, 'key', { jwk: key.jwk });
    const wiki = await house.addApp('wiki', { clientAuth: 'secret' });
    const { shownOnce: shown = [] } = await addProof(house, wiki.process, 'secret', {});
    app = await wiki.config(oidc.ClientSecretPost(shown[0] ?? ''));
    await forbidden(false);
  });
  after(() => house.close());

  async function forbidden(forbids: boolean): Promise<void> {
    const { store, policies } = house.house;
    assert.ok(FORBIDS, 'the page has the policy');
    const more = forbids ? { 'no-secrets.cedar': FORBIDS } : {};
    const prepared = await policies.prepare({ ...shippedPolicies(), ...more });
    const done = await store.write((tx) =>
      policies.activate(tx, prepared, { by: { door: 'cli' }, administrators: [] }),
    );
    assert.equal(done.state, 'activated', JSON.stringify(done));
  }

  const asked = (fields: Record<string, string>) =>
    house.send({
      method: 'POST',
      path: '/oidc/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        resource: LEDGER,
        ...fields,
      }).toString(),
    });
  const bySecret = () => asked({ client_id: 'legacy', client_secret: program });
  const byKey = () =>
    asked({
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: signJws(
        key,
        { alg: key.alg },
        { ...claimsFor(house, 'legacy'), aud: house.issuer },
      ),
    });
  async function signIn(): Promise<oidc.TokenEndpointResponse> {
    const { url, checks } = await begin(app);
    const left = await authorize(house, house.browser(), url, ada);
    return oidc.authorizationCodeGrant(app, left, checks);
  }

  it('lets no program in that has a key as well, and is good where they don’t', async () => {
    assert.equal((await bySecret()).status, 200);
    await forbidden(true);
    const seen = await eventsOf(house, async () => {
      const refused = await bySecret();
      assert.deepEqual([refused.status, refused.json.error], [400, 'unauthorized_client']);
      const passed = await byKey();
      assert.equal(passed.status, 200, passed.text);
    });
    const told = seen.find(({ type }) => type === 'entry.refused');
    assert.deepEqual(told?.data.policies, ['no-secrets']);
    assert.equal(count(seen, 'entry.granted'), 1);
    await forbidden(false);
    assert.equal((await bySecret()).status, 200);
  });

  it('fetches nothing for an application, whatever people let it do', async () => {
    assert.ok((await signIn()).access_token);
    await forbidden(true);
    const seen = await eventsOf(house, () =>
      assert.rejects(signIn(), (error) => {
        assert.ok(error instanceof oidc.ResponseBodyError);
        return ['invalid_client', 'unauthorized_client'].includes(error.error);
      }),
    );
    const told = seen.filter(({ type }) => type === 'entry.refused');
    assert.deepEqual(told.at(-1)?.data.policies, ['no-secrets']);
    await forbidden(false);
    assert.ok((await signIn()).access_token);
  });
});
