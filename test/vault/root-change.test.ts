import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Fault } from '../../server/kernel/fault.ts';
import { takeLease } from '../../server/store/lease.ts';
import type { Store } from '../../server/store/store.ts';
import { changeRootKey, offerNewRootKey } from '../../server/vault/root-change.ts';
import type { RootKeys } from '../../server/vault/root-key.ts';
import { createRootKeyFile } from '../../server/vault/root-key-file.ts';
import { type RootKeySource, readRootKeys } from '../../server/vault/root-key-source.ts';
import { dyingStore } from './dying-store.ts';
import { PLACE, PLAIN, type VaultTest, vaultTest } from './opened.ts';

describe('a change of the root key at its source', () => {
  let test: VaultTest;
  let source: RootKeySource & { path: string };
  let sealed: Uint8Array;
  beforeEach(async () => {
    test = await vaultTest();
    source = { kind: 'file', path: join(test.folder, 'root.key') };
    createRootKeyFile(source.path, test.random);
    const vault = await test.open({ rootKeys: await keys() });
    sealed = vault.system('settings').seal(PLACE, PLAIN);
  });
  afterEach(() => test.close());

  async function keys(): Promise<RootKeys> {
    const read = await readRootKeys(source, { random: test.random, environment: {} });
    assert.ok(read.ok);
    return read.value;
  }

  async function opens(): Promise<void> {
    const vault = await test.open({ rootKeys: await keys() });
    assert.deepEqual(vault.system('settings').open(PLACE, sealed), PLAIN);
  }

  /** The whole of it, as the command does it. */
  async function change(store: Store) {
    const offered = offerNewRootKey(source, await keys(), test.random);
    assert.ok(offered.ok);
    const vault = await test.open({ rootKeys: await keys(), store });
    return changeRootKey(source, vault.rotation, test.random);
  }

  it('leaves one new key in the file, under which the database is', async () => {
    const [old] = await keys();
    const changed = await change(test.store);
    assert.ok(changed.ok);
    const left = await keys();
    assert.deepEqual(
      left.map((key) => key.id),
      [changed.value.root],
    );
    assert.notEqual(changed.value.root, old.id);
    await opens();
    await assert.rejects(
      test.open({ rootKeys: [old] }),
      (reason) => reason instanceof Fault && reason.code === 'vault.root',
    );
    assert.deepEqual(
      readdirSync(test.folder).filter((name) => name.startsWith('root.key')),
      ['root.key'],
    );
  });

  it('can be killed at any step, opens after each, and is carried on without a third key', async () => {
    let finished = false;
    for (let lastStep = 0; !finished; lastStep++) {
      const store = dyingStore(test.store);
      store.dieAfter(lastStep);
      finished = await change(store).then(
        () => true,
        () => false,
      );
      test.clock.advance(30_000);
      await opens();
      const between = await keys();
      assert.ok(between.length <= 2);
      if (finished) break;
      const again = await change(test.store);
      assert.ok(again.ok);
      assert.equal(again.value.root, between[0].id);
      assert.equal((await keys()).length, 1);
      await opens();
    }
  });

  it('of two at once, the one that comes second puts the ring under no key that is gone from the file', async () => {
    const before = await keys();
    const begin = async () => {
      assert.ok(offerNewRootKey(source, before, test.random).ok);
      const { rotation } = await test.open({ rootKeys: await keys() });
      return () => changeRootKey(source, rotation, test.random);
    };
    const [first, second] = [await begin(), await begin()];
    const changed = await first();
    assert.ok(changed.ok);
    assert.deepEqual(await second(), { ok: false, error: 'busy' });
    assert.deepEqual(
      (await keys()).map(({ id }) => id),
      [changed.value.root],
    );
    await opens();
    assert.ok((await change(test.store)).ok);
    await opens();
  });

  it('keeps both keys in the file while a rotation is under way', async () => {
    const lease = { name: 'vault.rotation', holder: 'another node' };
    await test.store.write((tx) => takeLease(tx, lease, test.clock.now(), 30_000));
    assert.deepEqual(await change(test.store), { ok: false, error: 'busy' });
    assert.equal((await keys()).length, 2);
    await opens();
  });

  it('leaves it to the operator to bring the new key to any other source, and to remove the old', async () => {
    const elsewhere: RootKeySource = { kind: 'environment', variable: 'ROOT' };
    const one = await keys();
    const refused = offerNewRootKey(elsewhere, one, test.random);
    assert.deepEqual(refused, { ok: false, error: 'no-new-key' });
    const both: RootKeys = [...test.rootKeys, ...one];
    assert.ok(offerNewRootKey(elsewhere, both, test.random).ok);
    const vault = await test.open({ rootKeys: both });
    const changed = await changeRootKey(elsewhere, vault.rotation, test.random);
    assert.deepEqual(changed, {
      ok: true,
      value: { root: test.rootKeys[0].id, oldRemoved: false },
    });
    assert.equal((await test.open()).isNew, false);
  });
});
