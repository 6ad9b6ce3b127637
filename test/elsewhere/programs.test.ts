/** `process` and `resource` with `--at`: judged as whoever signed in, told in the words of the local ones. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { outOfReach } from '../../server/http/outside-address.ts';
import { houseProcesses } from '../../server/main/desks/house/house-processes.ts';
import { houseResources } from '../../server/main/desks/house/house-resources.ts';
import { policyConfig } from '../../server/policy/policy-config.ts';
import { type Administering, catchUp, deskAt, signedIn } from '../support/elsewhere.ts';
import { eventsOf } from '../support/events.ts';
import { type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import { type PasskeyPerson, passkeyPerson } from '../support/served-people.ts';
import { cheapSettings } from '../support/settings.ts';

const SECOND = 1000;

describe('looking after programs at a server elsewhere', () => {
  let house: OidcHouse;
  let root: PasskeyPerson;
  let audits: PasskeyPerson;
  let at: Administering;
  before(async () => {
    const policy = { ...policyConfig.parse({}), freshFor: 10 * SECOND };
    house = await openOidcHouse({ settings: { policy }, parts: { outOfReach: outOfReach({}) } });
    root = await passkeyPerson(house, 'root', ['administrator']);
    catchUp(house);
    for (const alg of ['ES256', 'EdDSA', 'RS256'] as const) await house.house.signing.ready(alg);
    at = await signedIn(house, root);
    for (const name of ['public', 'other']) {
      const { publicKey } = generateKeyPairSync('ed25519');
      const pem = publicKey.export({ type: 'spki', format: 'pem' });
      writeFileSync(join(at.desk.folder, `${name}.pem`), pem);
    }
  });
  beforeEach(() => catchUp(house));
  after(async () => {
    at.desk.close();
    await house.close();
  });

  const PAY = ['--audience', 'https://pay.example/', '--scope', 'read=See', '--scope', 'pay=Pay'];
  const refused = async (code: number, says: RegExp, ...args: string[]) => {
    const ran = await at.run(...args);
    assert.deepEqual([ran.code, ran.out], [code, ''], ran.err);
    assert.match(ran.err, says);
  };

  it('says what comes next where there is nothing yet', async () => {
    assert.match((await at.run('process', 'list')).out, /process add NAME --owner PERSON/);
    assert.match((await at.run('resource', 'list')).out, /resource add KIND NAME/);
  });

  it('adds what can be entered and who enters it, and tells each next step', async () => {
    const api = await at.run('resource', 'add', 'api', 'pay', ...PAY, '--sensitive', 'pay');
    assert.equal(api.code, 0, api.err);
    assert.match(api.out, /^pay is added\.\n.*--enter pay:read/s);
    const app = ['--redirect', 'https://a.example/cb', '--client-auth', 'key', '--owner', 'root'];
    const added = await at.json('resource', 'add', 'application', 'shop', ...app);
    assert.deepEqual([added.kind, added.detail.clientAuth], ['application', 'key']);
    const nightly = ['nightly', '--owner', 'root', '--purpose', 'Pays.', '--enter', 'pay:read'];
    const process = await at.run('process', 'add', ...nightly);
    assert.equal(process.code, 0, process.err);
    assert.match(process.out, /proof add nightly key --public-key FILE/);
    const key = ['process', 'proof', 'add', 'nightly', 'key', '--public-key', 'public.pem'];
    assert.equal((await at.json(...key, '--lifetime', '90d')).secret, null);
    const shown = await at.json('process', 'show', 'nightly');
    assert.deepEqual(
      [shown.ownerName, shown.entries[0].resourceName, shown.proofs[0].kind, shown.weaknesses],
      ['root', 'pay', 'key', []],
    );
    const { processes } = await at.json('process', 'list', '--owner', 'root');
    assert.deepEqual(
      processes.map(({ name }: { name: string }) => name),
      ['shop', 'nightly'],
    );
    const pay = await at.json('resource', 'show', 'pay');
    assert.deepEqual(pay.processes, [shown.id]);
  });

  it('changes both, and tells the same data by either desk', async () => {
    const { house: here } = house;
    await at.json('resource', 'change', 'pay', '--open', 'everyone', '--group', 'money');
    await at.json('process', 'change', 'nightly', '--purpose', 'Pays at night.');
    await at.json('process', 'disable', 'nightly');
    assert.equal((await at.json('process', 'enable', 'nightly')).status, 'active');
    const there = deskAt(house, at.desk);
    const [processes, resources] = [houseProcesses(here), houseResources(here)];
    for (const limit of [1, 100]) {
      // Where it goes on is an id here and sealed there.
      const items = async (of: Promise<{ ok: boolean; value?: { items: unknown } }>) =>
        (await of).value?.items;
      assert.deepEqual(
        await items(there.processes.list({ limit })),
        await items(processes.list({ limit })),
      );
      assert.deepEqual(
        await items(there.resources.list({ limit })),
        await items(resources.list({ limit })),
      );
    }
    for (const named of ['nightly', 'shop', 'nobody', 'Not A Name', '../people', '']) {
      assert.deepEqual(await there.processes.find(named), await processes.find(named), named);
      assert.deepEqual(await there.resources.find(named), await resources.find(named), named);
    }
    const pay = await resources.find('pay');
    assert.ok(pay.ok && pay.value?.open === 'everyone');
  });

  it('mends what is typed wrong, and does nothing meanwhile', async () => {
    const before = await at.json('process', 'list');
    const add = (...more: string[]) => ['process', 'add', ...more, '--purpose', 'x'];
    await refused(2, /can’t be a name/, ...add('Big', '--owner', 'root'));
    await refused(4, /nobody called “eve”/, ...add('a', '--owner', 'eve'));
    await refused(1, /has the name “nightly” already/, ...add('nightly', '--owner', 'root'));
    await refused(4, /no resource “nope”/, ...add('a', '--owner', 'root', '--enter', 'nope:x'));
    await refused(2, /which scopes.*pay:read/s, ...add('a', '--owner', 'root', '--enter', 'pay'));
    await refused(1, /no scope “all”/, ...add('a', '--owner', 'root', '--enter', 'pay:all'));
    const key = ['key', '--public-key', 'public.pem'];
    await refused(1, /holds that already/, 'process', 'proof', 'add', 'nightly', ...key);
    const jwks = ['key', '--jwks-uri', 'https://10.0.0.1/jwks'];
    const told = ['--tell-sign-out', 'https://[::1]/out'];
    await refused(1, /not on the public internet/, 'process', 'proof', 'add', 'nightly', ...jwks);
    await refused(2, /not on the public internet/, 'resource', 'change', 'shop', ...told);
    await refused(4, /no process “noone”/, 'process', 'show', 'noone');
    await refused(4, /no resource “none”/, 'resource', 'show', 'none');
    await refused(1, /has https:\/\/pay/, 'resource', 'add', 'api', 'other', ...PAY);
    const other = ['--audience', 'no address'];
    await refused(
      2,
      /does not fit:\n- --audience “[^”]*” must/,
      'resource',
      'change',
      'pay',
      ...other,
    );
    await refused(2, /Nothing was removed/, 'resource', 'remove', 'pay', '--yes', 'play');
    const rotate = ['process', 'rotate', 'nightly', '--public-key', 'other.pem'];
    await refused(2, /--overlap must be whole minutes/, ...rotate, '--overlap', '30s');
    assert.deepEqual(await at.json('process', 'list'), before);
  });

  it('rotates with an overlap, shows a secret once, and removes by the end of an id', async () => {
    const rotate = ['process', 'rotate', 'nightly', '--public-key', 'other.pem'];
    const rotated = await at.json(...rotate, '--overlap', '2h');
    assert.ok(Date.parse(rotated.old.endsAt) - Date.now() < 7_200_001);
    await refused(2, /several proofs/, ...rotate);
    const remove = ['process', 'proof', 'remove', 'nightly', rotated.old.id.slice(-8)];
    assert.equal((await at.json(...remove)).left, 1);
    await refused(4, /holds no proof/, ...remove);
    const { secret } = await at.json('process', 'proof', 'add', 'nightly', 'secret');
    assert.match(secret, /^spx_/);
    const { out } = await at.run('process', 'show', 'nightly', '--json');
    assert.ok(!out.includes(secret));
    await at.json('resource', 'remove', 'shop', '--yes', 'shop');
  });

  it('says that our own certificates are taken, and which networks a rule is for', async () => {
    const own = await at.json('process', 'proof', 'add', 'nightly', 'certificate', '--own');
    const { proofs } = await at.json('process', 'show', 'nightly');
    const held = proofs.find(({ id }: { id: string }) => id === own.proof);
    assert.deepEqual([held.kind, held.shown], ['certificate', { own: true }]);
    assert.equal((await at.run('process', 'proof', 'remove', 'nightly', own.proof)).code, 0);
    const site = ['resource', 'add', 'site', 'office', '--host', 'office.example'];
    const added = await at.json(...site, '--rule', '/* read from 10.0.0.0/8');
    assert.deepEqual(added.detail.rules[0].networks, ['10.0.0.0/8']);
    assert.equal((await at.run('resource', 'remove', 'office', '--yes', 'office')).code, 0);
  });

  it('is on record as done by whoever signed in, by the API', async () => {
    const events = await eventsOf(house, () => at.json('process', 'disable', 'nightly'));
    const told = events.filter(({ type }) => type === 'process.disabled');
    assert.deepEqual(
      told.map(({ actor }) => actor),
      [root.id],
    );
  });

  it('opens the browser once where the policy wants a fresh proof, and then goes on', async () => {
    house.clock.advance(15 * SECOND);
    const { code, out, err } = await at.run('process', 'change', 'nightly', '--purpose', 'Later.');
    assert.equal(code, 0, err);
    assert.equal(err.match(/wants a fresh proof/g)?.length, 1);
    assert.match(out, /^nightly is changed\./);
  });

  describe('an auditor who signed in', () => {
    let auditor: Administering;
    before(async () => {
      catchUp(house);
      audits = await passkeyPerson(house, 'auditor', ['auditor']);
      catchUp(house);
      auditor = await signedIn(house, audits);
    });
    after(() => auditor.desk.close());

    it('sees what there is', async () => {
      assert.equal((await auditor.json('process', 'list')).processes.length, 1);
      assert.equal((await auditor.json('resource', 'show', 'pay')).name, 'pay');
    });

    it('adds and changes nothing, and is told whom to ask', async () => {
      const before = await at.json('process', 'list');
      for (const args of [
        ['process', 'add', 'mole', '--owner', 'auditor', '--purpose', 'x'],
        ['process', 'change', 'nightly', '--owner', 'auditor'],
        ['process', 'proof', 'add', 'nightly', 'secret'],
        ['resource', 'add', 'api', 'hole', '--audience', 'https://hole.example/'],
        ['resource', 'remove', 'pay', '--yes', 'pay'],
      ]) {
        const { code, out, err } = await auditor.desk.run(args);
        assert.deepEqual([code, out], [3, ''], args.join(' '));
        assert.match(err, /This is not yours to do.*An administrator can tell why/s);
      }
      assert.deepEqual(await at.json('process', 'list'), before);
    });

    it('is on record with what they asked for', async () => {
      const mole = ['process', 'add', 'mole', '--owner', 'auditor', '--purpose', 'x'];
      const seen = await eventsOf(house, () => auditor.desk.run(mole));
      const [no, ...others] = seen.filter(({ type }) => type === 'access.refused');
      assert.equal(others.length, 0);
      assert.deepEqual([no?.actor, no?.data.action], [audits.id, 'process.create']);
    });
  });

  describe('a login that is over', () => {
    const ADD = ['process', 'add', 'late', '--owner', 'root', '--purpose', 'x'];

    const over = async (of: OidcHouse, { desk }: Administering) => {
      const { code, out, err } = await desk.run(ADD);
      assert.deepEqual([code, out], [3, '']);
      assert.match(err, new RegExp(`is over\\.\nSign in: ./sallyport login ${of.origin}`));
      desk.close();
      const { processes, store } = of.house;
      assert.equal(await store.read((q) => processes.find(q, 'late')), undefined);
    };

    it('that was revoked is refused, nothing is done, and it says how to sign in again', async () => {
      const other = await signedIn(house, root);
      assert.equal((await other.run('process', 'list')).code, 0);
      const { acts, store } = house.house;
      await store.write((tx) => acts.revokeSessionsOf(tx, root.id, { door: 'cli' }));
      await over(house, other);
      at.desk.close();
      at = await signedIn(house, root);
    });

    it('that ran out likewise', async () => {
      const { gate } = cheapSettings();
      const settings = { gate: { ...gate, idle: 10 * SECOND } };
      const brief = await openOidcHouse({ settings });
      const boss = await passkeyPerson(brief, 'root', ['administrator']);
      catchUp(brief);
      for (const alg of ['ES256', 'EdDSA', 'RS256'] as const) await brief.house.signing.ready(alg);
      const other = await signedIn(brief, boss);
      assert.equal((await other.run('process', 'list')).code, 0);
      brief.clock.advance(15 * SECOND);
      await over(brief, other);
      await brief.close();
    });
  });

  describe('the token of the file', () => {
    const asked = (headers: Record<string, string>) =>
      fetch(`${house.origin}/api/v1/processes`, { headers });

    it('is good with its key, and refused without it or with another', async () => {
      const mine = await signedIn(house, root);
      assert.equal((await mine.run('process', 'list')).code, 0);
      const { accessToken } = mine.desk.kept(house.origin);
      assert.equal((await asked({ authorization: `Bearer ${accessToken}` })).status, 401);
      const bare = await asked({ authorization: `DPoP ${accessToken}` });
      assert.equal(bare.status, 401);
      assert.match(bare.headers.get('www-authenticate') ?? '', /invalid_dpop_proof|use_dpop_nonce/);

      // A thief who copied the tokens, and brings a key of their own.
      const own = await signedIn(house, audits);
      const kept = JSON.parse(readFileSync(mine.desk.file, 'utf8'));
      kept.logins[house.origin].key = own.desk.kept(house.origin).key;
      writeFileSync(own.desk.file, JSON.stringify(kept), { mode: 0o600 });
      const steal = ['process', 'add', 'stolen', '--owner', 'root', '--purpose', 'x'];
      const { code, out, err } = await own.desk.run(steal);
      assert.deepEqual([code, out], [3, ''], err);
      const { house: here } = house;
      assert.equal(await here.store.read((q) => here.processes.find(q, 'stolen')), undefined);
      // Its owner is as well as before.
      assert.equal((await mine.run('process', 'list')).code, 0);
      for (const one of [own.desk, mine.desk]) one.close();
    });
  });
});
