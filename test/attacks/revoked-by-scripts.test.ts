/**
 * A script's token that may revoke certificates, in wrong hands, turned on those who would stop it (T1531): with a person's certificate
 * go all their sessions, and a card of an administrator does not come back.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import { addDevice } from '../support/network.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from '../support/served-people.ts';

const BY = { door: 'cli' } as const;

describe('a script that revokes certificates', () => {
  let house: ServedHouse;
  let root: PasskeyPerson;
  let ada: PasskeyPerson;
  let script: string;
  before(async () => {
    house = await openServedHouse();
    root = await passkeyPerson(house, 'root', ['administrator']);
    ada = await passkeyPerson(house, 'ada');
  });
  after(() => house?.close());
  beforeEach(async () => {
    house.clock.advance(60_000);
    const body = { owner: root.id, scope: ['certificate.revoke', 'certificate.read'] };
    const issued = await house.api('issueToken', { token: await signedIn(root), body });
    assert.equal(issued.status, 201, issued.text);
    script = issued.json.token;
  });

  const signedIn = async (person: PasskeyPerson) =>
    (await passkeySignIn(house, person)).session.token;
  async function certified(kind: 'person' | 'device', id: string): Promise<string> {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { store, authority } = house.house;
    const subject = { kind, id, name: id } as Parameters<typeof authority.issue>[1]['subject'];
    const issued = await store.write((tx) =>
      authority.issue(tx, { profile: kind, publicKey, subject }, BY),
    );
    assert.ok(issued.ok, JSON.stringify(issued));
    return issued.value.serial;
  }
  const revoke = async (token: string, serial: string) => {
    const body = { reason: 'key-compromise' };
    const answer = await house.api('revokeCertificate', { token, params: { serial }, body });
    return answer.status === 200 ? answer.json.state : answer.json.code;
  };
  const isIn = async (token: string) => (await house.api('showMe', { token })).status === 200;

  it('leaves those of people with a role, and their sessions, to people', async () => {
    const serial = await certified('person', root.id);
    const inside = await signedIn(root);
    const refused = await eventsOf(house, async () => {
      assert.equal(await revoke(script, serial), 'not-permitted');
    });
    assert.equal(count(refused, 'access.refused', 'refused'), 1);
    assert.equal(count(refused, 'certificate.revoked') + count(refused, 'session.revoked'), 0);
    assert.ok(await isIn(inside));
    const done = await eventsOf(house, async () => {
      assert.equal(await revoke(await signedIn(root), serial), 'revoked');
    });
    assert.equal(count(done, 'certificate.revoked', 'done'), 1);
    assert.ok(!(await isIn(inside)));
  });

  it('revokes those of anybody else, of devices, and none that there is not', async () => {
    const hers = await certified('person', ada.id);
    const inside = await signedIn(ada);
    const device = await addDevice(house, 'pc-7');
    const its = await certified('device', device.id);
    const done = await eventsOf(house, async () => {
      assert.deepEqual(
        [await revoke(script, hers), await revoke(script, its)],
        ['revoked', 'revoked'],
      );
    });
    assert.equal(count(done, 'certificate.revoked', 'done'), 2);
    assert.ok(!(await isIn(inside)));
    assert.equal(await revoke(script, 'abcdef'), 'not-found');
  });
});
