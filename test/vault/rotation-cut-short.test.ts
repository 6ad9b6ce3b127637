import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Store } from '../../server/store/store.ts';
import { insertDataKey, oneDataKeyUnder } from '../../server/vault/data-key-table.ts';
import { dyingStore, Killed } from './dying-store.ts';
import { dataKeys, LEASE_TIME, openRotated, type Rotated, setDataKey } from './rotated.ts';

describe('a rotation that is cut short', () => {
  let test: Rotated['test'];
  let vault: Rotated['vault'];
  let people: Rotated['people'];
  let allOpens: Rotated['allOpens'];
  let isComplete: Rotated['isComplete'];
  beforeEach(async () => {
    ({ test, vault, people, allOpens, isComplete } = await openRotated());
  });
  afterEach(() => test.close());

  it('can be killed at any step, and is finished by the next node that starts', async () => {
    let version = 1;
    let killed = 0;
    for (let lastStep = 0; ; lastStep++) {
      const store = dyingStore(test.store);
      const dying = await test.open({ store });
      store.dieAfter(lastStep);
      const outcome = await dying.rotation.rotate({ batch: 3 }).catch((reason: unknown) => {
        if (reason instanceof Killed) return undefined;
        throw reason;
      });
      if (outcome !== undefined) {
        assert.equal(outcome.state, 'finished');
        break;
      }
      killed += 1;
      test.clock.advance(LEASE_TIME);
      const next = await allOpens();
      const begun = (await test.store.read(next.status)).ring[0]!.version > version;
      const resumed = await next.rotation.resume({ batch: 3 });
      assert.ok(resumed.state === 'finished' || resumed.state === 'nothing', resumed.state);
      if (begun) version += 1;
      await isComplete(version);
      await allOpens();
    }
    assert.ok(killed > 50, `there were ${killed} steps`);
    assert.ok(version > 30, 'most of them left a rotation to be finished');
  });

  it('stops between batches when it is asked to, and is taken up by the next rotate', async () => {
    const stop = new AbortController();
    const first = await vault.rotation.rotate({
      batch: 4,
      signal: stop.signal,
      onProgress: ({ done }) => done === 4 && stop.abort(),
    });
    assert.deepEqual(first, {
      state: 'unfinished',
      reason: 'stopped',
      primary: 2,
      damaged: [],
      rewrapped: 4,
    });
    const late = await test.person(vault);
    people.push(late);
    const told: number[] = [];
    const second = await vault.rotation.rotate({ onProgress: ({ done }) => told.push(done) });
    assert.deepEqual(second, { state: 'finished', primary: 2, rewrapped: 6 });
    assert.deepEqual(told, [5, 11]);
    await isComplete(2);
    await allOpens();
  });

  it('has nothing to resume when none was begun', async () => {
    assert.deepEqual(await vault.rotation.resume(), { state: 'nothing' });
  });

  it('names data keys that do not open, rewraps all others, and keeps the old ring key', async () => {
    const rows = await test.store.read((q) => q.all(dataKeys, {}));
    const victim = rows.find((row) => row.owner === people[2]!.id)!;
    const whole = new Uint8Array(victim.wrapped!);
    const broken = whole.slice();
    broken[60]! ^= 1;
    await test.store.write((tx) => tx.run(setDataKey, { owner: victim.owner, wrapped: broken }));
    const outcome = await vault.rotation.rotate({ batch: 3 });
    assert.deepEqual(outcome, {
      state: 'unfinished',
      reason: 'damaged',
      primary: 2,
      damaged: [victim.owner],
      rewrapped: 9,
    });
    // Put right, as from a backup, it is carried through.
    await test.store.write((tx) => tx.run(setDataKey, { owner: victim.owner, wrapped: whole }));
    const resumed = await vault.rotation.resume();
    assert.deepEqual(resumed, { state: 'finished', primary: 2, rewrapped: 1 });
    await allOpens();
  });

  it('can not destroy a ring key that a data key came under unseen: the database keeps it', async () => {
    // As when a transaction that began before the rotation commits after the last look.
    const row = { owner: 'late', id: 'late', ringVersion: 1, wrapped: new Uint8Array(1), now: 1 };
    const blind: Store = {
      ...test.store,
      write: (work) =>
        test.store.write((tx) =>
          work({
            ...tx,
            async one(statement, parameters) {
              const late = statement === (oneDataKeyUnder as unknown);
              if (late) await tx.run(insertDataKey, row);
              return late ? undefined : tx.one(statement, parameters);
            },
          }),
        ),
    };
    const other = await test.open({ store: blind });
    const outcome = await other.rotation.rotate();
    assert.ok(outcome.state === 'unfinished');
    assert.equal(outcome.reason, 'in-use');
    assert.deepEqual(await vault.rotation.resume(), {
      state: 'finished',
      primary: 2,
      rewrapped: 0,
    });
    await allOpens();
  });
});
