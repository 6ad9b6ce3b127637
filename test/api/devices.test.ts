/** The inventory of devices by the API: whose each is, where, how it proves itself and when it last came (D1). */
import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { DAY } from '../../server/kernel/clock.ts';
import { keyLine, publicKeyOf } from '../../server/wire/ssh/public-key.ts';
import { makeDeviceKey, postureBy } from '../support/devices.ts';
import { certify } from '../support/network.ts';
import { type ApiHouse, openApiHouse } from './api-house.ts';
import { type ApiPerson, enrolled, signIn } from './people.ts';

const MAC = '02:00:5e:10:00:01';

describe('devices by the API', () => {
  let api: ApiHouse;
  let boss: ApiPerson;
  let ada: ApiPerson;
  let admin: string;
  let operator: string;
  let viewer: string;

  before(async () => {
    api = await openApiHouse();
    boss = await enrolled(api, 'boss', ['administrator']);
    ada = await enrolled(api, 'ada');
    admin = await signIn(api, boss);
    operator = await signIn(api, await enrolled(api, 'operator', ['operator']));
    viewer = await signIn(api, await enrolled(api, 'viewer', ['viewer']));
  });
  after(() => api.close());

  const fresh = (name: string, more: object = {}) => ({
    name,
    kind: 'switch',
    owner: ada.id,
    ...more,
  });
  const add = (name: string, more: object = {}) =>
    api.done('addDevice', { token: admin, body: fresh(name, more) });
  const told = async (type: string) =>
    (await api.done('searchEvents', { token: admin, query: { type } })).items;

  test('an operator is refused and an administrator succeeds, and the record shows both', async () => {
    const body = fresh('core-1', {
      mac: '0200.5E10.0001',
      zone: 'plant',
      addresses: ['192.0.2.7'],
    });
    await api.problem('not-permitted', 'addDevice', { token: operator, body });
    const added = await api.done('addDevice', { token: admin, body });
    assert.equal(added.mac, MAC);
    const [refused] = await told('access.refused');
    assert.equal(refused?.data.action, 'device.create');
    const [created] = await told('device.created');
    assert.equal(created?.actor, boss.id);
    const { id } = added;
    assert.equal(created?.subject, id);
    // The third leg: the operator sees what the administrator made, and can't take it over.
    const seen = await api.done('showDevice', { token: operator, params: { id: 'core-1' } });
    assert.equal(seen.ownerName, 'ada');
    assert.deepEqual(seen.weaknesses, ['no-proof']);
    for (const [name, sent] of [
      ['changeDevice', { params: { id }, body: { purpose: 'Mine.' } }],
      ['disableDevice', { params: { id } }],
      ['retireDevice', { params: { id } }],
      ['addDeviceProof', { params: { id }, body: { kind: 'radius' } }],
      ['importDevices', { body: { csv: 'name,kind,owner\n' } }],
    ] as const) {
      for (const token of [operator, viewer]) {
        await api.problem('not-permitted', name, { token, ...sent });
      }
    }
  });

  test('a secret is shown once, and the same request again gives the same one', async () => {
    await add('core-2');
    const sent = {
      token: admin,
      params: { id: 'core-2' },
      body: { kind: 'radius' },
      key: 'once-0001',
    };
    const one = await api.done('addDeviceProof', sent);
    assert.match(one.secret, /^[A-Za-z2-9]{40}$/);
    assert.equal((await api.done('addDeviceProof', sent)).secret, one.secret);
    const shown = await api.done('showDevice', { token: admin, params: { id: 'core-2' } });
    assert.ok(!JSON.stringify(shown).includes(one.secret));
    assert.deepEqual(shown.weaknesses, []);
    const proof = { id: 'core-2', proof: one.proof };
    await api.done('endDeviceProof', { token: admin, params: proof });
    await api.problem('not-found', 'endDeviceProof', { token: admin, params: proof });
  });

  test('what stands in the way of another is told by what it is', async () => {
    await add('rtu-1', { serial: 'S1', mac: '02:00:5e:10:00:21', addresses: ['198.51.100.1'] });
    const tried = (more: object) => ({ token: admin, body: fresh('rtu-2', more) });
    await api.problem('name-taken', 'addDevice', { token: admin, body: fresh('rtu-1') });
    await api.problem('mac-taken', 'addDevice', tried({ mac: '02-00-5e-10-00-21' }));
    await api.problem('serial-taken', 'addDevice', tried({ serial: 'S1' }));
    const taken = await api.problem(
      'network-taken',
      'addDevice',
      tried({ addresses: ['198.51.100.1/32'] }),
    );
    assert.equal(taken.body.network, '198.51.100.1');
    await api.problem('networks-malformed', 'addDevice', tried({ addresses: ['198.51.100.1/24'] }));
    await api.problem('owner-not-found', 'addDevice', tried({ owner: 'nobody' }));
    await api.problem('not-valid', 'addDevice', tried({ mac: 'ff:ff:ff:ff:ff:ff' }));
    await api.problem('not-valid', 'addDevice', tried({ kind: 'toaster' }));
    await api.problem('not-valid', 'addDevice', tried({ status: 'active' }));
    await api.problem('not-found', 'showDevice', { token: admin, params: { id: 'rtu-2' } });
  });

  test('a device is listed in pages and filtered, and a retired one is asked for', async () => {
    for (const name of ['page-1', 'page-2', 'page-3']) await add(name, { zone: 'pages' });
    const listed: string[] = [];
    for (let cursor: string | null = null; ; ) {
      const query = { zone: 'pages', limit: 2, ...(cursor === null ? {} : { cursor }) };
      const page: { items: { name: string }[]; next: string | null } = await api.done(
        'listDevices',
        {
          token: viewer,
          query,
        },
      );
      listed.push(...page.items.map(({ name }) => name));
      if (page.next === null) break;
      cursor = page.next;
    }
    assert.deepEqual(listed, ['page-1', 'page-2', 'page-3']);
    await api.done('retireDevice', { token: admin, params: { id: 'page-2' } });
    const left = await api.done('listDevices', { token: viewer, query: { zone: 'pages' } });
    assert.equal(left.items.length, 2);
    const retired = await api.done('listDevices', { token: viewer, query: { status: 'retired' } });
    const [gone] = retired.items.filter(({ name }: { name: string }) => name === 'page-2');
    await api.problem('device-retired', 'enableDevice', { token: admin, params: { id: gone.id } });
  });

  test('an exception has all of it, and is shown as a weakness', async () => {
    await add('printer-1', { kind: 'printer' });
    const params = { id: 'printer-1' };
    const until = new Date(api.clock.now() + 30 * DAY).toISOString();
    const whole = {
      kind: 'mac',
      mac: '02:00:5e:10:00:31',
      owner: ada.id,
      reason: 'It has no 802.1X',
      control: 'A network of its own',
      expiresAt: until,
    };
    for (const left of ['owner', 'reason', 'control', 'expiresAt', 'mac']) {
      const body = { ...whole, [left]: undefined };
      const { body: told } = await api.problem('device-proof-not-valid', 'addDeviceProof', {
        token: admin,
        params,
        body,
      });
      assert.ok(told.says.length > 0, left);
    }
    const stray = { ...whole, secret: 'x' };
    await api.problem('device-proof-not-valid', 'addDeviceProof', {
      token: admin,
      params,
      body: stray,
    });
    await api.done('addDeviceProof', { token: admin, params, body: whole });
    const shown = await api.done('showDevice', { token: viewer, params });
    assert.equal(shown.mac, '02:00:5e:10:00:31');
    assert.equal(shown.proofs[0].exception.ownerName, 'ada');
    assert.deepEqual(shown.weaknesses, ['exception']);
    // Whoever answered for it goes.
    await api.done('disablePerson', { token: admin, params: { id: ada.id } });
    await api.done('changeDevice', { token: admin, params, body: { owner: boss.id } });
    const left = await api.done('showDevice', { token: viewer, params });
    assert.deepEqual([left.orphaned, left.weaknesses], [false, ['exception', 'orphaned']]);
    await api.done('enablePerson', { token: admin, params: { id: ada.id } });
  });

  test('a CSV file is looked at, and then added as a whole', async () => {
    const csv = `name;kind;owner;zone\nimp-1;server;ada;hall\nimp-2;server;boss;hall\n`;
    const looked = await api.done('importDevices', { token: admin, body: { csv } });
    assert.deepEqual([looked.applied, looked.devices.length, looked.problems], [false, 2, []]);
    await api.problem('not-found', 'showDevice', { token: admin, params: { id: 'imp-1' } });
    const done = await api.done('importDevices', { token: admin, body: { csv, apply: true } });
    assert.equal(done.applied, true);
    const again = await api.done('importDevices', { token: admin, body: { csv, apply: true } });
    assert.equal(again.applied, false);
    assert.deepEqual(
      again.problems.map(({ line, column }: { line: number; column: string }) => [line, column]),
      [
        [2, 'name'],
        [3, 'name'],
      ],
    );
  });

  test('a report is signed with the certificate of the device, too, until that is revoked', async () => {
    const { id } = await add('laptop-2', { kind: 'workstation' });
    await add('laptop-3', { kind: 'workstation' });
    const { house } = api;
    const { chain, key, serial } = await certify(api, { id, name: 'laptop-2' });
    const pem = chain.map((der) => new X509Certificate(Buffer.from(der)).toString()).join('');
    const report = () => {
      const { key: _, ...signed } = postureBy(api, { privateKey: key });
      return { ...signed, certificate: pem };
    };
    const shown = async (name: string) =>
      api.done('showDevice', { token: admin, params: { id: name } });
    await api.done('reportPosture', { body: report() });
    const device = await shown('laptop-2');
    assert.equal(device.posture.compliant, true);
    assert.deepEqual(device.weaknesses, [], 'a certificate of ours is a proof');
    const [own, ...more] = device.certificates;
    assert.deepEqual([own.serial, own.profile, more], [serial, 'device', []]);
    assert.ok(Date.parse(own.expiresAt) > Date.parse(device.changedAt));
    assert.equal((await shown('laptop-3')).posture, null);
    api.clock.advance(60_000);
    const { authority, store } = house;
    await store.write((tx) => authority.revoke(tx, serial, 'key-compromise', { door: 'cli' }));
    await api.problem('posture-refused', 'reportPosture', { body: report() });
    const revoked = await shown('laptop-2');
    assert.deepEqual([revoked.weaknesses, revoked.certificates], [['no-proof'], []]);
  });

  test('a signed report is kept with its time, and seen with its age', async () => {
    await add('laptop-1', { kind: 'workstation' });
    const params = { id: 'laptop-1' };
    const key = makeDeviceKey();
    const body = { kind: 'key', publicKey: key.pem };
    await api.done('addDeviceProof', { token: admin, params, body });
    assert.equal((await api.done('showDevice', { token: viewer, params })).posture, null);
    await api.done('reportPosture', { body: postureBy(api, key) });
    api.clock.advance(60_000);
    const { posture, lastSeenBy, lastSeenHow } = await api.done('showDevice', {
      token: viewer,
      params,
    });
    assert.equal(posture.compliant, true);
    assert.equal(posture.ageSeconds, 60);
    assert.deepEqual([lastSeenBy, lastSeenHow], ['api', 'key']);
    // Some seconds later is too soon for another.
    const report = { ...postureBy(api, key) };
    await api.done('reportPosture', { body: report });
    api.clock.advance(1000);
    await api.problem('throttled', 'reportPosture', { body: postureBy(api, key) });
  });

  test('an SSH host proves itself by its certificate, until that is revoked', async () => {
    await api.done('addDevice', { token: admin, body: fresh('web1', {}) });
    const weak = async () =>
      (await api.done('showDevice', { token: admin, params: { id: 'web1' } })).weaknesses;
    assert.deepEqual(await weak(), ['no-proof']);
    const key = publicKeyOf(generateKeyPairSync('ed25519').publicKey);
    assert.ok(key);
    const body = { device: 'web1', publicKey: keyLine(key) };
    const { serial } = await api.done('issueSshHostCertificate', { token: admin, body });
    assert.deepEqual(await weak(), []);
    const { certificates } = await api.done('showDevice', { token: admin, params: { id: 'web1' } });
    assert.deepEqual(
      certificates.map(({ serial, profile }: Record<string, string>) => [serial, profile]),
      [[serial, 'ssh-host']],
    );
    await api.done('revokeSshCertificate', { token: admin, params: { serial } });
    assert.deepEqual(await weak(), ['no-proof']);
  });
});
