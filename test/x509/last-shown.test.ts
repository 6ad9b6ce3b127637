/** D2: administrators see when a certificate was last shown, and to which door; and it costs a write in ten minutes at most. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { MINUTE } from '../../server/kernel/clock.ts';
import { pemOf } from '../../server/wire/der/pem.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addClient, addDevice, certify, networkArrival } from '../support/network.ts';
import { enrolledPerson } from '../support/people.ts';
import { addApi, addProcess, addProof, enter, entered } from '../support/processes.ts';

const BY = { door: 'cli' } as const;

describe('when a certificate was last shown', () => {
  let test: TestHouse;
  before(async () => {
    test = await openTestHouse();
  });
  after(() => test.close());

  async function shown(serial: string) {
    const { store, authority } = test.house;
    const found = await store.read((q) => authority.get(q, serial));
    return [found?.lastShownAt, found?.lastShownBy];
  }
  async function certifyAs(
    profile: 'person' | 'process',
    subject: { readonly id: string; readonly name: string },
  ) {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await test.house.authority.chain();
    const issued = await test.house.store.write((tx) =>
      test.house.authority.issue(
        tx,
        { profile, publicKey, subject: { kind: profile, ...subject } as never }, // Of that kind.
        BY,
      ),
    );
    assert.ok(issued.ok, JSON.stringify(issued));
    return { ...issued.value, chain: [issued.value.certificate, ...issued.value.chain] };
  }

  it('is told of a device that joined, by the door, and noted anew after ten minutes', async () => {
    const port = await addClient(test, 'port', '192.0.2.20');
    const laptop = await addDevice(test, 'laptop', { kind: 'workstation' });
    const used = await certify(test, laptop);
    const unused = await certify(test, laptop);
    const join = (chain = used.chain) =>
      test.house.gate.network.admit(
        { certificate: chain, service: 'wired' },
        port,
        networkArrival(test, port),
      );
    assert.deepEqual(await shown(used.serial), [undefined, undefined]);
    const at = test.clock.now();
    assert.equal((await join()).state, 'granted');
    assert.deepEqual(await shown(used.serial), [at, 'radius']);
    assert.deepEqual(await shown(unused.serial), [undefined, undefined]);
    test.clock.advance(10 * MINUTE - 1);
    assert.equal((await join()).state, 'granted');
    assert.equal((await shown(used.serial))[0], at);
    test.clock.advance(1);
    assert.equal((await join()).state, 'granted');
    assert.equal((await shown(used.serial))[0], at + 10 * MINUTE);

    const { store, devices, deviceActs } = test.house;
    const device = await store.read((q) => devices.get(q, laptop.id));
    const seen = await store.read((q) => deviceActs.see(q, device ?? assert.fail()));
    const told = Object.fromEntries(
      seen.certificates.map(({ serial, shownAt, shownBy }) => [serial, [shownAt, shownBy]]),
    );
    assert.deepEqual(told, {
      [used.serial]: [at + 10 * MINUTE, 'radius'],
      [unused.serial]: [undefined, undefined],
    });
  });

  it('is not told of one that was refused', async () => {
    const port = await addClient(test, 'other-port', '192.0.2.21');
    const laptop = await addDevice(test, 'lost', { kind: 'workstation' });
    const { chain, serial } = await certify(test, laptop);
    await test.house.store.write((tx) =>
      test.house.authority.revoke(tx, serial, 'key-compromise', BY),
    );
    const joining = { certificate: chain, service: 'wired' };
    const outcome = await test.house.gate.network.admit(joining, port, networkArrival(test, port));
    assert.equal(outcome.state, 'refused');
    assert.deepEqual(await shown(serial), [undefined, undefined]);
  });

  it('is told of a network device that speaks over TLS', async () => {
    const hall = await addDevice(test, 'hall', { addresses: ['192.0.2.30'] });
    const { chain, serial } = await certify(test, hall);
    const { network } = test.house.gate;
    const client = await network.clientByCertificate('radius', chain, '192.0.2.30');
    assert.ok(client);
    assert.deepEqual(await shown(serial), [undefined, undefined]);
    const at = test.clock.now();
    await network.admit({ mac: '02:00:5e:10:00:01' }, client, networkArrival(test, client));
    assert.deepEqual(await shown(serial), [at, 'radius']);
  });

  it('is told of a smart card, and of a program', async () => {
    const ada = await enrolledPerson(test, 'ada');
    const card = await certifyAs('person', { id: ada.id, name: 'Ada' });
    const { door, request, address, network } = test.arrival({});
    const at = test.clock.now();
    const ticket = await test.house.cards.present(card.chain, 'A'.repeat(43), {
      ...{ door, request, address: address ?? '', network },
    });
    assert.ok(ticket.ok, JSON.stringify(ticket));
    assert.deepEqual(await shown(card.serial), [at, door]);

    const api = await addApi(test);
    const pump = await addProcess(test, 'pump', [{ resource: api.id, scopes: ['read'] }]);
    const own = await certifyAs('process', pump);
    const settings = { certificate: pemOf(own.certificate) };
    await addProof(test, pump, 'certificate', settings);
    const der = new Uint8Array(own.certificate);
    const offers = [{ kind: 'certificate', data: { der } }] as const;
    entered(await enter(test, { as: 'pump', offers }));
    assert.deepEqual(await shown(own.serial), [test.clock.now(), 'oidc']);
  });
});
