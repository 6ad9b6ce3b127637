import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { PersonId } from '../../server/kernel/id.ts';
import { releaseLease, takeLease } from '../../server/store/lease.ts';
import { PLACE, PLAIN } from './opened.ts';
import { dataKeys, LEASE_TIME, openRotated, type Person, type Rotated } from './rotated.ts';

describe('a rotation beside other work', () => {
  let test: Rotated['test'];
  let vault: Rotated['vault'];
  let people: Rotated['people'];
  let allOpens: Rotated['allOpens'];
  let isComplete: Rotated['isComplete'];
  beforeEach(async () => {
    ({ test, vault, people, allOpens, isComplete } = await openRotated());
  });
  afterEach(() => test.close());

  it('is right while other nodes make and erase subjects', async () => {
    const other = await test.open();
    const erased: PersonId[] = [];
    let busy = true;
    const traffic = (async () => {
      while (busy) {
        people.push(await test.person(other), await test.person(other));
        const [oldest] = people.splice(0, 1) as [Person];
        await test.store.write((tx) => other.destroySubjectKey(tx, oldest.id));
        erased.push(oldest.id);
      }
    })();
    for (let round = 2; round < 8; round++) {
      const outcome = await vault.rotation.rotate({ batch: 2 });
      assert.equal(outcome.state, 'finished');
    }
    busy = false;
    await traffic;
    await isComplete(7);
    const fresh = await allOpens();
    assert.ok(erased.length > 5);
    for (const id of erased) {
      assert.equal(await test.store.read((q) => fresh.subject(q, id)), undefined);
    }
  });

  it('waits for, or finds again, a subject whose transaction began before it', async (context) => {
    if (test.store.dialect === 'sqlite') return context.skip('it has one transaction at a time');
    const elsewhere = test.another();
    const other = await test.open({ store: elsewhere });
    const made = Promise.withResolvers<void>();
    const commit = Promise.withResolvers<void>();
    const id = test.ids.next<'person'>();
    const late = elsewhere.write(async (tx) => {
      const sealed = (await other.createSubjectKey(tx, id)).seal(PLACE, PLAIN);
      made.resolve();
      await commit.promise;
      return sealed;
    });
    await made.promise;
    const outcome = await vault.rotation.rotate({
      // The old ring key is about to be destroyed, and the key of the subject that is under it can't be seen yet.
      onProgress: ({ done, total }) => done === total && setImmediate(commit.resolve),
    });
    people.push({ id, sealed: await late });
    if (outcome.state !== 'finished') {
      assert.ok(outcome.state === 'unfinished');
      assert.equal(outcome.reason, 'in-use');
      assert.equal((await vault.rotation.resume()).state, 'finished');
    }
    await isComplete(2);
    await allOpens();
  });

  it('is done by one node at a time', async () => {
    const other = await test.open();
    const outcomes = await Promise.all([vault.rotation.rotate(), other.rotation.rotate()]);
    const states = outcomes.map((outcome) => outcome.state);
    // The other node is turned away, or comes when the first is done already and rotates once more.
    assert.ok(states.every((state) => state === 'finished' || state === 'busy'));
    const finished = states.filter((state) => state === 'finished').length;
    assert.ok(finished >= 1);
    await isComplete(1 + finished);
    await allOpens();
  });

  it('is not begun while another node is at it', async () => {
    const lease = { name: 'vault.rotation', holder: 'another node' };
    await test.store.write((tx) => takeLease(tx, lease, test.clock.now(), LEASE_TIME));
    assert.deepEqual(await vault.rotation.rotate(), { state: 'busy' });
    await isComplete(1);
    test.clock.advance(LEASE_TIME);
    assert.equal((await vault.rotation.rotate()).state, 'finished');
  });

  it('writes nothing more once another node has taken the work over', async () => {
    const other = { name: 'vault.rotation', holder: 'another node' };
    let before: unknown;
    const outcome = await vault.rotation.rotate({
      batch: 4,
      onProgress({ done }) {
        if (done !== 4) return;
        test.clock.advance(LEASE_TIME);
        before = test.store.write(async (tx) => {
          assert.ok(await takeLease(tx, other, test.clock.now(), LEASE_TIME));
          return tx.all(dataKeys, {});
        });
      },
    });
    assert.ok(outcome.state === 'unfinished');
    assert.equal(outcome.reason, 'lease-lost');
    assert.deepEqual(await test.store.read((q) => q.all(dataKeys, {})), await before);
    await allOpens();
    assert.deepEqual(await vault.rotation.resume(), { state: 'busy' });
    const lease = { ...other, token: 2 };
    await test.store.write((tx) => releaseLease(tx, lease));
  });
});
