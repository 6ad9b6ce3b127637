/** Certificates by the gate: who gets one, what ends it, and what administrators may, each as the list of revoked ones tells it. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { readCertificateLine, type SshCertificate } from '../../server/wire/ssh/certificate.ts';
import { readKrl, revokes } from '../../server/wire/ssh/krl.ts';
import { keyLine, publicKeyOf } from '../../server/wire/ssh/public-key.ts';
import { eventsOf } from '../support/events.ts';
import { addDevice } from '../support/network.ts';
import { challenged, granted } from '../support/people.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from '../support/served-people.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

const POLICIES = `
@id("ops") @because("Operations look after web servers.") @ssh("accounts=root minutes=60")
permit (principal in Role::"administrator", action == Action::"logIn", resource == Network::"web1");
@id("all") @because("Everybody, as themselves.") @ssh("accounts=self minutes=60")
permit (principal is Person, action == Action::"logIn", resource == Network::"desk1");
`;

function newKey(): string {
  const key = publicKeyOf(generateKeyPairSync('ed25519').publicKey);
  assert.ok(key);
  return keyLine(key);
}

describe('a certificate for logging in', () => {
  let house: ServedHouse;
  let root: PasskeyPerson;
  let ada: PasskeyPerson;
  before(async () => {
    const policies = { ...shippedPolicies(), 'test.cedar': POLICIES };
    house = await openServedHouse({ parts: { shippedPolicies: policies } });
    root = await passkeyPerson(house, 'root', ['administrator']);
    ada = await passkeyPerson(house, 'ada');
    for (const name of ['web1', 'desk1']) await addDevice(house, name, { kind: 'server' });
  });
  beforeEach(() => house.clock.advance(MINUTE));
  after(() => house.close());

  const signedIn = async (person: PasskeyPerson) =>
    (await passkeySignIn(house, person)).session.token;
  const ask = (token: string, host = 'web1', more: object = {}) =>
    house.api('logInBySsh', { token, body: { host, publicKey: newKey(), ...more } });
  const read = (answer: { json: { certificate: string } }): SshCertificate => {
    const certificate = readCertificateLine(answer.json.certificate);
    assert.ok(certificate.ok);
    return certificate.value;
  };
  async function got(token: string, host = 'web1'): Promise<SshCertificate> {
    const answer = await ask(token, host);
    assert.equal(answer.status, 201, answer.text);
    return read(answer);
  }
  async function isRevoked(certificate: SshCertificate): Promise<boolean> {
    house.clock.advance(3000);
    const krl = readKrl(await house.house.ssh.krl());
    assert.ok(krl.ok);
    return revokes(krl.value, certificate);
  }

  it('wants a proof that was shown a moment ago, and goes on when its session is stepped up', async () => {
    const token = await signedIn(root);
    const first = await got(token);
    house.clock.advance(10 * MINUTE);
    const stale = await ask(token);
    assert.equal(stale.json.code, 'fresh-proof-needed', stale.text);
    const { gate } = house.house;
    const arrival = house.arrival();
    const wish = {
      action: 'logIn',
      resource: { kind: 'network', id: 'web1', groups: ['kind:server'] },
    } as const;
    const asked = challenged(await gate.ask({ to: 'stepUp', session: token, wish }, arrival));
    const data = root.passkey.get(asked.challenges[0]?.data ?? {}, house.origin);
    const renewed = granted(await gate.prove(asked.token, { kind: 'webauthn', data }, arrival));
    const second = await got(renewed.session.token);
    assert.equal(await isRevoked(first), false, 'its session goes on in another');
    assert.equal(await isRevoked(second), false);
    const sessions = await house.api('listMySessions', { token: renewed.session.token });
    const { id } = sessions.json.items.find(({ current }: { current: boolean }) => current);
    await house.api('endMySession', { token: renewed.session.token, params: { id } });
    assert.equal(await isRevoked(first), true);
    assert.equal(await isRevoked(second), true);
    const listed = await house.api('listSshCertificates', { token: await signedIn(root) });
    const shown = listed.json.items.find(
      ({ serial }: { serial: string }) => BigInt(serial) === first.serial,
    );
    assert.deepEqual([shown.good, shown.revokedAt], [false, null]);
    assert.equal(await isRevoked(await got(await signedIn(root))), false);
  });

  it('is revoked when its person is disabled, given another role, or erased: by serial and by name', async () => {
    const eve = await passkeyPerson(house, 'eve');
    const admin = await signedIn(root);
    const hers = await got(await signedIn(eve), 'desk1');
    assert.deepEqual(hers.principals, ['eve@desk1']);
    assert.equal(await isRevoked(hers), false);
    const params = { id: eve.id };
    const disabled = await house.api('disablePerson', { token: admin, params });
    assert.ok(disabled.status < 300, disabled.text);
    assert.equal(await isRevoked(hers), true);
    // One that we do not know of, as after a database was put back: its name is enough.
    assert.equal(await isRevoked({ ...hers, serial: 4711n }), true);
    const enabled = await house.api('enablePerson', { token: admin, params });
    assert.ok(enabled.status < 300, enabled.text);
    assert.equal(await isRevoked(hers), true, 'what was granted before is not granted again');
    const anew = await got(await signedIn(eve), 'desk1');
    assert.equal(await isRevoked(anew), false);
  });

  it('has nobody’s name on record but sealed', async () => {
    const told = await eventsOf(house, async () => {
      await got(await signedIn(ada), 'desk1');
      const other = await ask(await signedIn(ada), 'desk1', { account: 'root' });
      assert.equal(other.json.code, 'ssh-account-refused');
    });
    const issued = told.find(({ type }) => type === 'ssh.certificate-issued');
    assert.deepEqual(issued?.data.names, ['self']);
    assert.ok(!JSON.stringify(issued?.data).includes('ada'));
    const refused = told.find(({ type }) => type === 'ssh.certificate-refused');
    assert.deepEqual(
      [refused?.subject, refused?.data],
      [ada.id, { host: 'desk1', why: 'account-refused' }],
    );
  });

  it('is for nobody whom no policy lets in, and for no host that is not there or is away', async () => {
    const [mine, hers] = [await signedIn(root), await signedIn(ada)];
    await got(mine);
    const told = await eventsOf(house, async () => {
      assert.equal((await ask(hers)).json.code, 'not-permitted');
      assert.equal((await ask(hers, 'nowhere')).json.code, 'not-permitted');
    });
    assert.equal(told.filter(({ type }) => type === 'access.refused').length, 2);
    assert.equal((await ask(mine, 'nowhere')).json.code, 'not-permitted');
    const away = await addDevice(house, 'away1', { kind: 'server' });
    await house.house.store.write((tx) =>
      house.house.devices.disable(tx, away.id, { door: 'cli' }),
    );
    assert.equal((await ask(mine, 'away1')).json.code, 'not-permitted');
    await got(mine);
  });

  it('is made for no key of an authority, of no form, or too short', async () => {
    const token = await signedIn(root);
    const keys = await house.api('listSshKeys', { token });
    const rsa = publicKeyOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey);
    assert.ok(rsa);
    for (const publicKey of [
      keys.json.keys[0].publicKey,
      keyLine(rsa),
      'ssh-ed25519 AAAA',
      'ssh-dss AAAAB3NzaC1kc3MAAACB',
      `command="x" ${newKey()}`,
      `${newKey()}\n${newKey()}`,
    ]) {
      const answer = await ask(token, 'web1', { publicKey });
      assert.ok(['ssh-key-not-valid', 'not-valid'].includes(answer.json.code), answer.text);
    }
    await got(token);
  });

  it('and all that administers it, is for those whose part it is', async () => {
    const [mine, hers] = [await signedIn(root), await signedIn(ada)];
    const certificate = await got(mine);
    const publicKey = newKey();
    const calls = [
      ['listSshCertificates', {}],
      ['revokeSshCertificate', { params: { serial: String(certificate.serial) } }],
      ['revokeSshKey', { body: { publicKey } }],
      ['issueSshHostCertificate', { body: { device: 'web1', publicKey: newKey() } }],
      ['listSshKeys', {}],
      ['rotateSshKeys', { body: { kind: 'user', at: 'once' } }],
    ] as const;
    const told = await eventsOf(house, async () => {
      for (const [name, sent] of calls) {
        const answer = await house.api(name, { token: hers, ...sent });
        assert.equal(answer.json?.code, 'not-permitted', name);
      }
    });
    assert.equal(told.filter(({ type }) => type === 'access.refused').length, calls.length);
    assert.equal(await isRevoked(certificate), false);
    for (const [name, sent] of calls) {
      const answer = await house.api(name, { token: mine, ...sent });
      assert.ok(answer.status < 300, `${name}: ${answer.text}`);
    }
    assert.equal(await isRevoked(certificate), true);
  });

  it('is signed by the next key a day after a rotation, and the old key goes when all under it is over', async () => {
    const { keys } = house.house.ssh;
    await keys.ready();
    const { version } = keys.signer('user');
    const rotated = await house.api('rotateSshKeys', {
      token: await signedIn(root),
      body: { kind: 'user' },
    });
    assert.equal(rotated.json.rotated, true, rotated.text);
    await keys.ready();
    house.clock.advance(6000);
    await keys.ready();
    assert.equal(keys.signer('user').version, version);
    assert.equal(keys.trusted('user').length, 2);
    house.clock.advance(DAY);
    await keys.ready();
    assert.equal(keys.signer('user').version, version + 1);
    assert.equal(keys.trusted('user').length, 2, 'what the old one signed last is still good');
    house.clock.advance(3 * 60 * MINUTE);
    await keys.ready();
    assert.equal(keys.trusted('user').length, 1);
    const told = await eventsOf(house, () => keys.keep());
    assert.ok(told.some(({ type }) => type === 'key.destroyed'));
  });

  it('hosts and clients fetch what they trust without being anyone', async () => {
    for (const kind of ['user', 'host']) {
      const { status, text } = await house.send({ path: `/ssh/${kind}-ca.pub` });
      assert.equal(status, 200);
      assert.match(text, /^ssh-ed25519 \S+ sallyport-ssh-(?:user|host)-ca-\d+\n/);
    }
    const krl = await house.send({ path: '/ssh/krl' });
    assert.equal(krl.status, 200);
    assert.equal(krl.headers.get('content-type'), 'application/octet-stream');
    assert.equal((await house.send({ path: '/ssh/other' })).status, 404);
  });
});
