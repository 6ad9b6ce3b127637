import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { count, eventsOf } from '../support/events.ts';
import { type ApiHouse, openApiHouse } from './api-house.ts';
import { type ApiPerson, enrolled, signIn } from './people.ts';

const CURFEW =
  '@id("curfew") @because("Nobody signs in at night.") forbid (principal, action == Action::"signIn", resource) when { context.source.isInRange(ip("203.0.113.0/24")) };';

describe('policies by the API', () => {
  let api: ApiHouse;
  let boss: ApiPerson;
  let ada: ApiPerson;
  let admin: string;
  before(async () => {
    api = await openApiHouse();
    boss = await enrolled(api, 'boss', ['administrator']);
    ada = await enrolled(api, 'ada');
    admin = await signIn(api, boss);
  });
  after(() => api.close());

  const files = () => ({ ...shippedPolicies(), 'curfew.cedar': CURFEW });
  const simulate = (body: object) =>
    api.done('simulatePolicies', {
      token: admin,
      body: { person: ada.id, action: 'signIn', ...body },
    });

  test('are shown, checked, tried before and in force after they were activated', async () => {
    const before = await api.done('showPolicies', { token: admin });
    assert.equal(before.version, 0);
    assert.deepEqual(before.files, shippedPolicies());
    assert.deepEqual(before.versions, []);

    const checked = await api.done('checkPolicies', { token: admin, body: { files: files() } });
    assert.equal(checked.valid, true);
    const wrong = await api.done('checkPolicies', {
      token: admin,
      body: { files: { 'a.cedar': 'permit (principal' } },
    });
    assert.equal(wrong.valid, false);
    assert.equal(wrong.problems[0].line, 1);

    const source = '203.0.113.9';
    assert.equal((await simulate({ source })).state, 'challenged');
    const tried = await simulate({ source, files: files() });
    assert.equal(tried.state, 'refused');
    assert.deepEqual(tried.deciding[0], {
      id: 'curfew',
      effect: 'forbid',
      because: 'Nobody signs in at night.',
      file: 'curfew.cedar',
      line: 1,
    });

    const activated = await api.done('activatePolicies', {
      token: admin,
      key: 'activate-curfew',
      body: { files: files(), expected: 0 },
    });
    assert.deepEqual(activated, { version: 1, unchanged: false, problems: [] });
    // Sent again, it changes nothing and says the same.
    const again = await api.done('activatePolicies', {
      token: admin,
      key: 'activate-curfew',
      body: { files: files(), expected: 0 },
    });
    assert.deepEqual(again, activated);
    const unchanged = await api.done('activatePolicies', {
      token: admin,
      body: { files: files() },
    });
    assert.deepEqual(unchanged, { ...activated, unchanged: true });
    const after = await api.done('showPolicies', { token: admin });
    assert.equal(after.version, 1);
    const curfew = after.policies.find(({ id }: { id: string }) => id === 'curfew');
    assert.deepEqual([curfew.effect, curfew.text], ['forbid', CURFEW]);
    assert.equal(after.versions[0].activatedBy, boss.id);
    assert.equal((await simulate({ source })).state, 'refused');
    assert.equal((await simulate({})).state, 'challenged');
  });

  test('a trial tells the ladder, what is missing, and what the proofs are worth', async () => {
    const open = await simulate({});
    assert.deepEqual(open.rungs[0], ['webauthn']);
    assert.ok(open.rungs.some((rung: string[]) => rung.toSorted().join() === 'password,totp'));
    const shown = await simulate({ shown: ['password', 'totp'] });
    assert.equal(shown.state, 'granted');
    assert.equal(shown.acr, 'urn:sallyport:acr:two-kinds');
    const refused = await simulate({ action: 'policy.change' });
    assert.equal(refused.state, 'refused');
    assert.deepEqual(refused.rungs, []);
    const touching = await simulate({ action: 'pass.issue', concerning: boss.id });
    assert.equal(touching.state, 'refused');
    await api.problem('not-found', 'simulatePolicies', {
      token: admin,
      body: { person: '019b8d62-0000-7000-8000-000000000000', action: 'signIn' },
    });
    await api.problem('unknown-action', 'simulatePolicies', {
      token: admin,
      body: { person: ada.id, action: 'fly' },
    });
  });

  test('a trial tells of whom it names to those alone who may look at them', async () => {
    const script = async (scope: readonly string[]) => {
      const body = { owner: boss.id, scope };
      return (await api.done('issueToken', { token: admin, body })).token;
    };
    const narrow = await script(['policy.read']);
    const wide = await script(['policy.read', 'observe']);
    const someone = { roles: [], groups: ['night-shift'], holds: ['password', 'totp'] };
    const seen = await eventsOf(api, async () => {
      for (const named of [
        { person: ada.id },
        { person: boss.id },
        { someone, action: 'pass.issue', concerning: boss.id },
        { someone, action: 'enter', resource: 'wiki' },
        { someone, action: 'logIn', about: { kind: 'network', name: 'core-1' } },
        { process: 'nightly', action: 'enter', resource: 'wiki' },
        { device: 'plc-7', action: 'joinNetwork', about: { kind: 'network', name: 'core-1' } },
      ]) {
        const body = { action: 'signIn', ...named };
        await api.problem('not-permitted', 'simulatePolicies', { token: narrow, body });
      }
    });
    assert.equal(count(seen, 'access.refused', 'refused'), 7);
    await api.done('simulatePolicies', { token: narrow, body: { action: 'signIn', someone } });
    const body = { action: 'signIn', person: boss.id };
    const told = await api.done('simulatePolicies', { token: wide, body });
    assert.deepEqual(told.request.principal.roles, ['administrator']);
  });

  test('a trial takes anyone, with anything that was shown at any time, and tells the ways in full', async () => {
    const anyone = (body: object) =>
      api.done('simulatePolicies', { token: admin, body: { action: 'signIn', ...body } });
    const someone = { roles: [], groups: [], holds: ['password', 'totp'] };
    const open = await anyone({ someone });
    assert.deepEqual(open.ways[0].proofs.map(({ kind }: { kind: string }) => kind).toSorted(), [
      'password',
      'totp',
    ]);
    assert.deepEqual(open.ways[0].policies, ['people-sign-in']);
    assert.equal(open.request.principal.id, 'someone');
    const old = { kind: 'webauthn', age: 100_000 };
    const boards = { someone: { roles: ['administrator'], holds: ['webauthn'] } };
    const stale = await anyone({ ...boards, action: 'policy.change', shown: [old] });
    assert.equal(stale.state, 'challenged');
    const fresh = await anyone({ ...boards, action: 'policy.change', shown: ['webauthn'] });
    assert.equal(fresh.state, 'granted');
    const weak = await anyone({ someone: { roles: ['administrator'] }, action: 'policy.change' });
    assert.deepEqual([weak.state, weak.ways.length, weak.missing.length], ['refused', 2, 2]);
    const about = { kind: 'part', name: 'record' };
    assert.equal((await anyone({ ...boards, action: 'record.read', about })).state, 'challenged');
    for (const body of [
      { someone, person: ada.id },
      { someone: { roles: ['king'] } },
      { someone, shown: [{ kind: 'webauthn', age: -1 }] },
      {},
    ]) {
      await api.problem('not-valid', 'simulatePolicies', {
        token: admin,
        body: { action: 'signIn', ...body },
      });
    }
  });

  test('a check tells what would be locked out, from where administrators come', async () => {
    const plant =
      '@id("plant") @because("From the plant.") forbid (principal in Role::"administrator", action, resource) unless { context.source.isInRange(ip("10.20.0.0/16")) };';
    const given = { ...shippedPolicies(), 'plant.cedar': plant };
    const check = (body: object) => api.done('checkPolicies', { token: admin, body });
    assert.equal((await check({ files: given })).wouldLockOut, true);
    assert.equal((await check({ files: given, from: ['10.20.0.1'] })).wouldLockOut, false);
    await api.problem('not-valid', 'checkPolicies', {
      token: admin,
      body: { files: given, from: ['here'] },
    });
    await api.problem('policy-locks-out', 'activatePolicies', {
      token: admin,
      body: { files: given, from: ['10.21.0.1'] },
    });
  });

  test('a refused activation is on record, and changes nothing', async () => {
    const locking = {
      'a.cedar': '@id("a") @because("b") permit (principal, action, resource) when { false };',
    };
    await api.problem('policy-locks-out', 'activatePolicies', {
      token: admin,
      body: { files: locking },
    });
    const { items } = await api.done('searchEvents', {
      token: admin,
      query: { type: 'policy.activated,policy.refused' },
    });
    assert.deepEqual(
      items.map(({ type, reason }: { type: string; reason?: string }) => [type, reason]),
      [
        ['policy.refused', 'would-lock-out'],
        ['policy.refused', 'would-lock-out'],
        ['policy.activated', undefined],
      ],
    );
    assert.equal((await api.done('showPolicies', { token: admin })).version, 1);
  });

  test('the checkpoint of the record can be kept elsewhere', async () => {
    await api.house.sequencer.settle();
    const head = await api.done('showCheckpoint', { token: admin });
    assert.ok(head.note.startsWith(`${head.origin}\n${head.size}\n`));
    assert.ok(head.size > 0);
  });
});
