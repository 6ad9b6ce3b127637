/**
 * A thief logs in at a network device with what they took, and the owner or an administrator acts on it (T1078, T1133): the login at
 * the device ends as sessions of ours do, no command goes through in it, and the device is told.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { NetworkClient, NetworkSessionId } from '../../server/gate/network/network-words.ts';
import { tables } from '../../server/store/statement.ts';
import { count, eventsOf, type TestEvent } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addClient, networkArrival } from '../support/network.ts';
import { enrol, enrolledPerson, PASSWORD, signIn, type TestPerson } from '../support/people.ts';

const BY = { door: 'cli' } as const;

const t = tables<{ network_session: { id: NetworkSessionId; about: Uint8Array } }>();
const alter = t.statement((db, p: { id: NetworkSessionId; about: Uint8Array }) =>
  db.updateTable('network_session').set({ about: p.about }).where('id', '=', p.id),
);

describe('a login at a network device', () => {
  let test: TestHouse;
  let hall: NetworkClient;
  let ada: TestPerson;
  let eve: TestPerson;
  const told: string[] = [];
  beforeEach(async () => {
    test = await openTestHouse();
    hall = await addClient(test, 'hall');
    [ada, eve] = [await operator('ada'), await operator('eve')];
    told.length = 0;
    test.house.gate.network.onEnded(({ name }) => told.push(name));
  });
  afterEach(() => test.close());

  async function operator(name: string): Promise<TestPerson> {
    const person = await enrolledPerson(test, name);
    const changed = await test.house.store.write((tx) =>
      test.house.people.change(tx, person.id, { groups: ['network-operators'] }, BY),
    );
    assert.ok(changed.ok);
    return person;
  }

  async function logIn(who: TestPerson): Promise<NetworkSessionId> {
    const { network } = test.house.gate;
    const arrival = networkArrival(test, hall);
    const login = { identifier: who.identifier, client: hall, service: 'admin' };
    const first = await network.logIn(login, arrival, {
      kind: 'password',
      data: { password: PASSWORD },
    });
    assert.equal(first.state, 'challenged', JSON.stringify(first));
    const token = first.state === 'challenged' ? first.attempt.token : '';
    const offer = { kind: 'totp', data: { code: who.totp.code() } } as const;
    const second = await network.prove(token, offer, arrival);
    assert.equal(second.state, 'granted', JSON.stringify(second));
    test.clock.advance(30_000);
    return second.state === 'granted' ? second.login.session : ('' as NetworkSessionId);
  }

  async function runs(session: NetworkSessionId): Promise<string> {
    const asked = { session, client: hall, command: 'show', args: ['version'] };
    const outcome = await test.house.gate.network.command(asked, networkArrival(test, hall));
    return outcome.state === 'granted' ? outcome.state : outcome.reason;
  }

  /** Of two logins the one is over by `work`, and the other goes on. */
  async function ends(work: () => Promise<void>): Promise<readonly TestEvent[]> {
    const [taken, other] = [await logIn(ada), await logIn(eve)];
    assert.deepEqual([await runs(taken), await runs(other)], ['granted', 'granted']);
    const left = await eventsOf(test, work);
    const after = await eventsOf(test, async () => {
      assert.deepEqual([await runs(taken), await runs(other)], ['no-session', 'granted']);
    });
    assert.deepEqual([count(after, 'command.refused'), count(after, 'command.granted')], [1, 1]);
    const ended = left.filter(({ type }) => type === 'login.ended');
    assert.deepEqual(
      ended.map(({ subject, data }) => [subject, data.login, data.why]),
      [[ada.id, taken, 'revoked']],
    );
    await test.house.gate.settleNetwork();
    await test.house.gate.settleNetwork();
    assert.deepEqual(told, ['ada']);
    return left;
  }

  it('is over when its person says that it was somebody else', async () => {
    await ends(async () => {
      const { session } = await signIn(test, ada);
      const done = await test.house.portal.reportTrouble(session.token, {}, test.arrival());
      assert.equal(done.state, 'done');
    });
  });

  it('is over when an administrator ends all that is theirs', async () => {
    await ends(async () => {
      const { store, acts } = test.house;
      const done = await store.write((tx) => acts.revokeSessionsOf(tx, ada.id, BY));
      assert.ok(done.ok);
    });
  });

  it('is over when its person is disabled, and not by the next minute alone', async () => {
    await ends(async () => {
      const { store, acts } = test.house;
      const done = await store.write((tx) => acts.disable(tx, ada.id, BY));
      assert.ok(done.ok);
    });
  });

  it('is over when the password that was shown there is replaced', async () => {
    await ends(async () => {
      const { session } = await signIn(test, ada);
      await enrol(test, session.token, 'password', () => ({
        password: 'quite another horse of fifty',
      }));
    });
  });

  it('is over when a certificate of theirs is revoked: whoever has the card may have let somebody in', async () => {
    const { store, authority, certificateActs } = test.house;
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const subject = { kind: 'person', id: ada.id, name: 'Ada' } as const;
    const issued = await store.write((tx) =>
      authority.issue(tx, { profile: 'person', publicKey, subject }, BY),
    );
    assert.ok(issued.ok);
    const { serial } = issued.value;
    await ends(async () => {
      await store.write((tx) => certificateActs.revoke(tx, serial, 'key-compromise', BY));
    });
  });

  it('is over, and its device is told, though somebody altered another session in the database', async () => {
    const { store, acts, gate } = test.house;
    const altered = await logIn(eve);
    await store.write((tx) => tx.run(alter, { id: altered, about: Uint8Array.of(1, 2, 3) }));
    // Who can't be judged again, since nobody knows from where they came, is put out; nobody can be told whom.
    const regrouped = await eventsOf(test, async () => {
      const groups = ['network-operators', 'others'];
      await store.write((tx) => test.house.people.change(tx, eve.id, { groups }, BY));
      await gate.settleNetwork();
    });
    assert.deepEqual(
      regrouped
        .filter(({ type }) => type === 'login.ended')
        .map((one) => [one.subject, one.reason]),
      [[eve.id, 'fault']],
    );
    assert.equal(await runs(altered), 'no-session');
    const taken = await logIn(ada);
    await store.write((tx) => acts.disable(tx, ada.id, BY));
    await gate.settleNetwork();
    assert.equal(await runs(taken), 'no-session');
    assert.deepEqual(told, ['ada']);
  });

  it('goes on when a proof is replaced or removed that was not shown there', async () => {
    const session = await logIn(ada);
    const left = await eventsOf(test, async () => {
      const { token } = (await signIn(test, ada)).session;
      await enrol(test, token, 'recovery', () => ({}));
    });
    assert.equal(count(left, 'login.ended'), 0);
    assert.equal(await runs(session), 'granted');
    await test.house.gate.settleNetwork();
    assert.deepEqual(told, []);
  });
});
