/**
 * Rules of a site by network: what is for those inside is shut to the same person with the same cookie, and to the same program with
 * the same token, from outside. A decision is kept for a moment, and never for another network.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { count, eventsOf } from '../support/events.ts';
import { addProcess, addProof } from '../support/processes.ts';
import { type AskedAs, addSite, openProxyHouse, type ProxyHouse } from './proxy-house.ts';

const HOST = 'office.example.com';
const INSIDE = ['10.1.2.3', '10.200.0.1', '2001:db8:5::7'];
const OUTSIDE = ['192.0.2.7', '11.0.0.1', '9.255.255.255', '2001:db8:6::7'];

describe('a site whose rules look at the network', () => {
  let proxied: ProxyHouse;
  let cookie: string;
  beforeEach(async () => {
    proxied = await openProxyHouse();
    const networks = ['10.0.0.0/8', '2001:db8:5::/48'];
    await addSite(
      proxied,
      'office',
      [HOST],
      [
        { path: '/plans/*', networks, function: 'plans' },
        { path: '/lobby/*', function: 'lobby' },
        // Weaker for those inside: whoever is outside has to show a fresh proof.
        { path: '/files/*', function: 'files', sensitive: true },
        { path: '/files/*', networks, function: 'files-inside' },
      ],
    );
    const browser = proxied.at(HOST);
    const from = { 'x-forwarded-for': INSIDE[0] };
    await browser.enter(await proxied.signIn(), { path: '/lobby/x', headers: from });
    cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  });
  afterEach(() => proxied.close());

  const ask = (path: string, address: string | undefined, more: AskedAs['headers'] = {}) =>
    proxied.ask({ host: HOST, path, headers: { 'x-forwarded-for': address, ...more } });
  const passes = async (path: string, address: string | undefined, more?: AskedAs['headers']) =>
    (await ask(path, address, more)).status === 200;

  it('lets a person in from inside and not from outside, in whatever order they come', async () => {
    const seen = await eventsOf(proxied, async () => {
      for (let turn = 0; turn < 3; turn++) {
        for (const address of INSIDE) assert.ok(await passes('/plans/x', address, { cookie }));
        for (const address of OUTSIDE) {
          const answer = await ask('/plans/x', address, { cookie });
          assert.equal(answer.status, 403, address);
          assert.equal(answer.headers.get('x-sallyport-refused'), 'not-permitted');
          assert.ok(await passes('/lobby/x', address, { cookie }), 'what is for everyone');
        }
      }
    });
    assert.ok(count(seen, 'entry.granted') >= 1);
    assert.ok(count(seen, 'proxy.refused') >= 1, 'and who is outside is on record');
  });

  it('takes the rule of the network that the request comes from, and not the one before it', async () => {
    proxied.clock.advance(10 * 60_000); // What was shown is no longer fresh.
    for (let turn = 0; turn < 3; turn++) {
      assert.ok(await passes('/files/x', INSIDE[1], { cookie }));
      const outside = await ask('/files/x', OUTSIDE[0], { cookie });
      assert.equal(outside.status, 401, 'a fresher proof is asked for');
    }
  });

  it('lets a program in from inside and not from outside, with one token', async () => {
    const site = await proxied.house.store.read((q) => proxied.house.resources.find(q, 'office'));
    assert.ok(site);
    const process = await addProcess(proxied, 'robot', [{ resource: site.id, scopes: [] }]);
    const { shownOnce = [] } = await addProof(proxied, process, 'secret', {});
    const given = await proxied.send({
      method: 'POST',
      path: '/oidc/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: 'robot',
        client_secret: shownOnce[0] ?? '',
        resource: `https://${HOST}`,
      }).toString(),
    });
    assert.equal(given.status, 200, given.text);
    const authorization = `Bearer ${given.json.access_token}`;
    for (let turn = 0; turn < 3; turn++) {
      for (const address of INSIDE) {
        assert.ok(await passes('/plans/x', address, { authorization }), address);
      }
      for (const address of OUTSIDE) {
        assert.equal((await ask('/plans/x', address, { authorization })).status, 403, address);
      }
    }
  });

  it('is judged by policies about the network alike, each time anew', async () => {
    const { policies, store } = proxied.house;
    const inside =
      '@id("inside") @because("A test.") forbid (principal, action == Action::"enter", resource == Site::"office") unless { context.source.isInRange(ip("10.0.0.0/8")) };';
    const prepared = await policies.prepare({ ...shippedPolicies(), 'inside.cedar': inside });
    const by = { door: 'cli' } as const;
    await store.write((tx) => policies.activate(tx, prepared, { by, administrators: [] }));
    for (let turn = 0; turn < 3; turn++) {
      assert.ok(await passes('/lobby/x', '10.1.2.3', { cookie }));
      assert.equal((await ask('/lobby/x', '192.0.2.7', { cookie })).status, 403);
    }
  });
});
