import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac, hkdfSync } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { base64url, hex, utf8 } from '../../server/kernel/bytes.ts';
import { MINUTE } from '../../server/kernel/clock.ts';
import { Fault } from '../../server/kernel/fault.ts';
import type { PersonId } from '../../server/kernel/id.ts';
import type { Random } from '../../server/kernel/random.ts';
import { tables } from '../../server/store/statement.ts';
import { insertDataKey } from '../../server/vault/data-key-table.ts';
import { createRootKey } from '../../server/vault/root-key.ts';
import { isSealed } from '../../server/vault/vault.ts';
import { seededRandom } from '../support/random.ts';
import { PLACE, PLAIN, type VaultTest, vaultTest } from './opened.ts';

const t = tables<{
  vault_ring_secret: { version: number; wrapped: Uint8Array };
  vault_data_key: { owner: string; wrapped: Uint8Array | null; id: string };
}>();
const ringSecret = t.statement((db) => db.selectFrom('vault_ring_secret').selectAll());
const setRingSecret = t.statement((db, p: { wrapped: Uint8Array }) =>
  db.updateTable('vault_ring_secret').set({ wrapped: p.wrapped }),
);
const dataKeys = t.statement((db) =>
  db.selectFrom('vault_data_key').select(['owner', 'wrapped']).orderBy('owner'),
);
const setDataKey = t.statement((db, p: { owner: string; wrapped: Uint8Array }) =>
  db.updateTable('vault_data_key').set({ wrapped: p.wrapped }).where('owner', '=', p.owner),
);

const fault =
  (code: string, message = /./) =>
  (reason: unknown) =>
    reason instanceof Fault && reason.code === code && message.test(reason.message);

describe('a vault', () => {
  let test: VaultTest;
  beforeEach(async () => {
    test = await vaultTest();
  });
  afterEach(() => test.close());

  it('makes its keys when it is first opened, and only then', async () => {
    assert.equal(await isSealed(test.store), false);
    const first = await test.open();
    assert.equal(first.isNew, true);
    assert.equal(await isSealed(test.store), true);
    const sealed = first.system('signing').seal(PLACE, PLAIN);
    const second = await test.open();
    assert.equal(second.isNew, false);
    assert.deepEqual(second.system('signing').open(PLACE, sealed), PLAIN);
  });

  it('keeps one purpose of the house apart from another', async () => {
    const vault = await test.open();
    const sealed = vault.system('record').seal(PLACE, PLAIN);
    assert.throws(() => vault.system('settings').open(PLACE, sealed), fault('vault.sealed'));
  });

  it('makes one set of keys when it is opened many times at once', async () => {
    const vaults = await Promise.all(Array.from({ length: 8 }, () => test.open()));
    assert.equal(vaults.filter((vault) => vault.isNew).length, 1);
    const sealed = vaults.map((vault) => vault.system('record').seal(PLACE, PLAIN));
    for (const one of sealed) assert.deepEqual(vaults[0]!.system('record').open(PLACE, one), PLAIN);
    assert.equal((await test.store.read(vaults[0]!.status)).ring.length, 1);
  });

  it('makes one set of keys when two processes open it first at once', async () => {
    const root = hex(test.rootBytes);
    const results = await Promise.all([0, 1, 2].map(() => openInProcess(test, root)));
    assert.equal(results.filter((result) => result.isNew).length, 1);
    const vault = await test.open();
    assert.equal(vault.isNew, false);
    for (const { sealed } of results) {
      const opened = vault.system('record').open(PLACE, new Uint8Array(Buffer.from(sealed, 'hex')));
      assert.deepEqual(opened, PLAIN);
    }
    assert.equal(new Set(results.map((result) => result.index)).size, 1);
  });

  it('says that the root key is another one, apart from saying that a key is damaged', async () => {
    await test.open();
    const other = createRootKey(test.random.bytes(32), test.random);
    await assert.rejects(
      test.open({ rootKeys: [other] }),
      fault('vault.root', new RegExp(`under another root key.*${other.id.slice(0, 8)}`)),
    );
    const row = await test.store.read((q) => q.one(ringSecret, {}));
    for (const at of [0, 5, 30, row!.wrapped.length - 1]) {
      const wrapped = new Uint8Array(row!.wrapped);
      wrapped[at]! ^= 1;
      await test.store.write((tx) => tx.run(setRingSecret, { wrapped }));
      await assert.rejects(test.open(), fault('vault.sealed', /vault_ring_secret.wrapped of 1/));
    }
  });

  it('opens with any of several root keys', async () => {
    const other = createRootKey(test.random.bytes(32), test.random);
    const sealed = (await test.open()).system('record').seal(PLACE, PLAIN);
    const vault = await test.open({ rootKeys: [other, ...test.rootKeys] });
    assert.deepEqual(vault.system('record').open(PLACE, sealed), PLAIN);
  });

  it('does not give one subject the key of another whose row was put in its place', async () => {
    const vault = await test.open();
    const ada = await test.person(vault);
    const eve = await test.person(vault);
    const rows = await test.store.read((q) => q.all(dataKeys, {}));
    const { wrapped } = rows.find((row) => row.owner === ada.id)!;
    await test.store.write((tx) => tx.run(setDataKey, { owner: eve.id, wrapped: wrapped! }));
    await assert.rejects(
      test.store.read((q) => vault.subject(q, eve.id)),
      fault('vault.sealed', new RegExp(`vault_data_key.wrapped of ${eve.id}`)),
    );
  });

  it('refuses a data key under a ring key that is not there', async () => {
    await test.open();
    const row = { owner: 'x', id: 'x', ringVersion: 9, wrapped: new Uint8Array(1), now: 1 };
    await assert.rejects(
      test.store.write((tx) => tx.run(insertDataKey, row)),
      fault('store.conflict'),
    );
  });

  it('derives keys and blind indexes that differ by purpose and are the same at each opening', async () => {
    const vault = await test.open();
    const again = await test.open();
    assert.equal(vault.derive('csrf').length, 32);
    assert.deepEqual(vault.derive('csrf'), again.derive('csrf'));
    assert.notDeepEqual(vault.derive('csrf'), vault.derive('dummy'));
    const index = vault.blindIndex('identifier', 'ada@example.org');
    assert.deepEqual(index, again.blindIndex('identifier', 'ada@example.org'));
    assert.notDeepEqual(index, vault.blindIndex('mail', 'ada@example.org'));
    assert.notDeepEqual(index, vault.blindIndex('identifier', 'eve@example.org'));
    // Whoever has the derived key of the same name can't compute a blind index.
    const guess = createHmac('sha256', vault.derive('identifier')).update('ada@example.org');
    assert.notDeepEqual(index, new Uint8Array(guess.digest()));
  });

  it('takes HKDF and HMAC as RFC 5869 and RFC 2104 have them', async () => {
    const drawn = recording(seededRandom('derive'));
    const vault = await test.open({ random: drawn.random });
    const expand = (key: Uint8Array, info: string) =>
      new Uint8Array(hkdfSync('sha256', key, new Uint8Array(0), info, 32));
    // The index key is one of the 32-byte strings that were drawn: exactly one of them explains both results.
    const fits = drawn.keys.filter((key) => {
      const index = createHmac('sha256', expand(key, 'sallyport blind index v1\0mail'));
      return (
        hex(expand(key, 'sallyport derive v1\0csrf')) === hex(vault.derive('csrf')) &&
        index.update('ada').digest('hex') === hex(vault.blindIndex('mail', 'ada'))
      );
    });
    assert.equal(fits.length, 1);
  });

  it('does not keep a key for every purpose that it is asked for', async () => {
    const vault = await test.open();
    assert.throws(() => {
      for (let i = 0; i < 1000; i++) vault.blindIndex(`made up ${i}`, 'x');
    }, fault('vault.key'));
  });

  it('leaves no key and no secret in the bytes of the database', async (context) => {
    if (test.store.dialect !== 'sqlite') return context.skip('its files are the embedded database');
    const drawn = recording(seededRandom('search'));
    const vault = await test.open({ random: drawn.random });
    const { id } = await test.person(vault);
    await vault.rotation.rotate();
    const secrets = [PLAIN, test.rootBytes, ...drawn.keys].flatMap((secret) => [
      Buffer.from(secret),
      Buffer.from(hex(secret)),
      Buffer.from(base64url(secret)),
    ]);
    assert.ok(drawn.keys.length >= 7, 'two ring keys, four of the house and one of a person');
    const holds = (secret: Uint8Array) =>
      databaseBytes(test.folder).some((b) => b.includes(Buffer.from(secret)));
    assert.deepEqual(secrets.filter(holds), []);
    assert.ok(holds(utf8(id)), 'what is not secret is found, so the search would find a secret');
  });

  it('leaves no copy of a destroyed key in the file of the database', async (context) => {
    if (test.store.dialect !== 'sqlite') return context.skip('its files are the embedded database');
    const vault = await test.open();
    for (let i = 0; i < 60; i++) await test.person(vault);
    const rows = await test.store.read((q) => q.all(dataKeys, {}));
    const gone = rows.filter((row, i) => i % 3 === 0 && !row.owner.startsWith('house:'));
    await test.store.write(async (tx) => {
      for (const row of gone) await vault.destroySubjectKey(tx, row.owner as PersonId); // A text.
    });
    // Closing moves the write-ahead log into the file and removes it.
    await test.store.close();
    const left = ({ wrapped }: { wrapped: Uint8Array | null }) =>
      databaseBytes(test.folder).some((bytes) => bytes.includes(Buffer.from(wrapped!)));
    assert.equal(gone.filter(left).length, 0);
    assert.equal(rows.filter(left).length, rows.length - gone.length);
    rmSync(test.folder, { recursive: true });
    test = await vaultTest();
  });

  it('leaves none there while the server runs, either', async (context) => {
    if (test.store.dialect !== 'sqlite') return context.skip('its files are the embedded database');
    context.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
    const store = test.another();
    const vault = await test.open({ store });
    const { id } = await test.person(vault);
    const rows = await store.read((q) => q.all(dataKeys, {}));
    const { wrapped } = rows.find(({ owner }) => owner === id)!;
    const isLeft = () =>
      databaseBytes(test.folder).some((bytes) => bytes.includes(Buffer.from(wrapped!)));
    const tenMinutes = async () => {
      // What follows a write is over.
      for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
      context.mock.timers.tick(10 * MINUTE);
    };
    await tenMinutes();
    assert.ok(isLeft());
    await store.write((tx) => vault.destroySubjectKey(tx, id));
    assert.ok(isLeft(), 'the main file has it still');
    await tenMinutes();
    assert.ok(!isLeft());
  });
});

function databaseBytes(folder: string): Buffer[] {
  return readdirSync(folder).map((name) => readFileSync(join(folder, name)));
}

/** Randomness that remembers the keys it gave, which their takers wipe. */
function recording(random: Random): { random: Random; keys: Uint8Array[] } {
  const keys: Uint8Array[] = [];
  return {
    keys,
    random: {
      bytes(length) {
        const bytes = random.bytes(length);
        if (length === 32) keys.push(bytes.slice());
        return bytes;
      },
    },
  };
}

interface Opened {
  isNew: boolean;
  sealed: string;
  index: string;
}

/** Opens the vault in a process of its own. */
function openInProcess({ folder, database }: VaultTest, root: string): Promise<Opened> {
  const script = fileURLToPath(import.meta.resolve('./open-in-process.ts'));
  const child = spawn(process.execPath, [script, folder, database, root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(output) as Opened);
      else reject(new Error(`the process ended with ${code}`));
    });
  });
}
