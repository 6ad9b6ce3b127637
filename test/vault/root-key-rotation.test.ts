import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Fault } from '../../server/kernel/fault.ts';
import { createRootKey, type RootKeys } from '../../server/vault/root-key.ts';
import { dyingStore } from './dying-store.ts';
import { PLACE, PLAIN, type VaultTest, vaultTest } from './opened.ts';
import { LEASE_TIME } from './rotated.ts';

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
