/** `key` and `token` with `--at`: the keys that seal and sign, and the tokens of scripts, by whoever signed in. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { houseKeys } from '../../server/main/desks/house/house-keys.ts';
import { policyConfig } from '../../server/policy/policy-config.ts';
import { takeLease } from '../../server/store/lease.ts';
import { type Administering, catchUp, deskAt, signedIn } from '../support/elsewhere.ts';
import { count, eventsOf } from '../support/events.ts';
import { type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import { type PasskeyPerson, passkeyPerson } from '../support/served-people.ts';

const SECOND = 1000;

describe('keys and tokens of a server elsewhere', () => {
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
    at = await signedIn(house, root);
    auditor = await signedIn(house, audits);
  });
  beforeEach(() => catchUp(house));
  after(async () => {
    await house.house.keys.stop();
    for (const { desk } of [at, auditor]) desk.close();
    await house.close();
  });

  it('tells the same of them by either desk', async () => {
    const here = houseKeys(house.house);
    assert.deepEqual(await deskAt(house, at.desk).keys.list(), await here.list());
    const { out } = await auditor.run('key', 'list');
    assert.match(out, /^Version 1 of the ring is primary, under the root key \S{8}\./);
  });

  it('rotates the ring, waits until it is done, and says how much was wrapped again', async () => {
    const before = await at.json('key', 'list');
    const seen = await eventsOf(house, async () => {
      const { code, out, err } = await at.run('key', 'rotate');
      assert.equal(code, 0, err);
      assert.match(out, /^\d+ data keys were wrapped again under version 2, which is primary now/);
    });
    assert.deepEqual(
      seen.filter(({ type }) => type === 'key.rotated').map(({ actor }) => actor),
      [root.id],
    );
    const again = await at.json('key', 'rotate');
    const [{ dataKeys }] = before.ring;
    assert.deepEqual([again.state, again.primary], ['finished', 3]);
    assert.ok(again.rewrapped >= dataKeys);
    const { ring, rotating } = await at.json('key', 'list');
    assert.equal(rotating, false);
    assert.deepEqual(
      ring.map(({ state }: { state: string }) => state),
      ['primary', 'destroyed', 'destroyed'],
    );
  });

  it('says so where another process is at it, and begins nothing', async () => {
    const before = await at.json('key', 'list');
    const took = await house.house.store.write((tx) =>
      takeLease(tx, { name: 'vault.rotation', holder: 'another' }, house.clock.now(), 30 * SECOND),
    );
    assert.ok(took);
    const { code, err } = await at.run('key', 'rotate');
    assert.equal(code, 5);
    assert.match(err, /Another process is rotating keys.*key list tells how far it is/s);
    assert.deepEqual((await at.json('key', 'list')).ring, before.ring);
    house.clock.advance(31 * SECOND);
  });

  it('rotates those for tokens, with a fresh proof, and at once where one is in wrong hands', async () => {
    house.clock.advance(15 * SECOND);
    const { code, out, err } = await at.run('key', 'rotate', '--signing');
    assert.equal(code, 0, err);
    assert.match(err, /wants a fresh proof/);
    assert.match(out, /The next keys for tokens are published/);
    catchUp(house);
    const before = await at.json('key', 'list');
    const once = await at.run('key', 'rotate', '--signing', '--at-once');
    assert.equal(once.code, 0, once.err);
    assert.match(once.out, /New keys sign tokens now/);
    // The token that this was done with is void too, and renewed.
    const now = await at.json('key', 'list');
    const active = (keys: { id: string; state: string }[]) =>
      keys.filter(({ state }) => state === 'active').map(({ id }) => id);
    assert.ok(active(now.signing).every((id) => !active(before.signing).includes(id)));
  });

  it('leaves the root key to the machine that it lies on', async () => {
    const { code, err } = await at.desk.run(['key', 'rotate', '--root']);
    assert.equal(code, 2);
    assert.match(err, /on the machine itself alone, not at http/);
  });

  it('issues a token for a script, which does what its scope says, until it is revoked', async () => {
    const issued = await at.json('token', 'issue', '--owner', 'root', '--scope', 'person.read');
    const { id, token } = issued;
    assert.deepEqual([issued.owner, issued.scope], [root.id, ['person.read']]);
    assert.equal((await house.api('listPeople', { token })).status, 200);
    assert.equal((await house.api('listProcesses', { token })).status, 403);
    const { code, out } = await at.run('token', 'revoke', id);
    assert.deepEqual([code, out], [0, 'The token is worthless now.\n']);
    assert.equal((await house.api('listPeople', { token })).status, 401);
    const again = await at.run('token', 'revoke', id);
    assert.equal(again.code, 4);
    assert.match(again.err, /There is no token .*session list/s);
  });

  it('mends what is typed wrong about one', async () => {
    const issue = (...args: string[]) => at.run('token', 'issue', ...args);
    for (const [code, says, args] of [
      [4, /nobody called “eve”/, ['--owner', 'eve', '--scope', 'operate']],
      [2, /Did you mean operate\?/, ['--owner', 'root', '--scope', 'operat']],
      [2, /1 day at the longest/, ['--owner', 'root', '--scope', 'operate', '--lifetime', '2d']],
      [
        2,
        /--lifetime must be whole minutes/,
        ['--owner', 'root', '--scope', 'operate', '--lifetime', '90s'],
      ],
    ] as const) {
      const ran = await issue(...args);
      assert.deepEqual([ran.code, ran.out], [code, ''], ran.err);
      assert.match(ran.err, says);
    }
  });

  it('does none of it for an auditor, and has that on record', async () => {
    const { house: here } = house;
    const before = await houseKeys(here).list();
    const seen = await eventsOf(house, async () => {
      for (const args of [
        ['key', 'rotate'],
        ['key', 'rotate', '--signing'],
        ['key', 'rotate', '--signing', '--at-once'],
        ['token', 'issue', '--owner', 'auditor', '--scope', 'audit'],
      ]) {
        const { code, out, err } = await auditor.desk.run(args);
        assert.deepEqual([code, out], [3, ''], args.join(' '));
        assert.match(err, /This is not yours to do/);
      }
    });
    assert.equal(count(seen, 'access.refused', 'refused'), 4);
    assert.equal(count(seen, 'key.rotated') + count(seen, 'token.issued'), 0);
    assert.deepEqual(await houseKeys(here).list(), before);
  });
});
