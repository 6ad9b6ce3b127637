import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { NetworkClient } from '../../server/gate/network/network-words.ts';
import { parseId } from '../../server/kernel/id.ts';
import { makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addClient, addDevice, certify, networkArrival } from '../support/network.ts';
import { enrolledPerson } from '../support/people.ts';

const BY = { door: 'cli' } as const;

describe('joining the network', () => {
  let test: TestHouse;
  let port: NetworkClient;
  before(async () => {
    test = await openTestHouse();
    port = await addClient(test, 'floor');
  });
  after(() => test.close());

  const admit = (joining: Parameters<TestHouse['house']['gate']['network']['admit']>[0]) =>
    test.house.gate.network.admit(joining, port, networkArrival(test, port));

  it('is for devices with a certificate of ours, until it is revoked or they are disabled', async () => {
    const laptop = await addDevice(test, 'laptop', { kind: 'workstation' });
    const { chain, serial } = await certify(test, laptop);
    const left = await eventsOf(test, async () => {
      const outcome = await admit({ certificate: chain, service: 'wired' });
      assert.equal(outcome.state, 'granted', JSON.stringify([outcome, test.notices]));
      assert.equal(outcome.state === 'granted' && outcome.login.name, 'laptop');
    });
    assert.equal(count(left, 'network.admitted', 'granted'), 1);
    const told: string[] = [];
    test.house.gate.network.onEnded(({ name }) => told.push(name));
    await test.house.store.write((tx) =>
      test.house.authority.revoke(tx, serial, 'key-compromise', BY),
    );
    await test.house.gate.settleNetwork();
    assert.deepEqual(told, ['laptop']);
    const after = await eventsOf(test, async () => {
      assert.deepEqual(await admit({ certificate: chain, service: 'wired' }), {
        state: 'refused',
        reason: 'wrong',
      });
    });
    assert.equal(after.find(({ type }) => type === 'network.refused')?.reason, 'revoked');

    const other = await certify(test, laptop);
    assert.equal((await admit({ certificate: other.chain, service: 'wired' })).state, 'granted');
    await test.house.store.write((tx) => test.house.devices.disable(tx, laptop.id, BY));
    assert.deepEqual(await admit({ certificate: other.chain, service: 'wired' }), {
      state: 'refused',
      reason: 'wrong',
    });
  });

  it('by a certificate of others is for devices whose authority is trusted for devices', async () => {
    const scanner = await addDevice(test, 'scanner', { kind: 'other' });
    const now = test.clock.now();
    const lasts = { from: new Date(now - 86_400_000), to: new Date(now + 86_400_000) };
    const chainOf = async (name: string, trustedFor: readonly ('device' | 'person')[]) => {
      const ca = makeCertificate({ subject: { CN: name }, authority: true, ...lasts });
      const wish = { subject: { CN: 'scanner' }, authority: false, forClients: true, ...lasts };
      const leaf = makeCertificate(wish, ca);
      const { store, authority, deviceProofs } = test.house;
      const trusting = { name, trustedFor, certificates: [ca.der] };
      const trusted = await store.write((tx) => authority.trusted.add(tx, trusting, BY));
      assert.ok(trusted.ok, JSON.stringify(trusted));
      const held = { kind: 'certificate', name, authority: name, named: 'scanner' } as const;
      const added = await store.write((tx) => deviceProofs.add(tx, scanner, held, BY));
      assert.ok(added.ok, JSON.stringify(added));
      return [leaf.der];
    };
    const good = await admit({
      certificate: await chainOf('Machines', ['device']),
      service: 'wired',
    });
    assert.equal(good.state, 'granted', JSON.stringify([good, test.notices]));
    const left = await eventsOf(test, async () => {
      const outcome = await admit({
        certificate: await chainOf('People', ['person']),
        service: 'wired',
      });
      assert.deepEqual(outcome, { state: 'refused', reason: 'wrong' });
    });
    assert.equal(count(left, 'network.refused', 'refused'), 1);
  });

  it('is refused to what nobody issued, on record once in a while', async () => {
    const left = await eventsOf(test, async () => {
      for (let i = 0; i < 3; i++) {
        const outcome = await admit({
          certificate: [new Uint8Array([0x30, 0x00])],
          service: 'wired',
        });
        assert.deepEqual(outcome, { state: 'refused', reason: 'wrong' });
      }
    });
    assert.equal(count(left, 'network.refused', 'refused'), 1);
  });

  it('by a MAC address is an exception, kept apart, while it lasts', async () => {
    const mac = '02:00:5e:10:00:07';
    assert.deepEqual(await admit({ mac }), { state: 'refused', reason: 'wrong' });
    const owner = await enrolledPerson(test, 'otto');
    const printer = await addDevice(test, 'printer', { kind: 'printer', mac });
    const excepted = await test.house.store.write((tx) =>
      test.house.deviceProofs.add(
        tx,
        printer,
        {
          kind: 'mac',
          mac,
          name: 'no supplicant',
          owner: owner.id,
          reason: 'its firmware knows no 802.1X',
          control: 'a network of its own',
          expiresAt: test.clock.now() + 86_400_000,
        },
        BY,
      ),
    );
    assert.ok(excepted.ok, JSON.stringify(excepted));
    const outcome = await admit({ mac });
    assert.equal(outcome.state, 'granted', JSON.stringify([outcome, test.notices]));
    assert.deepEqual(outcome.state === 'granted' && outcome.login.attributes, {
      vlan: 'quarantine',
    });
    test.clock.advance(86_400_001);
    assert.deepEqual(await admit({ mac }), { state: 'refused', reason: 'wrong' });
    assert.ok(parseId(printer.id));
  });
});
