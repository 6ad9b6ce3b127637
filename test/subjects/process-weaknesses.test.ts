/** What is reported of programs: who answers for none, what they prove themselves by, what ends, and what nobody used for long. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { DAY, HOUR, MINUTE } from '../../server/kernel/clock.ts';
import type { PersonId } from '../../server/kernel/id.ts';
import type { Process } from '../../server/subjects/process.ts';
import type { Resource } from '../../server/subjects/resource.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addPerson } from '../support/people.ts';
import {
  addApi,
  addProcess,
  addProof,
  assertionBy,
  enter,
  entered,
  makeKey,
} from '../support/processes.ts';
import { cheapSettings } from '../support/settings.ts';

const CLI = { door: 'cli' } as const;
const UNUSED = 30 * DAY;

describe('a program is reported', () => {
  let test: TestHouse;
  let api: Resource;
  let made = 0;
  let process: Process;
  let carl: PersonId;
  before(async () => {
    const { processes } = cheapSettings({ processes: { unusedAfter: '30d', endsSoon: '7d' } });
    test = await openTestHouse({ processes });
    api = await addApi(test);
    carl = await addPerson(test, 'carl');
  });
  after(() => test.close());
  beforeEach(async () => {
    made += 1;
    process = await addProcess(test, `job-${made}`, [{ resource: api.id, scopes: ['read'] }]);
    assert.ok((await owned(carl)).ok);
  });

  const owned = (owner: PersonId) =>
    test.house.store.write((tx) => test.house.processes.change(tx, process.id, { owner }, CLI));

  const seen = () => {
    const { store, processes, processActs } = test.house;
    return store.read(async (q) => {
      const now = await processes.get(q, process.id);
      assert.ok(now);
      return processActs.see(q, now);
    });
  };
  const weak = async () => (await seen()).weaknesses;
  const keyed = async (times = {}) => {
    const key = makeKey();
    const { proof } = await addProof(test, process, 'key', { jwk: key.jwk }, times);
    return { proof, comes: () => enter(test, { offers: [assertionBy(test, key, process.name)] }) };
  };

  it('that has no proof, until it has one', async () => {
    assert.deepEqual(await weak(), ['no-proof']);
    await keyed();
    assert.deepEqual(await weak(), []);
  });

  it('whose key nobody used for as many days as are configured, and no more once it is used', async () => {
    const { comes } = await keyed();
    test.clock.advance(UNUSED - 1);
    assert.deepEqual(await weak(), []);
    test.clock.advance(1);
    assert.deepEqual(await weak(), ['unused'], 'never used, and thirty days old');
    entered(await comes());
    assert.deepEqual(await weak(), []);
    test.clock.advance(UNUSED);
    assert.deepEqual(await weak(), ['unused'], 'last used thirty days ago');
  });

  it('of whose keys one is not used while another is', async () => {
    await keyed();
    const { comes } = await keyed();
    test.clock.advance(UNUSED - HOUR);
    entered(await comes());
    assert.deepEqual(await weak(), []);
    test.clock.advance(HOUR);
    assert.deepEqual(await weak(), ['unused']);
    const { proofs } = await seen();
    assert.equal(proofs.filter(({ lastUsedAt }) => lastUsedAt === null).length, 1, 'this one');
  });

  it('but not for a key whose time has only just begun', async () => {
    await keyed({ notBefore: test.clock.now() + 20 * DAY });
    test.clock.advance(UNUSED + 10 * DAY);
    assert.deepEqual(await weak(), []);
    test.clock.advance(10 * DAY);
    assert.deepEqual(await weak(), ['unused']);
  });

  it('whose proof ends soon, and when it has ended', async () => {
    await keyed({ expiresAt: test.clock.now() + 10 * DAY });
    assert.deepEqual(await weak(), []);
    test.clock.advance(3 * DAY);
    assert.deepEqual(await weak(), ['ends-soon']);
    test.clock.advance(7 * DAY);
    assert.deepEqual(await weak(), ['no-proof', 'ended']);
  });

  it('but not for what ends because another took its place', async () => {
    const { proof } = await keyed();
    const { processActs, store } = test.house;
    const settings = { jwk: makeKey().jwk };
    const terms = { proof, settings, expiresAt: undefined, overlap: DAY };
    const done = await store.write((tx) => processActs.rotate(tx, process.id, terms, CLI));
    assert.ok(done.ok, JSON.stringify(done));
    assert.deepEqual(await weak(), []);
    test.clock.advance(2 * DAY);
    assert.deepEqual(await weak(), []);
  });

  it('that proves itself by a secret, for as long as it does', async () => {
    const { proof } = await addProof(test, process, 'secret', undefined);
    assert.deepEqual(await weak(), ['secret']);
    await keyed();
    assert.deepEqual(await weak(), ['secret'], 'a key beside it takes nothing away');
    const { processActs, store } = test.house;
    await store.write((tx) => processActs.removeProof(tx, process.id, proof, CLI));
    assert.deepEqual(await weak(), []);
  });

  it('for whom nobody answers since its owner was disabled or erased, and no more with another', async () => {
    const { store, acts } = test.house;
    const [ada, bob] = [await addPerson(test, 'ada'), await addPerson(test, 'bob')];
    await keyed();
    assert.ok((await owned(ada)).ok);
    assert.deepEqual(await weak(), []);
    await store.write((tx) => acts.disable(tx, ada, CLI));
    assert.deepEqual(await weak(), ['orphaned']);
    assert.ok((await owned(bob)).ok);
    assert.deepEqual(await weak(), []);
    await store.write((tx) => acts.erase(tx, bob, CLI));
    assert.deepEqual(await weak(), ['orphaned']);
  });

  it('with when it last came, to the minute, and from where', async () => {
    const { comes } = await keyed();
    assert.deepEqual(
      [(await seen()).process.lastSeenAt, (await seen()).lastSeenFrom],
      [undefined, undefined],
    );
    entered(await comes());
    const first = await seen();
    assert.deepEqual(
      [first.process.lastSeenAt, first.lastSeenFrom],
      [test.clock.now(), test.arrival().address],
    );
    test.clock.advance(30_000);
    entered(await comes());
    assert.equal((await seen()).process.lastSeenAt, first.process.lastSeenAt);
    test.clock.advance(MINUTE);
    entered(await comes());
    assert.equal((await seen()).process.lastSeenAt, test.clock.now());
  });
});
