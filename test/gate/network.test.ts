import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type {
  LogInOutcome,
  NetworkClient,
  NetworkSession,
} from '../../server/gate/network/network-words.ts';
import { parseId } from '../../server/kernel/id.ts';
import { makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addClient, addDevice, certify, giveSecret, networkArrival } from '../support/network.ts';
import { enrolledPerson, PASSWORD, type TestPerson } from '../support/people.ts';

const password = (text = PASSWORD) => ({ kind: 'password', data: { password: text } }) as const;
const totp = (code: string) => ({ kind: 'totp', data: { code } }) as const;
const BY = { door: 'cli' } as const;

function open(outcome: LogInOutcome): string {
  assert.equal(outcome.state, 'challenged', JSON.stringify(outcome));
  return (outcome as LogInOutcome & { state: 'challenged' }).attempt.token; // Asserted on the line before.
}

describe('logging in at a network device', () => {
  let test: TestHouse;
  let ada: TestPerson;
  let eve: TestPerson;
  let hall: NetworkClient;
  before(async () => {
    test = await openTestHouse();
    ada = await operator('ada');
    eve = await enrolledPerson(test, 'eve');
    hall = await addClient(test, 'hall', undefined, 'radius', { zone: 'office' });
  });
  after(() => test.close());

  async function operator(name: string): Promise<TestPerson> {
    const person = await enrolledPerson(test, name);
    const changed = await test.house.store.write((tx) =>
      test.house.people.change(tx, person.id, { groups: ['network-operators'] }, BY),
    );
    assert.ok(changed.ok, JSON.stringify(changed));
    return person;
  }
  const logIn = (who: string, client = hall, offer: ReturnType<typeof password> = password()) =>
    test.house.gate.network.logIn(
      { identifier: who, client, service: 'admin' },
      networkArrival(test, client),
      offer,
    );
  const prove = (token: string, code: string, client = hall) =>
    test.house.gate.network.prove(token, totp(code), networkArrival(test, client));
  async function logInWhole(who: TestPerson, client = hall): Promise<LogInOutcome> {
    const outcome = await prove(open(await logIn(who.identifier, client)), who.totp.code(), client);
    test.clock.advance(30_000);
    return outcome;
  }

  it('takes two kinds of proof, makes no session of ours, and tells what policy replies', async () => {
    const left = await eventsOf(test, async () => {
      const outcome = await logInWhole(ada);
      assert.equal(outcome.state, 'granted', JSON.stringify(outcome));
      if (outcome.state !== 'granted') return;
      assert.equal(outcome.login.name, 'ada');
      assert.deepEqual(outcome.login.attributes, { privilege: 15 });
      const { network } = test.house.gate;
      assert.equal(await network.sessionOf(hall, 'ada'), outcome.login.session);
    });
    assert.equal(count(left, 'login.granted', 'granted'), 1);
    assert.equal(count(left, 'signin.granted'), 0);
    assert.deepEqual(test.notices, []);
  });

  it('refuses a wrong password, and one proof alone opens nothing', async () => {
    const wrong = await logIn('ada', hall, password('not this one'));
    assert.equal(wrong.state, 'refused');
    const unknown = await logIn('nobody', hall, password('not this one'));
    assert.deepEqual({ ...unknown, attempt: undefined }, { ...wrong, attempt: undefined });
    const token = open(await logIn('ada'));
    const guess = await prove(token, '000000');
    assert.equal(guess.state, 'refused');
    test.clock.advance(600_000);
  });

  it('refuses whom no policy lets in there, and says nothing of why', async () => {
    const left = await eventsOf(test, async () => {
      const outcome = await logIn('eve');
      assert.equal(outcome.state, 'refused');
    });
    assert.equal(count(left, 'login.granted'), 0);
    assert.equal(left.filter(({ outcome }) => outcome === 'refused').length, 1);
    assert.ok(eve.id);
  });

  it('carries an attempt on at the network device where it began, and nowhere else', async () => {
    const porch = await addClient(test, 'porch', '192.0.2.11');
    const token = open(await logIn('ada'));
    const elsewhere = await prove(token, ada.totp.code(), porch);
    assert.deepEqual(elsewhere, { state: 'refused', reason: 'attempt-over' });
    const onTheWeb = await test.house.gate.prove(token, totp(ada.totp.code()), test.arrival());
    assert.deepEqual(onTheWeb, { state: 'refused', reason: 'attempt-over' });
    assert.equal((await prove(token, ada.totp.code())).state, 'granted');
    test.clock.advance(30_000);
  });

  it('is refused when it is not bound to its network device', async () => {
    const unbound = await test.house.gate.network.logIn(
      { identifier: 'ada', client: hall, service: 'admin' },
      networkArrival(test, hall, { channel: 'udp' }),
    );
    assert.deepEqual(unbound, { state: 'refused', reason: 'unavailable' });
    test.notices.length = 0;
  });

  it('ends when the network device says so, and what it reports is on record', async () => {
    const outcome = await logInWhole(ada);
    assert.ok(outcome.state === 'granted');
    const { session } = outcome.login;
    const report = (kind: 'start' | 'stop') =>
      test.house.gate.network.account(
        { kind, session, deviceSession: 'a1', name: 'ada', seconds: 7 },
        hall,
        networkArrival(test, hall),
      );
    const left = await eventsOf(test, async () => {
      await report('start');
      await report('stop');
      await report('stop');
    });
    assert.equal(count(left, 'network.accounted'), 3);
    assert.equal(count(left, 'login.ended'), 1);
    assert.notEqual(await test.house.gate.network.sessionOf(hall, 'ada'), session);
  });

  it('is put out when the person is disabled, once', async () => {
    const mona = await operator('mona');
    const outcome = await logInWhole(mona);
    assert.ok(outcome.state === 'granted');
    const told: (readonly [string, string, string])[] = [];
    const tell = ({ id, name, client }: NetworkSession) => void told.push([id, name, client.name]);
    test.house.gate.network.onEnded(tell);
    await test.house.gate.settleNetwork();
    assert.deepEqual(told, []);
    await test.house.store.write((tx) => test.house.people.setStatus(tx, mona.id, 'disabled', BY));
    const left = await eventsOf(test, async () => {
      await test.house.gate.settleNetwork();
      await test.house.gate.settleNetwork();
    });
    assert.equal(count(left, 'login.ended'), 1);
    assert.deepEqual(told, [[outcome.login.session, 'mona', 'hall']]);
  });

  it('asks no network device by RADIUS to end what was begun there by TACACS+', async () => {
    const nora = await operator('nora');
    const told: string[] = [];
    test.house.gate.network.onEnded(({ id }) => void told.push(id));
    const by = async (door: string) => {
      const arrival = networkArrival(test, hall, { door });
      const asked = { identifier: 'nora', client: hall, service: 'admin' };
      const token = open(await test.house.gate.network.logIn(asked, arrival, password()));
      const outcome = await test.house.gate.network.prove(token, totp(nora.totp.code()), arrival);
      test.clock.advance(30_000);
      assert.ok(outcome.state === 'granted');
      return outcome.login.session;
    };
    await by('tacacs');
    const radius = await by('radius');
    await test.house.store.write((tx) => test.house.people.setStatus(tx, nora.id, 'disabled', BY));
    const left = await eventsOf(test, async () => {
      await test.house.gate.settleNetwork();
      await test.house.gate.settleNetwork();
    });
    assert.equal(count(left, 'login.ended'), 2);
    assert.deepEqual(told, [radius]);
  });
});

describe('looking at who is at network devices', () => {
  let test: TestHouse;
  before(async () => {
    test = await openTestHouse();
  });
  after(() => test.close());

  it('names people as they are called here, and asks their network device by what they came as', async () => {
    const client = await addClient(test, 'lobby', '192.0.2.11');
    const olga = await enrolledPerson(test, 'olga');
    const groups = ['network-operators'];
    await test.house.store.write((tx) => test.house.people.change(tx, olga.id, { groups }, BY));
    const arrival = networkArrival(test, client, {
      address: '192.0.2.11',
      called: 'anonymous@plant.example',
    });
    const asked = { identifier: 'olga', client, service: 'admin' };
    const token = open(await test.house.gate.network.logIn(asked, arrival, password()));
    const outcome = await test.house.gate.network.prove(token, totp(olga.totp.code()), arrival);
    assert.ok(outcome.state === 'granted');
    const { store, logInActs, gate } = test.house;
    const told: string[] = [];
    gate.network.onEnded(({ name }) => told.push(name));
    const { items } = await store.read((q) => logInActs.list(q, { limit: 5 }));
    assert.deepEqual(
      items.map(({ name }) => name),
      ['olga'],
    );
    const { session } = outcome.login;
    assert.ok((await store.write((tx) => logInActs.end(tx, session, BY))).ok);
    await gate.settleNetwork();
    assert.deepEqual(told, ['anonymous@plant.example']);
  });

  it('shows the newest first, and puts out whom an administrator names, once', async () => {
    const client = await addClient(test, 'floor');
    for (const name of ['one', 'two', 'three']) {
      const { chain } = await certify(test, await addDevice(test, name, { kind: 'phone' }));
      const arrival = networkArrival(test, client);
      const admitted = await test.house.gate.network.admit(
        { certificate: chain, service: 'wired' },
        client,
        arrival,
      );
      assert.equal(admitted.state, 'granted');
    }
    const { store, logInActs, gate } = test.house;
    const told: string[] = [];
    gate.network.onEnded(({ name }) => told.push(name));
    const first = await store.read((q) => logInActs.list(q, { limit: 2 }));
    assert.deepEqual(
      first.items.map(({ name, clientName }) => [name, clientName]),
      [
        ['three', 'floor'],
        ['two', 'floor'],
      ],
    );
    assert.ok(first.next);
    const after = first.next;
    const rest = await store.read((q) => logInActs.list(q, { limit: 2, after }));
    assert.deepEqual([rest.items.map(({ name }) => name), rest.next], [['one'], undefined]);

    const id = first.items[0]?.id;
    assert.ok(id);
    const left = await eventsOf(test, async () => {
      const [ended, again] = [
        await store.write((tx) => logInActs.end(tx, id, BY)),
        await store.write((tx) => logInActs.end(tx, id, BY)),
      ];
      assert.deepEqual([ended.ok, again.ok], [true, false]);
    });
    assert.equal(count(left, 'login.ended'), 1);
    await gate.settleNetwork();
    assert.deepEqual(told, ['three']);
  });
});

describe('a network device that asks', () => {
  let test: TestHouse;
  before(async () => {
    test = await openTestHouse();
  });
  after(() => test.close());

  it('is known by the narrowest of the networks that devices speak from', async () => {
    const wide = await addClient(test, 'wide', '198.51.100.0/24'.replace('/24', ''), 'radius', {
      addresses: ['198.51.100.0/24'],
    });
    const narrow = await addDevice(test, 'narrow', { addresses: ['198.51.100.7'] });
    await giveSecret(test, narrow, 'radius');
    test.clock.advance(2000);
    const { network } = test.house.gate;
    assert.equal((await network.client('radius', '198.51.100.7'))?.name, 'narrow');
    assert.equal((await network.client('radius', '198.51.100.8'))?.device, wide.device);
    assert.equal(await network.client('radius', '203.0.113.1'), undefined);
  });

  it('has its new secret at once, here and on another node, and none once it is disabled', async () => {
    const client = await addClient(test, 'core', '192.0.2.20');
    const beside = await test.beside();
    const there = () => beside.house.gate.network.client('radius', '192.0.2.20');
    const text = (of: NetworkClient | undefined) => of?.secret && Buffer.from(of.secret).toString();
    assert.equal(text(await there()), text(client));
    const device = await test.house.store.read((q) => test.house.devices.get(q, client.device));
    assert.ok(device);
    const fresh = await giveSecret(test, device, 'radius');
    assert.equal(text(await there()), fresh);
    await test.house.store.write((tx) => test.house.devices.disable(tx, client.device, BY));
    assert.equal(await there(), undefined);
  });

  it('is known by its certificate, from where it speaks', async () => {
    const device = await addDevice(test, 'edge', { addresses: ['192.0.2.30'] });
    const { chain, serial } = await certify(test, device);
    const { network } = test.house.gate;
    const from = (address: string) => network.clientByCertificate('radius', chain, address);
    assert.equal((await from('192.0.2.30'))?.device, device.id);
    assert.equal(await from('192.0.2.31'), undefined);
    await test.house.store.write((tx) =>
      test.house.authority.revoke(tx, serial, 'key-compromise', BY),
    );
    assert.equal(await from('192.0.2.30'), undefined);
  });

  it('is on record when it is not heard, once in a while', async () => {
    const { network } = test.house.gate;
    const arrival = test.arrival({ door: 'radius', address: '203.0.113.9' });
    const left = await eventsOf(test, async () => {
      for (let i = 0; i < 5; i++) await network.unheard('unknown', { protocol: 'radius' }, arrival);
    });
    assert.equal(count(left, 'network.client-refused', 'refused'), 1);
  });
});

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
