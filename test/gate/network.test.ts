import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type {
  LogInOutcome,
  NetworkClient,
  NetworkSession,
} from '../../server/gate/network/network-words.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addClient, addDevice, certify, networkArrival } from '../support/network.ts';
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

  it('names devices as they are called here, and asks their network device by what they came as', async () => {
    const client = await addClient(test, 'yard', '192.0.2.12');
    const device = await addDevice(test, 'pump', { kind: 'rtu' });
    const { chain } = await certify(test, device);
    const arrival = networkArrival(test, client, {
      address: '192.0.2.12',
      called: 'anonymous',
    });
    const joining = { certificate: chain, called: 'anonymous', service: 'wired' };
    const outcome = await test.house.gate.network.admit(joining, client, arrival);
    assert.ok(outcome.state === 'granted', JSON.stringify(outcome));
    const { store, logInActs, gate } = test.house;
    const told: string[] = [];
    gate.network.onEnded(({ name }) => told.push(name));
    const { items } = await store.read((q) => logInActs.list(q, { limit: 1 }));
    assert.deepEqual(
      items.map(({ name }) => name),
      ['pump'],
    );
    await store.write((tx) => test.house.devices.disable(tx, device.id, BY));
    await gate.settleNetwork();
    assert.deepEqual(told, ['anonymous']);
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
