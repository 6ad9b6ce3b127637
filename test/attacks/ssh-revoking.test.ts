/**
 * Revoking as a way to shut others out (T1531): a host's certificate is a proof of that device, one of an administrator is theirs,
 * and a key that is revoked stays so. Who ends people's sessions, and a script that may, ends certificates of the same people and
 * nothing beyond.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { readKrl } from '../../server/wire/ssh/krl.ts';
import { keyLine, publicKeyOf } from '../../server/wire/ssh/public-key.ts';
import { count, eventsOf } from '../support/events.ts';
import { addDevice } from '../support/network.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from '../support/served-people.ts';

const POLICIES = `
@id("at-web") @because("Whoever is here may log in at the web server.") @ssh("accounts=deploy minutes=5")
permit (principal is Person, action == Action::"logIn", resource == Network::"web1");
`;

describe('revoking SSH certificates and keys', () => {
  let house: ServedHouse;
  let root: PasskeyPerson;
  let admin: string;
  let operator: string;
  let script: string;
  before(async () => {
    const policies = { ...shippedPolicies(), 'test.cedar': POLICIES };
    house = await openServedHouse({ parts: { shippedPolicies: policies } });
    await addDevice(house, 'web1', { kind: 'server' });
    root = await passkeyPerson(house, 'root', ['administrator']);
    const desk = await passkeyPerson(house, 'desk', ['operator']);
    admin = await signedIn(root);
    operator = await signedIn(desk);
    const body = { owner: root.id, scope: ['session.revoke', 'session.read'] };
    const issued = await house.api('issueToken', { token: admin, body });
    assert.equal(issued.status, 201, issued.text);
    script = issued.json.token;
  });
  after(() => house?.close());
  beforeEach(async () => {
    house.clock.advance(60_000);
    admin = await signedIn(root);
  });

  const signedIn = async (person: PasskeyPerson) =>
    (await passkeySignIn(house, person)).session.token;
  function newKey(): string {
    const key = publicKeyOf(generateKeyPairSync('ed25519').publicKey);
    assert.ok(key);
    return keyLine(key);
  }
  async function certified(token: string, publicKey: string): Promise<string> {
    const answer = await house.api('logInBySsh', { token, body: { host: 'web1', publicKey } });
    assert.equal(answer.status, 201, answer.text);
    return answer.json.serial;
  }
  async function hosted(publicKey: string): Promise<string> {
    const body = { device: 'web1', publicKey };
    const answer = await house.api('issueSshHostCertificate', { token: admin, body });
    assert.equal(answer.status, 201, answer.text);
    return answer.json.serial;
  }
  const revoke = async (token: string, serial: string) => {
    const answer = await house.api('revokeSshCertificate', { token, params: { serial } });
    return answer.status === 204 ? 'done' : answer.json.code;
  };
  const revokeKey = async (token: string, publicKey: string) => {
    const answer = await house.api('revokeSshKey', { token, body: { publicKey } });
    return answer.status === 204 ? 'done' : answer.json.code;
  };

  it('of a host is for who may change how devices prove themselves, and for no script', async () => {
    const key = newKey();
    const serial = await hosted(key);
    const told = await eventsOf(house, async () => {
      for (const token of [operator, script]) {
        assert.equal(await revoke(token, serial), 'not-permitted');
        assert.equal(await revokeKey(token, key), 'not-permitted');
      }
    });
    assert.equal(count(told, 'access.refused', 'refused'), 4);
    assert.equal(count(told, 'ssh.certificate-revoked') + count(told, 'ssh.key-revoked'), 0);
    const done = await eventsOf(house, async () => {
      assert.equal(await revoke(admin, serial), 'done');
      assert.equal(await revokeKey(admin, key), 'done');
    });
    assert.deepEqual(
      [count(done, 'ssh.certificate-revoked'), count(done, 'ssh.key-revoked')],
      [1, 1],
    );
  });

  it('is for keys as well that get no certificate: sshd knows them by what stands in somebody’s file', async () => {
    const weak = publicKeyOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey);
    assert.ok(weak);
    const key = keyLine(weak);
    const asked = { body: { host: 'web1', publicKey: key }, token: admin };
    assert.equal((await house.api('logInBySsh', asked)).status, 422);
    const told = await eventsOf(house, async () => {
      // Nobody knows whose it is: it may be a host's.
      assert.equal(await revokeKey(operator, key), 'not-permitted');
      assert.equal(await revokeKey(admin, key), 'done');
    });
    assert.deepEqual([count(told, 'access.refused'), count(told, 'ssh.key-revoked')], [1, 1]);
    const list = readKrl(new Uint8Array(await house.house.ssh.krl()));
    assert.ok(list.ok && list.value.keys.some((blob) => Buffer.compare(blob, weak.blob) === 0));
    const again = await house.api('logInBySsh', asked);
    assert.equal(again.status, 422);
  });

  it('of somebody with a role is for who may end their sessions', async () => {
    const key = newKey();
    const serial = await certified(admin, key);
    const told = await eventsOf(house, async () => {
      for (const token of [operator, script]) {
        assert.equal(await revoke(token, serial), 'not-permitted');
        assert.equal(await revokeKey(token, key), 'not-permitted');
      }
    });
    assert.equal(count(told, 'access.refused', 'refused'), 4);
    assert.equal(await revoke(admin, serial), 'done');
    assert.equal(await revokeKey(admin, key), 'done');
  });

  it('of anybody else is for operators, and for scripts that end sessions', async () => {
    const ada = await passkeyPerson(house, 'ada');
    for (const token of [operator, script]) {
      const key = newKey();
      const serial = await certified(await signedIn(ada), key);
      const told = await eventsOf(house, async () => {
        assert.equal(await revoke(token, serial), 'done');
        assert.equal(await revokeKey(token, key), 'done');
      });
      const ended = told.find(({ type }) => type === 'ssh.certificate-revoked');
      assert.deepEqual([ended?.subject, count(told, 'ssh.key-revoked')], [ada.id, 1]);
    }
  });

  it('of a key that nobody came with is for administrators: it may be that of a host to come', async () => {
    const key = newKey();
    for (const token of [operator, script]) {
      assert.equal(await revokeKey(token, key), 'not-permitted');
    }
    await hosted(key);
    assert.equal(await revokeKey(admin, newKey()), 'done');
    // What there is none of is told to who could revoke it alone, and nobody learns more of it.
    assert.equal(await revoke(operator, '42'), 'not-found');
  });
});
