/** `device` with `--at`, and `posture`, which a device sends there: judged as whoever signed in, or by the key of the device. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { houseDevices } from '../../server/main/desks/house/house-devices.ts';
import { type Administering, catchUp, signedIn } from '../support/elsewhere.ts';
import { type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import { type PasskeyPerson, passkeyPerson } from '../support/served-people.ts';

describe('looking after devices at a server elsewhere', () => {
  let house: OidcHouse;
  let root: PasskeyPerson;
  let at: Administering;
  before(async () => {
    house = await openOidcHouse({});
    root = await passkeyPerson(house, 'root', ['administrator']);
    catchUp(house);
    for (const alg of ['ES256', 'EdDSA', 'RS256'] as const) await house.house.signing.ready(alg);
    at = await signedIn(house, root);
    for (const name of ['laptop', 'stranger']) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const file = (end: string) => join(at.desk.folder, `${name}.${end}`);
      writeFileSync(file('pub'), publicKey.export({ type: 'spki', format: 'pem' }));
      writeFileSync(file('key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    }
  });
  beforeEach(() => catchUp(house));
  after(async () => {
    at.desk.close();
    await house.close();
  });

  it('does there what it does at the machine, and is shown the same', async () => {
    assert.match((await at.run('device', 'list')).out, /device add NAME --kind KIND/);
    const add = ['device', 'add', 'core-1', '--kind', 'switch', '--owner', 'root'];
    const added = await at.run(...add, '--address', '192.0.2.7');
    assert.equal(added.code, 0, added.err);
    assert.match(added.out, /device secret core-1 --for radius/);
    assert.match(
      (await at.json('device', 'secret', 'core-1', '--for', 'radius')).secret,
      /^.{40}$/,
    );
    const rotated = await at.json(
      'device',
      'rotate',
      'core-1',
      '--for',
      'radius',
      '--overlap',
      '1h',
    );
    assert.ok(Date.parse(rotated.overlapUntil) > 0);
    await at.json('device', 'proof', 'end', 'core-1', rotated.replaced);
    const except = ['device', 'exception', 'add', 'core-1', '--without-message-authenticator'];
    const why = ['--owner', 'root', '--reason', 'Old firmware', '--control', 'Own VLAN'];
    assert.equal(
      (await at.json(...except, ...why, '--until', '30d')).kind,
      'without-message-authenticator',
    );
    const shown = await at.json('device', 'show', 'core-1');
    const local = await houseDevices(house.house).find('core-1');
    assert.ok(local.ok);
    assert.ok(local.value);
    assert.deepEqual(shown, local.value);
    assert.deepEqual(shown.weaknesses, ['exception']);
    assert.equal((await at.json('device', 'change', 'core-1', '--zone', 'yard')).zone, 'yard');
    assert.equal((await at.json('device', 'disable', 'core-1')).status, 'disabled');
    assert.equal((await at.json('device', 'list', '--zone', 'yard')).devices.length, 1);
    assert.equal((await at.json('device', 'retire', 'core-1')).status, 'retired');
    const gone = await at.run('device', 'show', 'core-1');
    assert.deepEqual([gone.code, gone.out], [4, '']);
  });

  it('imports a file there, after a look at it', async () => {
    const file = join(at.desk.folder, 'devices.csv');
    writeFileSync(file, 'name,kind,owner\nrtu-1,rtu,root\nrtu-2,rtu,nobody\n');
    const looked = await at.run('device', 'import', 'devices.csv', '--apply');
    assert.equal(looked.code, 1);
    assert.match(looked.err, /3\s+owner\s+nobody who can answer for it/);
    writeFileSync(file, 'name,kind,owner\nrtu-1,rtu,root\nrtu-2,rtu,root\n');
    assert.equal((await at.json('device', 'import', 'devices.csv')).applied, false);
    assert.equal((await at.json('device', 'import', 'devices.csv', '--apply')).devices.length, 2);
  });

  it('takes the posture of a device by its key, and of no other', async () => {
    await at.json('device', 'add', 'laptop', '--kind', 'workstation', '--owner', 'root');
    await at.json('device', 'key', 'laptop', '--public-key', 'laptop.pub');
    const sent = await at.run('posture', '--key', 'laptop.key');
    assert.equal(sent.code, 0, sent.err);
    assert.match(sent.out, /took the report of this device/);
    const { posture } = await at.json('device', 'show', 'laptop');
    assert.match(posture.diskEncrypted, /^(?:yes|no|unknown)$/);
    const stranger = await at.run('posture', '--key', 'stranger.key');
    assert.equal(stranger.code, 3);
    assert.match(stranger.err, /did not take the report/);
    const keyless = await at.run('posture');
    assert.equal(keyless.code, 2);
    assert.match(keyless.err, /--key FILE/);
    const wrong = await at.run('posture', '--key', 'laptop.pub');
    assert.match(wrong.err, /is no private key in PEM/);
  });
});
