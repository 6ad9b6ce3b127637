/**
 * What is given in the moment in which all is ended: a sign-in that has not committed yet, while its person is promoted, reset or in
 * trouble. Whichever of the two is first, nothing that was given stays. (T1078, T1098)
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ApiDetail, ApplicationDetail } from '@sallyport/contract/resources.ts';
import { makeRequest } from '../../bench/house/certificate-requests.ts';
import type { Outcome } from '../../server/gate/outcome.ts';
import type { SubjectId } from '../../server/kernel/id.ts';
import { tables } from '../../server/store/statement.ts';
import type { Tx, WriteOptions } from '../../server/store/store.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addDevice } from '../support/network.ts';
import {
  challenged,
  enrol,
  enrolledPerson,
  granted,
  signIn,
  type TestPerson,
} from '../support/people.ts';
import { addProcess } from '../support/processes.ts';

const BY = { door: 'cli' } as const;
const t = tables<{
  entry_grant: {
    id: string;
    client_id: string;
    session_id: string | null;
    ended_at: number | null;
  };
}>();
const awayGrants = t.statement((db, p: { app: string }) =>
  db
    .selectFrom('entry_grant')
    .select('id')
    .where('client_id', '=', p.app)
    .where('session_id', 'is', null)
    .where('ended_at', 'is', null),
);
const nothing = t.statement((db) => db.selectFrom('entry_grant').select('id').limit(1));

describe('in one moment with the end of all that somebody has', () => {
  let test: TestHouse;
  let ada: TestPerson;
  beforeEach(async () => {
    test = await openTestHouse();
    ada = await enrolledPerson(test, 'ada');
  });
  afterEach(() => test.close());

  /** Begins the end when the other has written, and not committed, all that it has to. */
  async function atOnce<T>(giving: () => Promise<T>, ending: () => Promise<unknown>): Promise<T> {
    const { store } = test.house;
    const write = store.write.bind(store);
    const ended: Promise<unknown>[] = [];
    const begun = Promise.withResolvers<void>();
    store.write = ((work: (tx: Tx) => Promise<unknown>, options?: WriteOptions) =>
      write(async (tx) => {
        const value = await work(tx);
        // Throttles reserve a place first, in a transaction that nothing rests on.
        if (options?.durable !== false && ended.length === 0) {
          store.write = write;
          ended.push(ending());
          begun.resolve();
          // The end reaches the database, and waits there, before this goes on to commit.
          for (let turns = 0; turns < 200; turns++) await tx.one(nothing, {});
        }
        return value;
      }, options)) as typeof store.write;
    const value = await giving();
    await begun.promise;
    await Promise.all(ended);
    return value;
  }

  async function halfWay() {
    const { gate } = test.house;
    const arrival = test.arrival();
    const { token } = challenged(await gate.ask({ to: 'signIn', identifier: 'ada' }, arrival));
    const password = { kind: 'password', data: { password: ada.password } } as const;
    challenged(await gate.prove(token, password, arrival));
    return (): Promise<Outcome> =>
      gate.prove(token, { kind: 'totp', data: { code: ada.totp.code() } }, arrival);
  }

  const live = (token: string) =>
    test.house.store.read((q) => test.house.gate.sessions.check(q, token));

  for (const [what, end] of [
    ['is promoted', (tx) => test.house.acts.change(tx, ada.id, { roles: ['administrator'] }, BY)],
    ['is disabled', (tx) => test.house.acts.disable(tx, ada.id, BY, { force: true })],
    ['has every session revoked', (tx) => test.house.acts.revokeSessionsOf(tx, ada.id, BY)],
  ] satisfies [string, (tx: Tx) => Promise<unknown>][]) {
    it(`no session is left to who signs in while their person ${what}`, async () => {
      const code = await halfWay();
      const seen = await eventsOf(test, async () => {
        const outcome = await atOnce(code, () => test.house.store.write<unknown>(end));
        assert.equal(await live(granted(outcome).session.token), undefined);
      });
      assert.equal(count(seen, 'signin.granted', 'granted'), 1);
      assert.equal(count(seen, 'session.revoked', 'done'), 1);
    });
  }

  for (const [what, end] of [
    ['is promoted', (tx) => test.house.acts.change(tx, ada.id, { roles: ['administrator'] }, BY)],
    ['has every session revoked', (tx) => test.house.acts.revokeSessionsOf(tx, ada.id, BY)],
  ] satisfies [string, (tx: Tx) => Promise<unknown>][]) {
    it(`no proof is enrolled in a session that ends while its person ${what}`, async () => {
      const { store, enrolments } = test.house;
      const arrival = test.arrival();
      const { token } = (await signIn(test, ada)).session;
      const begun = await enrolments.begin(token, 'recovery', undefined, arrival);
      assert.ok(begun.state === 'done');
      const ending = Promise.withResolvers<void>();
      const ended = store.write(async (tx) => {
        await end(tx);
        ending.resolve();
        // The other is judged meanwhile, and waits for this to commit.
        for (let turns = 0; turns < 400; turns++) await tx.one(nothing, {});
      });
      await ending.promise;
      const seen = await eventsOf(test, async () => {
        const finished = await enrolments.finish(token, begun.value.id, {}, arrival);
        assert.deepEqual(finished, { state: 'refused', reason: 'no-session' });
        await ended;
      });
      assert.equal(count(seen, 'recovery.regenerated'), 0);
      assert.equal(count(seen, 'session.revoked', 'done'), 1);
      if (what === 'is promoted') return;
      const again = (await signIn(test, ada)).session.token;
      const done = await eventsOf(test, async () => {
        await enrol(test, again, 'recovery', () => ({}));
      });
      assert.equal(count(done, 'recovery.regenerated', 'done'), 1);
    });
  }

  it('no grant is left to who lets an application in by a stolen session while its owner is in trouble', async () => {
    const { house } = test;
    const app = await addApplication();
    const ask = {
      app,
      scopes: ['openid', 'offline_access'],
      apis: [],
      demand: {},
      askAgain: false,
      agreed: undefined,
    };
    const owner = (await signIn(test, ada)).session.token;
    const stolen = (await signIn(test, ada)).session.token;
    const left = () => house.store.read((q) => q.all(awayGrants, { app }));
    const seen = await eventsOf(test, async () => {
      const entered = await atOnce(
        () => house.apps.enter(stolen, ask, test.arrival()),
        () => house.portal.reportTrouble(owner, {}, test.arrival()),
      );
      assert.equal(entered.state, 'entered');
    });
    assert.deepEqual(await left(), []);
    assert.equal(count(seen, 'trouble.reported', 'done'), 1);
    assert.notEqual((await house.apps.enter(stolen, ask, test.arrival())).state, 'entered');
    assert.equal((await house.apps.enter(owner, ask, test.arrival())).state, 'entered');
    assert.equal((await left()).length, 1);
  });

  it('no API is opened to an application by who left its group while they let it in', async () => {
    const { house } = test;
    const { store } = house;
    const audience = 'https://payroll.example.com';
    const detail = ApiDetail.parse({ audience, scopes: [{ name: 'read', says: 'Read all.' }] });
    const listed = { open: 'listed', groups: [], members: ['staff'] } as const;
    const api = await store.write((tx) =>
      house.resources.add(tx, { name: 'payroll', ...listed, kind: 'api', detail }, BY),
    );
    assert.ok(api.ok);
    const app = await addApplication();
    const apis = [{ audience, scopes: ['read'] }];
    const ask = { app, scopes: ['openid'], apis, demand: {}, askAgain: false, agreed: undefined };
    const join = (...groups: string[]) =>
      store.write((tx) => house.acts.change(tx, ada.id, { groups }, BY));
    await join('staff', 'choir');
    const { token } = (await signIn(test, ada)).session;
    const enter = () => house.apps.enter(token, ask, test.arrival());

    const write = store.write.bind(store);
    const seen = await eventsOf(test, async () => {
      // They come in at the API, and leave before they come in at the application.
      store.write = (async (work: (tx: Tx) => Promise<unknown>, options?: WriteOptions) => {
        store.write = write;
        const value = await write(work, options);
        await join('choir');
        return value;
      }) as typeof store.write;
      assert.deepEqual(await enter(), { state: 'refused', reason: 'unavailable' });
      const closed = { state: 'refused', reason: 'not-permitted', closed: true };
      assert.deepEqual(await enter(), closed);
    });
    assert.equal(count(seen, 'entry.granted', 'granted'), 1, 'at the API, and nowhere since');
    assert.equal(count(seen, 'entry.refused', 'refused'), 1);
    await join('staff');
    const again = await eventsOf(test, async () => assert.equal((await enter()).state, 'entered'));
    assert.equal(count(again, 'entry.granted', 'granted'), 1);
  });

  it('no certificate is left to a device that enrols while it is retired', async () => {
    const { house } = test;
    const { store, authority, enrolling, enrolmentPasses, deviceActs } = house;
    await authority.chain();
    const device = await addDevice(test, 'plc', { kind: 'controller' });
    const terms = { uses: 9, lifetime: 3_600_000, names: [], networks: [] };
    const pass = await store.write((tx) =>
      enrolmentPasses.issue(tx, device.id, { ...terms, attestationKey: undefined }, BY),
    );
    assert.ok(pass.ok);
    const enrol = () =>
      enrolling.withPass(
        pass.value.secret,
        { csr: makeRequest('plc'), dns: [] },
        test.arrival({ door: 'est' }),
      );
    const good = async () => {
      const filter = { subject: device.id, state: 'good', limit: 10 } as const;
      return (await store.read((q) => authority.list(q, filter))).length;
    };
    assert.ok((await enrol()).ok);
    assert.equal(await good(), 1);
    const seen = await eventsOf(test, async () => {
      const given = await atOnce(enrol, () =>
        store.write<unknown>((tx) => deviceActs.retire(tx, device.id, BY)),
      );
      assert.ok(given.ok);
    });
    assert.equal(await good(), 0);
    assert.equal(count(seen, 'certificate.revoked', 'done'), 2);
    const refused = await eventsOf(test, async () => assert.ok(!(await enrol()).ok));
    assert.equal(count(refused, 'device.enrolment-refused', 'refused'), 1);
  });

  for (const [what, kind, begin] of [
    [
      'a device that is retired',
      'device',
      async () => {
        const { id } = await addDevice(test, 'plc', { kind: 'controller' });
        return { id, named: 'plc', end: (tx) => test.house.deviceActs.retire(tx, id, BY) };
      },
    ],
    [
      'a program that is removed',
      'process',
      async () => {
        const { id } = await addProcess(test, 'billing');
        return { id, named: 'billing', end: (tx) => test.house.processes.remove(tx, id, BY) };
      },
    ],
    [
      'a person who is erased',
      'person',
      async () => ({
        id: ada.id,
        named: 'ada',
        end: (tx) => test.house.acts.erase(tx, ada.id, BY),
      }),
    ],
  ] satisfies [
    string,
    'device' | 'process' | 'person',
    () => Promise<{ id: SubjectId; named: string; end: (tx: Tx) => Promise<unknown> }>,
  ][]) {
    for (const how of ['issues', 'renews'] as const) {
      it(`no certificate is left that an operator ${how} for ${what}`, async () => {
        const { store, authority, certificateActs } = test.house;
        await authority.chain();
        const { id, named, end } = await begin();
        const csr = makeRequest(named);
        const wanted = { kind, named, profile: kind, csr } as const;
        const issue = () => store.write((tx) => certificateActs.issue(tx, wanted, BY));
        const first = how === 'renews' ? await issue() : undefined;
        if (first !== undefined) assert.ok(first.ok, JSON.stringify(first));
        const serial = first?.ok ? first.value.serial : undefined;
        const give = () =>
          serial === undefined
            ? issue()
            : store.write((tx) => certificateActs.renew(tx, serial, undefined, BY));
        const good = async () => {
          const filter = { subject: id, state: 'good', limit: 10 } as const;
          return (await store.read((q) => authority.list(q, filter))).length;
        };
        const seen = await eventsOf(test, async () => {
          const given = await atOnce(give, () => store.write<unknown>(end));
          assert.ok(given.ok, JSON.stringify(given));
        });
        assert.equal(await good(), 0);
        assert.equal(count(seen, 'certificate.revoked', 'done'), first === undefined ? 1 : 2);
        const refused = await store.write((tx) => certificateActs.issue(tx, wanted, BY));
        assert.ok(!refused.ok);
        assert.equal(await good(), 0);
      });
    }
  }

  it('no certificate is renewed for a person who is disabled, by whatever it is named; it is again once they are not', async () => {
    const { store, authority, certificateActs, acts } = test.house;
    await authority.chain();
    const wanted = {
      kind: 'person',
      named: 'ada',
      profile: 'person',
      csr: makeRequest('ada'),
    } as const;
    const first = await store.write((tx) => certificateActs.issue(tx, wanted, BY));
    assert.ok(first.ok);
    const renew = () =>
      store.write((tx) => certificateActs.renew(tx, first.value.serial, undefined, BY));
    await store.write((tx) => acts.disable(tx, ada.id, BY, { force: true }));
    const refused = await eventsOf(test, async () =>
      assert.deepEqual(await renew(), { ok: false, error: { code: 'not-active' } }),
    );
    assert.equal(count(refused, 'certificate.renewed', 'done'), 0);
    for (const named of ['ada', ada.id]) {
      const again = await store.write((tx) => certificateActs.issue(tx, { ...wanted, named }, BY));
      assert.deepEqual(again, { ok: false, error: { code: 'not-active' } }, named);
    }
    await store.write((tx) => acts.enable(tx, ada.id, BY));
    const done = await eventsOf(test, async () => assert.ok((await renew()).ok));
    assert.equal(count(done, 'certificate.renewed', 'done'), 1);
  });

  async function addApplication() {
    const { store, resources } = test.house;
    const detail = ApplicationDetail.parse({
      redirectUris: ['https://app.example.com/cb'],
      firstParty: true,
      grants: ['authorization_code', 'refresh_token'],
    });
    const added = await store.write((tx) =>
      resources.add(
        tx,
        { name: 'mail', groups: [], open: 'everyone', members: [], kind: 'application', detail },
        BY,
      ),
    );
    assert.ok(added.ok);
    return added.value.id;
  }
});
