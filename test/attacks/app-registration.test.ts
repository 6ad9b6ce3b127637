/**
 * Applications that nobody invited, or that say of themselves what leads people astray (T1098.001, T1528; RFC 7591 §5): each
 * way is tried beside the rightful one that works, leaves no application behind, and is on record.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gateConfig } from '../../server/gate/gate-config.ts';
import { registrationOf } from '../../server/gate/use-cases/apps/registration/registration-table.ts';
import { DAY } from '../../server/kernel/clock.ts';
import { count, eventsOf } from '../support/events.ts';
import { invite, register } from '../support/invitations.ts';
import { CALLBACK, type OidcHouse, openOidcHouse, wander } from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';

const GOOD = { redirect_uris: [CALLBACK], client_name: 'Ledger' };

const TRICKS = [
  'https://app.example.com/*',
  'https://*.example.com/callback',
  'https://app.example.com/callback#x',
  'https://app.example.com',
  'https://APP.example.com/callback',
  'HTTPS://app.example.com/callback',
  'https://app.example.com:443/callback',
  'https://app.example.com./callback',
  'https://app.example.com/../callback',
  'https://app.example.com/a/./b',
  'https://app.example.com\\@evil.example/',
  'https://user@app.example.com/callback',
  'https://user:pass@app.example.com/callback',
  'https://аpp.example.com/callback',
  ' https://app.example.com/callback',
  'https://app.example.com/call\nback',
  'http://app.example.com/callback',
  'http://localhost/callback',
  'http://127.0.0.1.evil.example/callback',
  'http://127.1/callback',
  'http://2130706433/callback',
  'http://127.0.0.2/callback',
  'com.example.app:/callback',
  'javascript:alert(1)',
  'data:text/html,x',
  '//app.example.com/callback',
  '/callback',
  'null',
  '',
];

const BEYOND: Readonly<Record<string, unknown>> = {
  'the implicit grant': { grant_types: ['implicit'] },
  'a grant of processes': { grant_types: ['authorization_code', 'client_credentials'] },
  'a token as an answer': { response_types: ['token'] },
  'a secret that it makes': { token_endpoint_auth_method: 'client_secret_jwt' },
  'keys to be fetched': { jwks_uri: 'http://169.254.169.254/' },
  'a sector to be fetched': { sector_identifier_uri: 'http://169.254.169.254/' },
  'an ID token without a signature': { id_token_signed_response_alg: 'none' },
  'somebody who vouches for it': { software_statement: 'eyJhbGciOiJub25lIn0.e30.' },
  'a name with a line of its own': { client_name: 'Ledger\nYou are safe' },
  'no name': { client_name: undefined },
};

describe('registering an application', () => {
  let house: OidcHouse;
  let ada: TestPerson;
  before(async () => {
    house = await openOidcHouse({ oidc: { registration: true } });
    ada = await house.person('ada');
  });
  after(() => house.close());

  const applications = () =>
    house.house.store.read(
      async (q) =>
        (await house.house.resources.list(q, { kind: 'application', limit: 1000 })).length,
    );

  /** Nothing is left behind by it but what is on record. */
  async function refused(token: string | undefined, status: number, error: string, said?: unknown) {
    house.clock.advance(61_000); // The first of a minute has an event of its own.
    const before = await applications();
    let told = '';
    const seen = await eventsOf(house, async () => {
      const answer = await register(house, token, said ?? GOOD);
      assert.equal(answer.status, status, answer.text);
      assert.deepEqual(answer.json, { error });
      told = answer.headers.get('www-authenticate') ?? '';
    });
    assert.equal(count(seen, 'app.registration-refused', 'refused'), 1);
    assert.equal(await applications(), before);
    assert.equal(count(seen, 'app.registered'), 0);
    return { seen, told };
  }

  async function works(token: string, said: unknown = GOOD) {
    const answer = await register(house, token, said);
    assert.equal(answer.status, 201, answer.text);
  }

  it('works with an invitation, and not without one', async () => {
    await works(await invite(house, ada));
    const { told } = await refused(undefined, 401, 'invalid_token');
    assert.equal(told, 'Bearer');
  });

  it('tells whoever has no invitation nothing of what else is wrong', async () => {
    await refused(undefined, 401, 'invalid_token', { redirect_uris: ['javascript:alert(1)'] });
    await refused(undefined, 401, 'invalid_token', '{"redirect_uris":');
  });

  it('works as often as the invitation says, and on record is the time that was too many', async () => {
    const token = await invite(house, ada, { uses: 2 });
    await works(token);
    await works(token);
    const { seen } = await refused(token, 401, 'invalid_token');
    const event = seen.find(({ type }) => type === 'app.registration-refused');
    assert.equal(event?.reason, 'used');
    assert.equal(typeof event?.data.invitation, 'string');
  });

  it('lets in no more of those who come at once', async () => {
    const token = await invite(house, ada, { uses: 2 });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => register(house, token, GOOD)),
    );
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [201, 201, 401, 401, 401, 401, 401, 401]);
  });

  it('works until the invitation ends, and no longer', async () => {
    const token = await invite(house, ada, { uses: 3, lifetime: DAY });
    await works(token);
    house.clock.advance(DAY);
    const { seen } = await refused(token, 401, 'invalid_token');
    assert.equal(seen.find(({ type }) => type === 'app.registration-refused')?.reason, 'expired');
  });

  it('works with the token as it was given, and with nothing like it', async () => {
    const token = await invite(house, ada);
    const last = token.endsWith('A') ? 'B' : 'A';
    await refused(token.slice(0, -1) + last, 401, 'invalid_token');
    await refused(token.slice(0, -1), 401, 'invalid_token');
    await refused(`spt_${token.slice(4)}`, 401, 'invalid_token');
    await refused('x'.repeat(69), 401, 'invalid_token');
    const doubled = await house.send({
      method: 'POST',
      path: `/oidc/register?access_token=${token}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(GOOD),
    });
    assert.equal(doubled.status, 400);
    await works(token);
  });

  it('ends with whoever answers for it', async () => {
    const bea = await house.person('bea');
    const token = await invite(house, bea, { uses: 2 });
    await works(token);
    const { store, acts } = house.house;
    const disabled = await store.write((tx) => acts.disable(tx, bea.id, { door: 'cli' }));
    assert.ok(disabled.ok);
    await refused(token, 401, 'invalid_token');
  });

  it('ends when it is withdrawn, on record', async () => {
    const token = await invite(house, ada, { uses: 2 });
    await works(token);
    const { store, appInvitations } = house.house;
    const { items } = await store.read((q) => appInvitations.list(q, { limit: 1 }));
    const [newest] = items;
    assert.equal(newest?.used, 1);
    const seen = await eventsOf(house, async () => {
      const by = { door: 'cli' } as const;
      assert.ok((await store.write((tx) => appInvitations.withdraw(tx, newest.id, by))).ok);
      assert.ok(!(await store.write((tx) => appInvitations.withdraw(tx, newest.id, by))).ok);
    });
    assert.equal(count(seen, 'app.invitation-withdrawn', 'done'), 1);
    await refused(token, 401, 'invalid_token');
  });

  it('that could not be leaves the invitation as it was', async () => {
    const token = await invite(house, ada);
    await refused(token, 400, 'invalid_client_metadata', { ...GOOD, client_name: 'Sallyport' });
    await refused(token, 400, 'invalid_redirect_uri', { ...GOOD, redirect_uris: [] });
    await works(token);
  });

  it('leads people back to their own computer only of programs on it', async () => {
    const token = await invite(house, ada, { uses: 3 });
    const local = { ...GOOD, redirect_uris: ['http://127.0.0.1/callback'] };
    await refused(token, 400, 'invalid_redirect_uri', local);
    const web = { ...local, application_type: 'web', token_endpoint_auth_method: 'none' };
    await refused(token, 400, 'invalid_redirect_uri', web);
    await works(token, { ...local, application_type: 'native' });
    await works(token, { ...local, token_endpoint_auth_method: 'none' });
  });

  it('waits when a network comes too often', async () => {
    const strict = await openOidcHouse({
      oidc: { registration: true },
      settings: { gate: gateConfig.parse({ throttles: { opening: { network: 10, all: 100 } } }) },
    });
    try {
      const token = await invite(strict, await strict.person('ada'));
      strict.clock.advance(61_000);
      const answers = [];
      for (let i = 0; i < 12; i++) answers.push(await register(strict, 'x'.repeat(69), GOOD));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [...Array(10).fill(401), 429, 429],
      );
      assert.ok(Number(answers.at(-1)?.headers.get('retry-after')) >= 1);
      strict.clock.advance(61_000);
      const after = await register(strict, token, GOOD);
      assert.equal(after.status, 201);
    } finally {
      await strict.close();
    }
  });

  it('opens no API: not in people’s names, and not in its own', async () => {
    const audience = 'https://pay.example/';
    const scopes = [{ name: 'pay', says: 'Make payments.' }];
    await house.addApi('pay', { audience, scopes });
    const { json } = await register(house, await invite(house, ada), GOOD);
    const { client_id, client_secret } = json;
    const token = (more: Record<string, string>) =>
      house.send({
        method: 'POST',
        path: '/oidc/token',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: `${new URLSearchParams({ client_id, client_secret, ...more })}`,
      });
    const own = { grant_type: 'client_credentials', scope: 'pay', resource: audience };
    const seen = await eventsOf(house, async () => {
      const refused = await token(own);
      assert.deepEqual([refused.status, refused.json.access_token], [400, undefined]);
      for (const resource of [audience, `${house.origin}/api/v1`]) {
        const asked = new URLSearchParams({
          ...{ client_id, response_type: 'code', redirect_uri: CALLBACK, state: 's' },
          ...{ scope: 'openid pay act-as-me', resource },
          ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' },
        });
        const { left } = await wander(house, house.browser(), `/oidc/auth?${asked}`);
        assert.match(left?.searchParams.get('error') ?? '', /^invalid_(target|scope)$/);
      }
    });
    assert.ok(count(seen, 'entry.refused') >= 1);
    assert.ok(count(seen, 'app.refused') >= 1);
    // The secret itself is good: an administrator can list it for the API.
    const { store, processes, resources } = house.house;
    await store.write(async (tx) => {
      const [process, api] = [await processes.find(tx, client_id), await resources.find(tx, 'pay')];
      assert.ok(process && api);
      const entries = [{ resource: api.id, scopes: ['pay'] }];
      assert.ok((await processes.change(tx, process.id, { entries }, { door: 'cli' })).ok);
    });
    assert.equal((await token(own)).status, 200);
  });

  describe('and looking after one', () => {
    const at = (client: string, token: string | undefined, method: string) =>
      house.send({
        method,
        path: `/oidc/register/${client}`,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      });

    it('is for who has its own token, and no other', async () => {
      const token = await invite(house, ada, { uses: 2 });
      const [mine, other] = [
        (await register(house, token, GOOD)).json,
        (await register(house, token, GOOD)).json,
      ];
      const added = await house.addApp(`added-${mine.client_id.slice(-6)}`);
      const shown = [
        [mine.client_id, other.registration_access_token],
        [mine.client_id, undefined],
        [mine.client_id, token],
        [mine.client_id, mine.client_secret],
        [mine.client_id.toUpperCase(), mine.registration_access_token],
        [added.id, mine.registration_access_token],
        ['sallyport-cli', mine.registration_access_token],
        ['00000000-0000-7000-8000-00000000c11e', mine.registration_access_token],
      ] as const;
      for (const method of ['GET', 'DELETE']) {
        for (const [client, bearer] of shown) {
          house.clock.advance(61_000);
          const before = await applications();
          const seen = await eventsOf(house, async () => {
            const answer = await at(client, bearer, method);
            assert.equal(answer.status, 401);
            assert.deepEqual(answer.json, { error: 'invalid_token' });
          });
          assert.equal(count(seen, 'app.registration-refused', 'refused'), 1);
          assert.equal(await applications(), before);
        }
      }
      const rightly = await at(mine.client_id, mine.registration_access_token, 'DELETE');
      assert.equal(rightly.status, 204);
      assert.equal((await at(other.client_id, other.registration_access_token, 'GET')).status, 200);
    });

    it('ends when an administrator makes it the organisation’s own', async () => {
      const token = await invite(house, ada, { uses: 2 });
      const [mine, other] = [
        (await register(house, token, { ...GOOD, client_name: 'Orchard' })).json,
        (await register(house, token, { ...GOOD, client_name: 'Garden' })).json,
      ];
      const bearer = mine.registration_access_token;
      assert.equal((await at(mine.client_id, bearer, 'GET')).status, 200);
      const { store, resourceActs } = house.house;
      const own = (firstParty: boolean) =>
        store.write((tx) =>
          resourceActs.edit(tx, mine.client_id, { detail: { firstParty } }, { door: 'cli' }),
        );
      const rows = () => store.read((q) => q.one(registrationOf, { app: mine.client_id }));
      // What says nothing of it changes nothing of it.
      assert.ok((await own(false)).ok);
      assert.equal((await at(mine.client_id, bearer, 'GET')).status, 200);
      assert.ok((await own(true)).ok);
      assert.equal(await rows(), undefined);
      const before = await applications();
      for (const method of ['GET', 'DELETE']) {
        house.clock.advance(61_000);
        const seen = await eventsOf(house, async () => {
          const answer = await at(mine.client_id, bearer, method);
          assert.deepEqual([answer.status, answer.json], [401, { error: 'invalid_token' }]);
        });
        assert.equal(count(seen, 'app.registration-refused', 'refused'), 1);
        assert.equal(count(seen, 'app.unregistered'), 0);
        assert.equal(await applications(), before);
      }
      // It does not come back when it is the organisation's own no more.
      assert.ok((await own(false)).ok);
      assert.equal((await at(mine.client_id, bearer, 'DELETE')).status, 401);
      const seen = await eventsOf(house, async () => {
        const left = await at(other.client_id, other.registration_access_token, 'DELETE');
        assert.equal(left.status, 204);
      });
      assert.equal(count(seen, 'app.unregistered', 'done'), 1);
    });

    it('ends when an administrator removes it', async () => {
      const { json } = await register(house, await invite(house, ada), GOOD);
      const { store, resourceActs } = house.house;
      const gone = await store.write((tx) =>
        resourceActs.remove(tx, json.client_id, { door: 'cli' }),
      );
      assert.ok(gone.ok);
      const token = json.registration_access_token;
      assert.equal((await at(json.client_id, token, 'GET')).status, 401);
    });
  });

  for (const uri of TRICKS) {
    it(`leads nobody to ${JSON.stringify(uri)}`, async () => {
      const token = await invite(house, ada);
      const both = { ...GOOD, redirect_uris: [CALLBACK, uri] };
      await refused(token, 400, 'invalid_redirect_uri', both);
      const after = { ...GOOD, post_logout_redirect_uris: [uri] };
      await refused(token, 400, 'invalid_redirect_uri', after);
      await works(token);
    });
  }

  it('leads nobody back into this house', async () => {
    const token = await invite(house, ada);
    const own = { ...GOOD, redirect_uris: [`${house.origin}/me`] };
    await refused(token, 400, 'invalid_redirect_uri', own);
  });

  for (const [what, said] of Object.entries(BEYOND)) {
    it(`does not give ${what}`, async () => {
      const token = await invite(house, ada);
      const all = { ...GOOD, ...(said as object) };
      await refused(token, 400, 'invalid_client_metadata', all);
      await works(token);
    });
  }

  it('reads what can be read in one way alone', async () => {
    const token = await invite(house, ada);
    const twice = `{"client_name":"x","redirect_uris":["${CALLBACK}"],"redirect_uris":["https://evil.example/"]}`;
    await refused(token, 400, 'invalid_client_metadata', twice);
    await refused(token, 400, 'invalid_client_metadata', '{"__proto__":{"firstParty":true}}');
  });
});
