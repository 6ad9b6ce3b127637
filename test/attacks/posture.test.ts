/** Reports that pretend (T1036, T1562.001): sent again, made by another device, for another server, or without the right key. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { signReport } from '../../server/main/posture/sign-report.ts';
import { pemOf } from '../../server/wire/der/pem.ts';
import { type ApiHouse, openApiHouse } from '../api/api-house.ts';
import { enrolled, signIn } from '../api/people.ts';
import { makeCertificate } from '../support/certificates.ts';
import {
  addDevice,
  BY,
  type DeviceKey,
  GOOD_POSTURE,
  giveProof,
  makeDeviceKey,
  postureBy,
} from '../support/devices.ts';
import { events } from '../support/events.ts';
import { certify } from '../support/network.ts';
import { SITE } from '../support/settings.ts';

const BAD = { ...GOOD_POSTURE, diskEncrypted: 'no' } as const;

describe('a posture report', () => {
  let api: ApiHouse;
  let admin: string;
  const keys = new Map<string, DeviceKey>();

  before(async () => {
    api = await openApiHouse();
    admin = await signIn(api, await enrolled(api, 'boss', ['administrator']));
    for (const [name, kind] of [
      ['good', 'ed25519'],
      ['bad', 'P-256'],
    ] as const) {
      const key = makeDeviceKey(kind);
      keys.set(name, key);
      await addDevice(api, name);
      await giveProof(api, name, { kind: 'key', name: 'k', publicKey: key.pem });
    }
  });
  after(() => api.close());

  const keyOf = (name: string) => keys.get(name) ?? assert.fail();
  const send = (body: object) => api.done('reportPosture', { body });
  const refuse = (body: object) => api.problem('posture-refused', 'reportPosture', { body });
  const shown = async (name: string) =>
    (await api.done('showDevice', { token: admin, params: { id: name } })).posture;
  const refusals = async () =>
    (await events(api)).filter(({ type }) => type === 'device.posture-refused');
  /** Beyond the minute in which what is alike is counted. */
  const later = () => api.clock.advance(61_000);

  test('sent again is refused, and what the device said since stays', async () => {
    const first = postureBy(api, keyOf('bad'), GOOD_POSTURE);
    await send(first);
    later();
    await refuse(first);
    await send(postureBy(api, keyOf('bad'), BAD));
    later();
    await refuse(first);
    assert.equal((await shown('bad')).diskEncrypted, 'no');
    const told = await refusals();
    assert.deepEqual(
      told.map(({ reason }) => reason),
      ['used', 'used'],
    );
    assert.ok(told.every(({ subject }) => subject !== undefined));
  });

  test('under another device’s name is refused: whose it is follows from the key alone', async () => {
    later();
    const mine = postureBy(api, keyOf('bad'), GOOD_POSTURE);
    await refuse({ ...mine, key: keyOf('good').thumbprint });
    await refuse({ ...mine, key: makeDeviceKey().thumbprint });
    const { key: _, ...keyless } = mine;
    await refuse(keyless);
    assert.equal(await shown('good'), null);
    const last = (await refusals()).slice(2).map(({ reason }) => reason);
    assert.deepEqual(last, ['wrong', 'not-held']);
    // Done rightly, each tells of itself.
    await send(postureBy(api, keyOf('good')));
    assert.equal((await shown('good')).compliant, true);
    assert.equal((await shown('bad')).diskEncrypted, 'no');
  });

  test('changed on the way, for another server, or of another time is refused', async () => {
    later();
    const mine = postureBy(api, keyOf('bad'), BAD);
    await refuse({ ...mine, report: mine.report.replace('"no"', '"yes"') });
    await refuse({ ...mine, report: `${mine.report} ` });
    await refuse({ ...mine, signature: mine.signature.slice(0, -4) });
    await refuse(postureBy(api, keyOf('bad'), GOOD_POSTURE, 'https://other.example'));
    const clock = (by: number) => ({ clock: { ...api.clock, now: () => api.clock.now() + by } });
    await refuse(postureBy(clock(-301_000), keyOf('bad')));
    await refuse(postureBy(clock(301_000), keyOf('bad')));
    assert.equal((await shown('bad')).diskEncrypted, 'no');
  });

  test('of a device that is disabled or retired is refused, and enabled again it is taken', async () => {
    const { house } = api;
    const { id } =
      (await house.store.read((q) => house.devices.byName(q, 'good'))) ?? assert.fail();
    await house.store.write((tx) => house.devices.disable(tx, id, BY));
    later();
    await refuse(postureBy(api, keyOf('good')));
    await house.store.write((tx) => house.devices.enable(tx, id, BY));
    await send(postureBy(api, keyOf('good')));
    later();
    await house.store.write((tx) => house.deviceActs.retire(tx, id, BY));
    await refuse(postureBy(api, keyOf('good')));
  });

  test('by a certificate of an authority that is trusted for people is refused, and of one for devices taken', async () => {
    later();
    const { store, authority, deviceProofs } = api.house;
    const scanner = await addDevice(api, 'scanner');
    const now = api.clock.now();
    const lasts = { from: new Date(now - 86_400_000), to: new Date(now + 86_400_000) };
    async function reportBy(name: string, trustedFor: readonly ('device' | 'person')[]) {
      const ca = makeCertificate({ subject: { CN: name }, authority: true, ...lasts });
      const wish = { subject: { CN: 'scanner' }, authority: false, forClients: true, ...lasts };
      const leaf = makeCertificate(wish, ca);
      const held = { kind: 'certificate', name, authority: name, named: 'scanner' } as const;
      const done = await store.write(async (tx) => {
        const trusting = { name, trustedFor, certificates: [ca.der] };
        const trusted = await authority.trusted.add(tx, trusting, BY);
        return trusted.ok && (await deviceProofs.add(tx, scanner, held, BY)).ok;
      });
      assert.ok(done);
      const how = { audience: SITE, now, key: leaf.key, certificate: pemOf(leaf.der) };
      return signReport(GOOD_POSTURE, how);
    }
    const before = (await refusals()).length;
    await refuse(await reportBy('People', ['person']));
    assert.equal((await refusals()).length, before + 1);
    await send(await reportBy('Machines', ['device']));
    assert.equal((await shown('scanner')).compliant, true);
  });

  for (const [kind, pair] of [
    ['P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['P-521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' })],
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ] as const) {
    test(`by a certificate for a key of ${kind} is taken, and refused where a bit of its signature is another`, async () => {
      later();
      const device = await addDevice(api, `with-${kind.toLowerCase()}`);
      const { chain, key } = await certify(api, device, pair());
      const pem = chain.map(pemOf).join('\n');
      const now = api.clock.now();
      const good = signReport(GOOD_POSTURE, { audience: SITE, now, key, certificate: pem });
      const bytes = Buffer.from(good.signature, 'base64url');
      for (const at of [0, bytes.length >> 1, bytes.length - 1]) {
        const other = Buffer.from(bytes);
        other[at] = (bytes[at] ?? 0) ^ 1;
        await refuse({ ...good, signature: other.toString('base64url') });
      }
      await refuse({ ...good, signature: bytes.subarray(1).toString('base64url') });
      await refuse({ ...good, signature: '' });
      assert.equal(await shown(device.name), null);
      await send(good);
      assert.equal((await shown(device.name)).compliant, true);
    });
  }

  test('that floods is on record once a minute, and counted', async () => {
    later();
    const before = (await refusals()).length;
    const stranger = makeDeviceKey();
    for (let i = 0; i < 20; i++) await refuse(postureBy(api, stranger));
    assert.equal((await refusals()).length, before + 1);
  });

  test('that is “unknown” is never taken for yes', async () => {
    later();
    const half = { ...GOOD_POSTURE, secureBoot: 'unknown' } as const;
    await send(postureBy(api, keyOf('bad'), half));
    assert.equal((await shown('bad')).compliant, false);
    later();
    await send(postureBy(api, keyOf('bad')));
    assert.equal((await shown('bad')).compliant, true);
    // And what was so long ago is not known to be so now.
    api.clock.advance(24 * 3600_000 + 1);
    admin = await signIn(api, await enrolled(api, 'later', ['administrator']));
    assert.equal((await shown('bad')).compliant, false);
  });
});
