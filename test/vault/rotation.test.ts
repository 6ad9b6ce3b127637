import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Fault } from '../../server/kernel/fault.ts';
import type { PersonId } from '../../server/kernel/id.ts';
import { releaseLease, takeLease } from '../../server/store/lease.ts';
import { tables } from '../../server/store/statement.ts';
import type { Store } from '../../server/store/store.ts';
import { insertDataKey, oneDataKeyUnder } from '../../server/vault/data-key-table.ts';
import { createRootKey, type RootKeys } from '../../server/vault/root-key.ts';
import type { VaultKeeper } from '../../server/vault/vault.ts';
import { dyingStore, Killed } from './dying-store.ts';
import { PLACE, PLAIN, type VaultTest, vaultTest } from './opened.ts';

const t = tables<{
  vault_ring_secret: { version: number; root_id: string };
  vault_data_key: { owner: string; ring_version: number | null; wrapped: Uint8Array | null };
}>();
const dataKeys = t.statement((db) => db.selectFrom('vault_data_key').selectAll().orderBy('owner'));
const secrets = t.statement((db) => db.selectFrom('vault_ring_secret').selectAll());
const setDataKey = t.statement((db, p: { owner: string; wrapped: Uint8Array }) =>
  db.updateTable('vault_data_key').set({ wrapped: p.wrapped }).where('owner', '=', p.owner),
);

const LEASE_TIME = 30_000;

interface Person {
  id: PersonId;
  sealed: Uint8Array;
}

describe('a rotation', () => {
  let test: VaultTest;
  let vault: VaultKeeper;
  let people: Person[];
  let house: Uint8Array;
  let index: Uint8Array;
  beforeEach(async () => {
    test = await vaultTest();
    vault = await test.open();
    people = [];
    for (let i = 0; i < 6; i++) people.push(await test.person(vault));
    house = vault.system('signing').seal(PLACE, PLAIN);
    index = vault.blindIndex('identifier', 'ada');
    test.events.length = 0;
  });
  afterEach(() => test.close());

  /** Everything sealed before still opens, for a node that starts now. */
  async function allOpens(changes: { rootKeys?: RootKeys } = {}): Promise<VaultKeeper> {
    const fresh = await test.open(changes);
    assert.deepEqual(fresh.system('signing').open(PLACE, house), PLAIN);
    assert.deepEqual(fresh.blindIndex('identifier', 'ada'), index);
    for (const { id, sealed } of people) {
      const box = await test.store.read((q) => fresh.subject(q, id));
      assert.deepEqual(box?.open(PLACE, sealed), PLAIN);
    }
    return fresh;
  }

  /** One ring key is left, the primary, and everything is under it. */
  async function isComplete(version: number): Promise<void> {
    const { ring, rotating } = await test.store.read(vault.status);
    assert.equal(rotating, false);
    const [primary, ...others] = ring;
    assert.equal(primary?.version, version);
    assert.equal(primary?.state, 'primary');
    for (const old of others) assert.equal(old.state, 'destroyed');
    const left = await test.store.read((q) => q.all(secrets, {}));
    assert.deepEqual(
      left.map((row) => row.version),
      [version],
    );
    for (const row of await test.store.read((q) => q.all(dataKeys, {}))) {
      assert.equal(row.ring_version, row.wrapped === null ? null : version);
    }
  }

  it('puts every data key under a new ring key and destroys the old one', async () => {
    const outcome = await vault.rotation.rotate();
    assert.deepEqual(outcome, { state: 'finished', primary: 2, rewrapped: 10 });
    await isComplete(2);
    await allOpens();
    assert.deepEqual(
      test.events.map(({ type, data }) => [type, data.purpose, data.version, data.previous]),
      [
        ['key.created', 'ring', 2, undefined],
        ['key.rotated', 'ring', 2, 1],
        ['key.destroyed', 'ring', 1, undefined],
      ],
    );
  });

  it('tells how far it is, up to the end', async () => {
    const told: string[] = [];
    await vault.rotation.rotate({
      batch: 4,
      onProgress: ({ done, total }) => told.push(`${done}/${total}`),
    });
    assert.deepEqual(told, ['0/10', '4/10', '8/10', '10/10']);
  });

  it('leaves data keys alone that were destroyed, and erases them no less', async () => {
    const [gone, ...others] = people as [Person, ...Person[]];
    await test.store.write((tx) => vault.destroySubjectKey(tx, gone.id));
    people = others;
    assert.deepEqual(await vault.rotation.rotate(), {
      state: 'finished',
      primary: 2,
      rewrapped: 9,
    });
    const fresh = await allOpens();
    assert.equal(await test.store.read((q) => fresh.subject(q, gone.id)), undefined);
  });

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

describe('a change of the root key', () => {
  let test: VaultTest;
  let sealed: Uint8Array;
  let both: RootKeys;
  let fresh: RootKeys;
  beforeEach(async () => {
    test = await vaultTest();
    const vault = await test.open();
    sealed = vault.system('settings').seal(PLACE, PLAIN);
    fresh = [createRootKey(test.random.bytes(32), test.random)];
    both = [...fresh, ...test.rootKeys];
    test.events.length = 0;
  });
  afterEach(() => test.close());

  const opens = async (rootKeys: RootKeys) =>
    assert.deepEqual((await test.open({ rootKeys })).system('settings').open(PLACE, sealed), PLAIN);

  it('puts the ring under the new root key, and then the old one opens nothing', async () => {
    const vault = await test.open({ rootKeys: both });
    const outcome = await vault.rotation.rewrapRoot();
    assert.deepEqual(outcome, { state: 'finished', root: fresh[0].id });
    await opens(fresh);
    await assert.rejects(
      test.open(),
      (reason) => reason instanceof Fault && reason.code === 'vault.root',
    );
    assert.deepEqual((await test.store.read(vault.status)).root, { id: fresh[0].id, version: 2 });
    const data = { purpose: 'root', version: 2, previous: 1 };
    assert.deepEqual(test.events, [{ type: 'key.rotated', outcome: 'done', data }]);
    assert.deepEqual(await vault.rotation.rewrapRoot(), { state: 'nothing', root: fresh[0].id });
  });

  it('wraps every ring key anew in the middle of a rotation', async () => {
    const vault = await test.open({ rootKeys: both });
    for (let i = 0; i < 5; i++) await test.person(vault);
    const stop = new AbortController();
    const options = { batch: 2, signal: stop.signal, onProgress: () => stop.abort() };
    assert.equal((await vault.rotation.rotate(options)).state, 'unfinished');
    assert.equal((await vault.rotation.rewrapRoot()).state, 'finished');
    const next = await test.open({ rootKeys: fresh });
    assert.equal((await next.rotation.resume()).state, 'finished');
    await opens(fresh);
  });

  it('leaves a node that knows only the old one at work, until there is a new ring key', async () => {
    const behind = await test.open();
    const changing = await test.open({ rootKeys: both });
    await changing.rotation.rewrapRoot();
    const { id } = await test.person(behind);
    await changing.rotation.rotate();
    await assert.rejects(
      test.store.read((q) => behind.subject(q, id)),
      (reason) => reason instanceof Fault && reason.code === 'vault.root',
    );
  });

  it('is noticed by a node that can read its root keys again', async () => {
    let readings = 0;
    const rereadRootKeys = () => {
      readings += 1;
      return fresh;
    };
    const behind = await test.open({ rereadRootKeys });
    const changing = await test.open({ rootKeys: both });
    await changing.rotation.rewrapRoot();
    await changing.rotation.rotate();
    await test.person(behind);
    assert.equal((await behind.rotation.rotate()).state, 'finished');
    assert.equal(readings, 1);
    await opens(fresh);
  });

  it('can be killed at any step, and the database opens with one of the two', async () => {
    for (let lastStep = 0; ; lastStep++) {
      const store = dyingStore(test.store);
      const dying = await test.open({ rootKeys: both, store });
      store.dieAfter(lastStep);
      const outcome = await dying.rotation.rewrapRoot().catch(() => undefined);
      test.clock.advance(LEASE_TIME);
      await opens(both);
      if (outcome !== undefined) break;
      const next = await test.open({ rootKeys: both });
      await next.rotation.rewrapRoot();
      await opens(fresh);
      // Back again, for the next round.
      const [one, two] = both as [RootKeys[0], RootKeys[0]];
      const back: RootKeys = [two, one];
      await (await test.open({ rootKeys: back })).rotation.rewrapRoot();
      assert.ok(lastStep < 100);
    }
    await opens(fresh);
  });
});
