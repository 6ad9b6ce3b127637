/**
 * Authorization requests without end (CWE-770, T1499.003): each leaves a row before anyone is known, so strangers have so many a
 * minute, each of a bounded size, and a row stays no longer than a sign-in may take.
 */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { gateConfig } from '../../server/gate/gate-config.ts';
import { tables } from '../../server/store/statement.ts';
import { events, eventsOf } from '../support/events.ts';
import {
  begin,
  type OidcHouse,
  openOidcHouse,
  signInFrom,
  tokensFor,
  wander,
} from '../support/oidc-house.ts';

const t = tables<{ oidc_state: { model: string; expires_at: number } }>();
const everyRequest = t.statement((db) =>
  db
    .selectFrom('oidc_state')
    .select('expires_at')
    .where('model', 'in', ['Interaction', 'PushedAuthorizationRequest']),
);

const everySession = t.statement((db) =>
  db.selectFrom('oidc_state').select('expires_at').where('model', '=', 'Session'),
);

describe('a flood of authorization requests', () => {
  let house: OidcHouse;
  afterEach(() => house.close());

  const open = async (oidc = {}) => {
    house = await openOidcHouse({
      oidc,
      settings: { gate: gateConfig.parse({ throttles: { opening: { network: 20, all: 1000 } } }) },
    });
    const app = await house.addApp('notes');
    return app.config();
  };
  const rows = () => house.house.store.read((q) => q.all(everyRequest, {}));
  const go = (url: URL) => fetch(url, { redirect: 'manual' });
  const push = ({ searchParams }: URL) =>
    fetch(`${house.issuer}/par`, { method: 'POST', body: searchParams });

  it('by nobody leaves so many rows and no more, is told to wait, and is counted', async () => {
    const { url } = await begin(await open());
    const answers = [];
    for (let i = 0; i < 40; i++) answers.push(await go(url));
    assert.equal(answers[0]?.status, 303);
    assert.equal(answers.at(-1)?.status, 429);
    assert.equal(answers.at(-1)?.headers.get('retry-after'), '3');
    const left = await rows();
    assert.equal(left.length, 20);
    const latest = Math.max(...left.map(({ expires_at }) => expires_at));
    assert.ok(latest <= house.clock.now() + 10 * 60_000 + 2000);
    await house.house.counter.stop();
    const counted = (await events(house)).filter(({ type }) => type === 'decision.counted');
    assert.deepEqual(
      counted.filter(({ data }) => data.action === 'authorize').map(({ data }) => data.count),
      [20],
    );
  });

  it('pushed by a public client is bounded with them', async () => {
    const { url } = await begin(await open());
    const answers = [];
    for (let i = 0; i < 40; i++) answers.push(await push(url));
    assert.equal(answers[0]?.status, 201);
    assert.equal(answers.at(-1)?.status, 429);
    assert.equal((await rows()).length, 20);
  });

  it('is over after a moment: a person comes through', async () => {
    const config = await open();
    const { url } = await begin(config);
    for (let i = 0; i < 40; i++) await go(url);
    house.clock.advance(60_000);
    const tokens = await tokensFor(house, config, await house.person('ada'));
    assert.ok(tokens.id_token);
  });

  it('can’t make up for it in length: what is longer than any honest request leaves nothing', async () => {
    const config = await open();
    for (const name of ['state', 'nonce', 'login_hint', 'made_up']) {
      const { url } = await begin(config, { [name]: 'x'.repeat(1025) });
      assert.equal((await go(url)).status, 400, name);
      assert.equal((await push(url)).status, 413, name);
    }
    const more = Array.from({ length: 9 }, (_, i) => [`more_${i}`, 'x'.repeat(1000)]);
    const { url } = await begin(config, Object.fromEntries(more));
    assert.equal((await go(url)).status, 400);
    assert.equal((await push(url)).status, 413);
    assert.equal((await rows()).length, 0);
    const { url: honest } = await begin(config, { state: 'x'.repeat(1024) });
    assert.equal((await go(honest)).status, 303);
  });

  /** The question whether to sign out, and the one for a device's code, remember the form that they ask with. */
  for (const [what, path] of [
    ['to sign out', '/oidc/logout'],
    ['to sign out, with words of the stranger’s own', `/oidc/logout?state=${'x'.repeat(1000)}`],
    ['for the page of devices’ codes, with a session made up', '/oidc/device'],
  ] as const) {
    it(`is no way around by asking ${what}`, async () => {
      await open({ deviceGrant: true });
      const headers = { cookie: `${house.cookieName('session')}=made-up` };
      const ask = () => house.send({ path, headers });
      const seen = await eventsOf(house, async () => {
        for (let i = 0; i < 40; i++) await ask();
        await house.house.counter.stop();
      });
      const left = await house.house.store.read((q) => q.all(everySession, {}));
      assert.ok(left.length <= 20, `${left.length} rows`);
      const latest = Math.max(...left.map(({ expires_at }) => expires_at));
      assert.ok(latest <= house.clock.now() + 10 * 60_000 + 2000);
      assert.equal((await ask()).status === 200, false);
      assert.ok(seen.some(({ data }) => data.action === 'authorize' && data.count === 20));
    });
  }

  it('keeps nobody from signing out who is signed in, at the same network', async () => {
    const config = await open();
    const ada = await house.person('ada');
    const browser = house.browser();
    const { url } = await begin(config);
    await wander(house, browser, url.href);
    await signInFrom(house, browser, ada);
    for (let i = 0; i < 40; i++) await house.send({ path: '/oidc/logout' });
    assert.equal((await house.send({ path: '/oidc/logout' })).status, 429);
    const { client_id: id } = config.clientMetadata();
    assert.match((await browser.get(`/oidc/logout?client_id=${id}`)).text, /Sign out/);
    const long = await browser.get(`/oidc/logout?state=${'x'.repeat(1025)}`);
    assert.equal(long.status, 400);
  });
});
