/**
 * What a transaction saw that never came to be (T1499, T1556): transactions that share a commit see each other's changes, and when
 * the disk is full at that moment none of them is made. A number that was taken there is taken again by something else, and nothing
 * of what it stood for at first may stay in force.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { SiteDetail } from '@sallyport/contract/resources.ts';
import type { PolicyFiles } from '../../server/policy/policy-files.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { ask, now, password, person, totp } from '../policy/policy-support.ts';
import { count, eventsOf } from '../support/events.ts';
import { fillDisk } from '../support/full-disk.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { isPostgres } from '../support/store.ts';
import { casOfOthers } from '../x509/cas-of-others.ts';

const by = { door: 'cli' } as const;
const HOST = 'wiki.example.com';

const loose: PolicyFiles = {
  ...shippedPolicies(),
  'loose.cedar':
    '@id("everybody") @because("-") permit (principal, action == Action::"enter", resource);',
};
const strict: PolicyFiles = {
  ...shippedPolicies(),
  'strict.cedar':
    '@id("nobody") @because("-") forbid (principal, action == Action::"enter", resource);',
};
const site = (rule: object) =>
  SiteDetail.parse({ hosts: [HOST], rules: [{ path: '/*', function: 'read', ...rule }] });

describe('what was never committed', {
  skip: isPostgres() && 'there, no transaction sees what another one has not committed',
}, () => {
  let t: TestHouse;
  beforeEach(async () => {
    t = await openTestHouse();
  });
  afterEach(() => t.close());

  const fails = (outcome: PromiseSettledResult<unknown>) =>
    assert.equal(outcome.status, 'rejected');

  async function activating(files: PolicyFiles) {
    const { store, policies } = t.house;
    const prepared = await policies.prepare(files);
    return () => store.write((tx) => policies.activate(tx, prepared, { by, administrators: [] }));
  }
  /** A neighbour in the same group asks the policies, as an entry does. */
  const neighbour = () =>
    t.house.store.write(async (tx) =>
      (await t.house.policies.current(tx)).ids.includes('everybody'),
    );
  const inForce = () =>
    t.house.store.read(async (q) => {
      const { version, ids } = await t.house.policies.current(q);
      return { version, own: ids.filter((id) => id === 'everybody' || id === 'nobody') };
    });

  it('leaves no policies in force: those that take its number are, and the record names no others', async (context) => {
    const [first, second] = [await activating(loose), await activating(strict)];
    const seen = await eventsOf(t, async () => {
      fillDisk(context);
      for (const outcome of await Promise.allSettled([first(), neighbour()])) fails(outcome);
      assert.deepEqual(await inForce(), { version: 0, own: [] });
      assert.deepEqual(await second(), { state: 'activated', version: 1 });
    });
    assert.deepEqual(await inForce(), { version: 1, own: ['nobody'] });
    assert.equal(await neighbour(), false);
    assert.equal(count(seen, 'policy.activated', 'done'), 1);
  });

  it('does not take those that are in force with it, however often it fails', async (context) => {
    await (await activating(strict))();
    for (const files of [loose, shippedPolicies()]) {
      const again = await activating(files);
      fillDisk(context);
      for (const outcome of await Promise.allSettled([again(), neighbour()])) fails(outcome);
      assert.deepEqual(await inForce(), { version: 1, own: ['nobody'] });
    }
    // Nor are those forgotten that are: nobody asked this of them before.
    const active = await t.house.store.read((q) => t.house.policies.current(q));
    const answer = active.ladder(ask(person(), 'signIn'), now(password, totp), []);
    assert.equal(answer.state, 'permitted');
  });

  it('is something else than what a neighbour commits: by that one is judged at once, and it stays', async () => {
    const first = await activating(loose);
    const [activated, saw] = await Promise.all([first(), neighbour()]);
    assert.deepEqual([activated, saw], [{ state: 'activated', version: 1 }, true]);
    assert.deepEqual(await inForce(), { version: 1, own: ['everybody'] });
  });

  it('opens no site: the rules that are in force are those in the database', async (context) => {
    const { store, resources, gate, sites } = t.house;
    const wiki = { name: 'wiki', groups: [], open: 'everyone', members: [], kind: 'site' } as const;
    const added = await store.write((tx) => resources.add(tx, { ...wiki, detail: site({}) }, by));
    assert.ok(added.ok);
    const { id } = added.value;
    const change = (rule: object) =>
      store.write((tx) => resources.change(tx, id, { detail: site(rule) }, by));
    const at = { host: HOST, method: 'GET', path: '/' };
    const come = () =>
      sites.begin('spk_none', { ...at, back: '/', way: new Uint8Array(32) }, t.arrival());
    const look = async () => {
      const found = await gate.lookAt(at, t.arrival());
      assert.equal(found.state, 'found');
      return { isPublic: found.public, sensitive: found.sensitive };
    };

    const seen = await eventsOf(t, async () => {
      fillDisk(context);
      const [changed] = await Promise.allSettled([change({ public: true }), come()]);
      fails(changed);
      await change({ sensitive: true });
    });
    assert.deepEqual(await look(), { isPublic: false, sensitive: true });
    assert.equal(count(seen, 'resource.changed', 'done'), 1);

    await Promise.all([change({ public: true }), come()]);
    assert.deepEqual(await look(), { isPublic: true, sensitive: false });
  });

  it('gives back no certificate: what a CA revoked stands in the list that is in force', async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-lists-'));
    context.after(() => rmSync(folder, { recursive: true }));
    const { store, authority } = t.house;
    const others = casOfOthers(folder);
    others.ca('mill');
    others.leaf('saw', 'mill');
    t.clock.advance(Date.now() + 60_000 - t.clock.now());
    const hourAgo = new Date(Date.now() - 3_600_000).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
    const empty = others.list('mill', ['-crl_lastupdate', hourAgo]);
    others.revoke('saw', 'mill');
    const full = others.list('mill');

    const trusting = { name: 'Mill', trustedFor: ['device'] as const };
    const certificates = [others.der('mill')];
    await store.write((tx) => authority.trusted.add(tx, { ...trusting, certificates }, by));
    const imports = (list: Uint8Array) =>
      store.write((tx) => authority.trusted.importList(tx, 'Mill', list, by));
    const judges = () => store.write((tx) => authority.judge(tx, [others.der('saw')], 'client'));
    assert.ok((await judges()).ok);

    const seen = await eventsOf(t, async () => {
      fillDisk(context);
      for (const outcome of await Promise.allSettled([imports(empty), judges()])) fails(outcome);
      assert.ok((await imports(full)).ok);
    });
    assert.deepEqual(await judges(), { ok: false, reason: 'revoked' });
    assert.equal(count(seen, 'authority.list-imported', 'done'), 1);
  });
});
