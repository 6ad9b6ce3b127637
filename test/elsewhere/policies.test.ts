/** `policy` with `--at`: shown, checked, tried and put in force by whoever signed in, told in the words of the local ones. */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { configSchema } from '../../server/config/sections.ts';
import { housePolicies } from '../../server/main/desks/house/house-policies.ts';
import type { Question } from '../../server/main/desks/policies-desk.ts';
import { policyConfig } from '../../server/policy/policy-config.ts';
import { type Administering, catchUp, deskAt, signedIn } from '../support/elsewhere.ts';
import { count, eventsOf } from '../support/events.ts';
import { type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import { type PasskeyPerson, passkeyPerson } from '../support/served-people.ts';

const SECOND = 1000;
const NIGHT =
  '@id("night")\n@because("Nobody signs in at night.")\nforbid (principal, action == Action::"signIn", resource)\nwhen { context.source.isInRange(ip("203.0.113.0/24")) };';

describe('the policies of a server elsewhere', () => {
  let house: OidcHouse;
  let root: PasskeyPerson;
  let at: Administering;
  let auditor: Administering;
  before(async () => {
    const policy = { ...policyConfig.parse({}), freshFor: 10 * SECOND };
    house = await openOidcHouse({ settings: { policy } });
    root = await passkeyPerson(house, 'root', ['administrator']);
    const audits = await passkeyPerson(house, 'auditor', ['auditor']);
    catchUp(house);
    for (const alg of ['ES256', 'EdDSA', 'RS256'] as const) await house.house.signing.ready(alg);
    await house.addApi('pay', {
      audience: 'https://pay.example/',
      scopes: [{ name: 'pay', says: 'Pay.', sensitive: true }],
    });
    at = await signedIn(house, root);
    auditor = await signedIn(house, audits);
    await at.json('process', 'add', 'nightly', '--owner', 'root', '--purpose', 'Pays.');
    for (const { desk } of [at, auditor]) {
      assert.equal(
        (await at.desk.run(['policy', 'show', '--to', join(desk.folder, 'mine')])).code,
        0,
      );
    }
  });
  beforeEach(() => catchUp(house));
  after(async () => {
    for (const { desk } of [at, auditor]) desk.close();
    await house.close();
  });

  const write = (name: string, text: string, of = at) =>
    writeFileSync(join(of.desk.folder, 'mine', name), text);
  const here = () => housePolicies(house.house, configSchema.parse({}));

  it('shows what is in force, the same by either desk, and writes it into a folder', async () => {
    assert.ok(readdirSync(join(at.desk.folder, 'mine')).includes('people.cedar'));
    const there = deskAt(house, auditor.desk).policies;
    assert.deepEqual(await there.show(), await here().show());
    assert.deepEqual(await there.versions(), await here().versions());
    assert.match(
      (await auditor.run('policy', 'show')).out,
      /^In force: the policies that Sallyport/,
    );
    assert.match((await auditor.run('policy', 'show', '--history')).out, /never were others/);
    const told = await auditor.run('policy', 'explain', 'two-kinds');
    assert.match(
      told.out,
      /^Two kinds of proof are needed.*\n.*people\.cedar, line \d+:\n\n {2}@id/,
    );
    assert.equal((await auditor.run('policy', 'explain', 'three-kinds')).code, 4);
  });

  it('checks what is in a folder here, by the administrators there', async () => {
    const fine = await auditor.run('policy', 'check', 'mine', '--strict');
    assert.deepEqual([fine.code, fine.out], [0, 'The policies in mine are in order.\n']);
    write('wrong.cedar', 'permit (principal', auditor);
    const wrong = await auditor.run('policy', 'check', 'mine');
    assert.equal(wrong.code, 1);
    assert.match(wrong.out, /^1 error in mine.*wrong\.cedar:1:/s);
    write('wrong.cedar', '@id("w")\n@because("w")\nforbid (principal, action, resource);', auditor);
    const locks = await auditor.run('policy', 'check', 'mine', '--json');
    assert.deepEqual([locks.code, JSON.parse(locks.out).wouldLockOut], [0, true]);
    assert.equal((await auditor.run('policy', 'check', 'mine', '--strict')).code, 1);
    const plant =
      '@id("w")\n@because("w")\nforbid (principal in Role::"administrator", action, resource)\nunless { context.source.isInRange(ip("10.20.0.0/16")) };';
    write('wrong.cedar', plant, auditor);
    const from = ['policy', 'check', 'mine', '--json', '--from'];
    assert.equal(JSON.parse((await auditor.run(...from, '10.20.0.1')).out).wouldLockOut, false);
    assert.equal(JSON.parse((await auditor.run(...from, '10.21.0.1')).out).wouldLockOut, true);
    assert.equal((await auditor.run(...from, 'here')).code, 2);
    assert.equal((await auditor.run('policy', 'check', 'nowhere')).code, 2);
  });

  it('answers what would happen if, the same by either desk', async () => {
    const there = deskAt(house, auditor.desk).policies;
    const someone = { someone: { roles: [], groups: [], holds: ['password', 'totp'] } } as const;
    const time = new Date(house.clock.now()).toISOString();
    const questions = [
      { ...someone, action: 'signIn' },
      { ...someone, action: 'signIn', files: { 'night.cedar': NIGHT } },
      { ...someone, action: 'removeProof', shown: [{ kind: 'password', age: 900 }] },
      { someone: { roles: ['administrator'], holds: ['password'] }, action: 'policy.change' },
      { person: root.id, action: 'signIn', source: '203.0.113.7', shown: ['webauthn'] },
      { person: root.id, action: 'pass.issue', concerning: root.id },
      { person: root.id, action: 'enter', resource: 'pay', scopes: ['pay'] },
      { process: 'nightly', action: 'enter', resource: 'pay', scopes: ['pay'] },
      { ...someone, action: 'signIn', about: { kind: 'network', name: 'plant' } },
      { process: 'nobody', action: 'enter', resource: 'pay' },
      { ...someone, action: 'fly' },
      { ...someone, action: 'policy.read', about: { kind: 'part', name: 'nowhere' } },
      { ...someone, action: 'signIn', files: { 'a.cedar': 'permit (' } },
      { action: 'signIn' },
    ] as unknown as Question[]; // Some are wrong on purpose.
    for (const question of questions) {
      const asked = { ...question, at: time };
      const [a, b] = [await there.simulate(asked), await here().simulate(asked)];
      // A server also says what its codes mean.
      if (!a.ok && !b.ok) assert.deepEqual(a.error.code, b.error.code, JSON.stringify(question));
      else assert.deepEqual(a, b, JSON.stringify(question));
    }
  });

  it('assumes the same of whoever asks, typed or by the API: this computer, and a browser known', async () => {
    const typed = await auditor.json(
      'policy',
      'simulate',
      '--action',
      'signIn',
      '--role',
      'auditor',
    );
    const question = { someone: { roles: ['auditor'] }, action: 'signIn' } as const;
    const asked = await deskAt(house, auditor.desk).policies.simulate(
      question as unknown as Question, // The rest is what is assumed.
    );
    assert.ok(asked.ok);
    const { time: _, ...assumed } = asked.value.request.context as Record<string, unknown>;
    const { time: __, ...here } = typed.request.context;
    assert.deepEqual(assumed, here);
    assert.deepEqual([here.door, here.source, here.knownDevice], ['web', '127.0.0.1', true]);
  });

  it('tries what is typed, and mends what is typed wrong', async () => {
    const simulate = (...args: string[]) => auditor.run('policy', 'simulate', ...args);
    const enter = ['--action', 'enter', '--process', 'nightly', '--scope', 'pay'];
    const entered = await simulate(...enter, '--resource', 'api:pay');
    assert.equal(entered.code, 0, entered.err);
    assert.match(entered.out, /^It would be refused\.\n.*listed-processes-only/s);
    const asked = await simulate('--action', 'signIn', '--holds', 'password', 'totp');
    assert.match(asked.out, /^It would be challenged.*password and totp/s);
    const missing = await simulate('--action', 'key.rotate', '--role', 'administrator');
    assert.match(missing.out, /is missing +webauthn/);
    for (const [code, says, args] of [
      [2, /Did you mean signIn\?/, ['--action', 'signin']],
      [2, /Did you mean auditor\?/, ['--action', 'signIn', '--role', 'auditr']],
      [2, /Did you mean password\?/, ['--action', 'signIn', '--holds', 'passwrd']],
      [2, /is no proof/, ['--action', 'signIn', '--shown', 'totp@soon']],
      [2, /is no time/, ['--action', 'signIn', '--time', 'soon']],
      [2, /is no kind of resource/, ['--action', 'enter', '--resource', 'door:pay']],
      [2, /There is no part nowhere/, ['--action', 'policy.read', '--resource', 'nowhere']],
      [2, /api:pay, site:pay/, ['--action', 'enter', '--resource', 'pay']],
      [2, /enter is about something/, ['--action', 'enter']],
      [4, /no site “pay”: it is an API/, ['--action', 'enter', '--resource', 'site:pay']],
      [4, /no resource “gold”/, ['--action', 'enter', '--resource', 'api:gold']],
      [4, /nobody called “eve”/, ['--action', 'signIn', '--person', 'eve']],
      [4, /no process “eve”/, ['--action', 'enter', '--process', 'eve', '--resource', 'api:pay']],
    ] as const) {
      const ran = await simulate(...args);
      assert.deepEqual([ran.code, ran.out], [code, ''], args.join(' '));
      assert.match(ran.err, says);
    }
  });

  it('is put in force with a fresh proof, by whoever signed in, and kept in the history', async () => {
    write('night.cedar', NIGHT);
    house.clock.advance(15 * SECOND);
    const seen = await eventsOf(house, async () => {
      const { code, out, err } = await at.run('policy', 'activate', 'mine', '--expect', '0');
      assert.equal(code, 0, err);
      assert.match(err, /wants a fresh proof/);
      assert.match(out, /^The policies in mine are in force, as version 1\./);
    });
    const [activated] = seen.filter(({ type }) => type === 'policy.activated');
    assert.equal(activated?.actor, root.id);
    catchUp(house);
    const again = await at.run('policy', 'activate', 'mine');
    assert.match(again.out, /^Nothing was changed: .* as version 1\./);
    const late = await at.run('policy', 'activate', 'mine', '--expect', '0');
    assert.equal(late.code, 1);
    assert.match(late.err, /another version is in force/);
    const { versions } = await auditor.json('policy', 'show', '--history');
    assert.deepEqual(
      [versions.length, versions[0].version, versions[0].activatedBy],
      [1, 1, root.id],
    );
    assert.equal((await auditor.run('policy', 'explain', 'night')).code, 0);
  });

  it('is not put in force where it is wrong, or nobody could undo it', async () => {
    catchUp(house);
    write('more.cedar', 'permit (principal');
    const wrong = await at.run('policy', 'activate', 'mine');
    assert.equal(wrong.code, 1);
    // Behind it, on a slow machine, that a fresh proof is wanted.
    assert.match(wrong.err, /^Nothing was changed\. 1 error in mine[\s\S]*more\.cedar:1:/m);
    write('more.cedar', '@id("c")\n@because("c")\nforbid (principal, action, resource);');
    const closed = await at.run('policy', 'activate', 'mine');
    assert.equal(closed.code, 3);
    assert.match(closed.err, /no administrator could sign in and change them again/);
    assert.equal((await at.json('policy', 'show')).version, 1);
  });

  it('is not for an auditor to change, and that they tried is on record', async () => {
    const show = await auditor.json('policy', 'show');
    write('wrong.cedar', NIGHT, auditor);
    const seen = await eventsOf(house, async () => {
      const { code, out, err } = await auditor.desk.run(['policy', 'activate', 'mine']);
      assert.deepEqual([code, out], [3, '']);
      assert.match(err, /This is not yours to do/);
    });
    assert.equal(count(seen, 'access.refused', 'refused'), 1);
    assert.equal(count(seen, 'policy.activated'), 0);
    assert.deepEqual(await auditor.json('policy', 'show'), show);
  });
});
