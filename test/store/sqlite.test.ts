import assert from 'node:assert/strict';
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Fault } from '../../server/kernel/fault.ts';
import { takeServeLock } from '../../server/store/serve-lock.ts';
import { openSqlite } from '../../server/store/sqlite.ts';
import { cacheOf } from '../../server/store/sqlite-connection.ts';
import type { Store } from '../../server/store/store.ts';
import { createScratch, ids, put, raw } from './scratch-table.ts';

const fault = (code: string) => (error: unknown) => error instanceof Fault && error.code === code;
const isRoot = process.getuid?.() === 0 && process.platform === 'linux';

describe('the embedded database', () => {
  let folder: string;
  let store: Store;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-sqlite-'));
    store = openSqlite({ file: join(folder, 'a.db') });
    await createScratch(store);
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is readable by its owner only, with all its files', () => {
    for (const name of ['a.db', 'a.db-wal', 'a.db-shm']) {
      assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
    }
  });

  it('keeps few pages in memory until the database has a gigabyte', () => {
    assert.deepEqual([0, 262_144, 262_145].map(cacheOf), [4096, 4096, 16_384]);
  });

  it('has those that are patient share a commit, unless one comes alone, and lets nobody else wait for them', async () => {
    const commits: number[] = [];
    const onCommit = (transactions: number) => commits.push(transactions);
    // So long that nobody would see the end of it.
    const another = openSqlite({ file: join(folder, 'a.db'), patience: 3_600_000, onCommit });
    const patient = (id: string) => another.write((tx) => put(tx, id), { patient: true });
    await patient('alone');
    assert.deepEqual(commits, [1]);
    const waiting = [patient('a'), patient('b')];
    // What they write is not there, however often the loop turns.
    for (let i = 0; i < 20; i++) await new Promise<void>((resolve) => setImmediate(resolve));
    assert.deepEqual(await store.read(ids), ['alone']);
    await Promise.all([...waiting, another.write((tx) => put(tx, 'c'))]);
    assert.deepEqual(commits, [1, 3]);
    assert.deepEqual(await store.read(ids), ['a', 'alone', 'b', 'c']);
    // Nor do those wait that are as many as a commit may hold.
    await Promise.all(Array.from({ length: 256 }, (_, i) => patient(`many-${i}`)));
    assert.deepEqual(commits, [1, 3, 256]);
    // Nor does whoever closes it.
    const last = patient('last');
    await another.close();
    await last;
  });

  it('syncs checkpoints and overwrites what is deleted', async () => {
    const pragma = (name: string) =>
      store.write((tx) => tx.one(raw<Record<string, unknown>>(`pragma ${name}`), {}));
    assert.deepEqual({ ...(await pragma('synchronous')) }, { synchronous: 1 });
    assert.deepEqual({ ...(await pragma('journal_mode')) }, { journal_mode: 'wal' });
    assert.deepEqual({ ...(await pragma('secure_delete')) }, { secure_delete: 1 });
    assert.deepEqual({ ...(await pragma('foreign_keys')) }, { foreign_keys: 1 });
  });

  it('refuses what no longer fits, keeps the rest, and works again when there is room', async () => {
    const room = (pages: number) =>
      store.write(async (tx) => void (await tx.one(raw(`pragma max_page_count = ${pages}`), {})));
    await store.write((tx) => put(tx, 'before'));
    await room(1);
    const large = new Uint8Array(1_000_000);
    const outcomes = await Promise.allSettled([
      store.write((tx) => put(tx, 'a', 0, large)),
      store.write((tx) => put(tx, 'b', 0, large)),
    ]);
    for (const outcome of outcomes) {
      assert.equal(outcome.status, 'rejected');
      assert.ok(fault('store.unavailable')(outcome.reason));
    }
    assert.deepEqual(await store.read(ids), ['before']);
    await room(1_000_000);
    await store.write((tx) => put(tx, 'after', 0, large));
    assert.deepEqual(await store.read(ids), ['after', 'before']);
  });

  it('survives a disk that is really full', {
    skip: !isRoot && 'mounting wants root',
  }, async () => {
    const disk = join(folder, 'disk');
    execFileSync('mkdir', [disk]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]);
    try {
      const small = openSqlite({ file: join(disk, 'a.db') });
      await createScratch(small);
      const kept: string[] = [];
      const data = new Uint8Array(50_000).fill(7);
      let refused = 0;
      for (let i = 100; i < 160; i++) {
        // Three at a time, so that the full disk is met within a group too.
        const group = [`${i}a`, `${i}b`, `${i}c`];
        const outcomes = await Promise.allSettled(
          group.map((id) => small.write((tx) => put(tx, id, 0, data))),
        );
        for (const [at, outcome] of outcomes.entries()) {
          if (outcome.status === 'fulfilled') kept.push(group[at]!);
          else {
            refused += 1;
            assert.ok(fault('store.unavailable')(outcome.reason), String(outcome.reason));
          }
        }
      }
      assert.ok(refused > 0 && kept.length > 0);
      assert.deepEqual(await small.read(ids), kept);
      execFileSync('mount', ['-o', 'remount,size=64m', disk]);
      await small.write((tx) => put(tx, 'room again', 0, data));
      await small.close();
      const again = openSqlite({ file: join(disk, 'a.db') });
      assert.deepEqual(await again.read(ids), [...kept, 'room again']);
      await again.close();
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it('answers nobody before the disk has it, and goes on meanwhile', async () => {
    const disk = slowDisk();
    const slow = openSqlite({ file: join(folder, 'slow.db'), sync: disk.sync });
    const scratch = createScratch(slow);
    await disk.asked();
    disk.keep();
    await scratch;
    const answered: string[] = [];
    const write = (id: string, durable?: boolean) =>
      slow
        .write((tx) => put(tx, id), durable === undefined ? {} : { durable })
        .then(() => answered.push(id));
    const first = write('first');
    await disk.asked();
    const second = write('second');
    const third = write('third');
    const loose = write('loose', false);
    await loose;
    await turns();
    assert.deepEqual(answered, ['loose'], 'what need not be durable waits for no sync');
    disk.keep();
    await first;
    await disk.asked();
    assert.deepEqual(answered, ['loose', 'first']);
    disk.keep();
    await Promise.all([second, third]);
    assert.equal(disk.syncs(), 3, 'those who came meanwhile shared one');
    await slow.close();
  });

  it('answers nothing more once the disk failed to keep what was committed', async () => {
    const disk = slowDisk();
    const file = join(folder, 'failing.db');
    const failing = openSqlite({ file, sync: disk.sync });
    const scratch = createScratch(failing);
    await disk.asked();
    disk.keep();
    await scratch;
    const lost = failing.write((tx) => put(tx, 'lost'));
    await disk.asked();
    const waiting = failing.write((tx) => put(tx, 'waiting'));
    disk.lose(new Error('EIO'));
    await assert.rejects(lost, fault('store.unavailable'));
    await assert.rejects(waiting, fault('store.unavailable'));
    await assert.rejects(failing.read(ids), fault('store.unavailable'));
    await assert.rejects(
      failing.write((tx) => put(tx, 'later')),
      fault('store.unavailable'),
    );
    await failing.close();
    const again = openSqlite({ file });
    await again.write((tx) => put(tx, 'after'));
    assert.ok((await again.read(ids)).includes('after'));
    await again.close();
  });

  it('lets go of work that hangs, and goes on', async () => {
    const strict = openSqlite({ file: join(folder, 'strict.db'), stuckAfter: 100 });
    await createScratch(strict);
    const outcomes = await Promise.allSettled([
      strict.write((tx) => put(tx, 'a')),
      strict.write(async (tx) => {
        await put(tx, 'b');
        await new Promise(() => {});
      }),
      strict.write((tx) => put(tx, 'c')),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(await strict.read(ids), ['a', 'c']);
    await strict.close();
  });

  it('waits for another process that writes, and answers others meanwhile', async () => {
    const child = fork(new URL('./hold-database.ts', import.meta.url), [join(folder, 'a.db')]);
    await once(child, 'message');
    let done = false;
    const writing = store
      .write((tx) => put(tx, 'mine'))
      .then(() => {
        done = true;
      });
    assert.deepEqual(await store.read(ids), []);
    // The loop turns while the write waits.
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(done, false);
    child.send('commit');
    await writing;
    assert.deepEqual(await store.read(ids), ['mine', 'theirs']);
    if (child.exitCode === null) await once(child, 'exit');
  });

  it('says so when another process writes for too long', async (t) => {
    const child = fork(new URL('./hold-database.ts', import.meta.url), [join(folder, 'a.db')]);
    t.after(() => child.kill());
    await once(child, 'message');
    const impatient = openSqlite({ file: join(folder, 'a.db'), busyFor: 50 });
    await assert.rejects(
      impatient.write((tx) => put(tx, 'mine')),
      (error) => fault('store.unavailable')(error) && /another process/.test(String(error)),
    );
    await impatient.close();
  });

  it('keeps its log short while it is written to', async () => {
    const data = new Uint8Array(20_000);
    for (let i = 0; i < 40; i++) {
      const group = Array.from({ length: 100 }, (_, j) => `${i % 4} ${j}`);
      if (i >= 4) {
        const clear = raw(`delete from scratch where id like '${i % 4} %'`);
        await store.write((tx) => tx.run(clear, {}));
      }
      await Promise.all(group.map((id) => store.write((tx) => put(tx, id, i, data))));
    }
    const { size } = statSync(join(folder, 'a.db-wal'));
    assert.ok(size < 80 * 1024 * 1024, `${size} bytes`);
    assert.equal((await store.read(ids)).length, 400);
  });

  it('is served by one process at a time, found free again however that ended', async (t) => {
    const lock = takeServeLock(folder);
    assert.ok(lock);
    assert.equal(takeServeLock(folder), undefined);
    const child = fork(new URL('./hold-serve-lock.ts', import.meta.url), [folder]);
    t.after(() => child.kill('SIGKILL'));
    assert.deepEqual(await once(child, 'message'), ['refused', undefined]);
    lock.release();
    child.send('again');
    assert.deepEqual(await once(child, 'message'), ['taken', undefined]);
    assert.equal(takeServeLock(folder), undefined);
    // Commands work beside it.
    await store.write((tx) => put(tx, 'a'));
    child.kill('SIGKILL');
    await once(child, 'exit');
    takeServeLock(folder)?.release();
    assert.ok(takeServeLock(folder));
  });

  it('tells that its file is no database', () => {
    const file = join(folder, 'other');
    execFileSync('sh', ['-c', `head -c 10000 /dev/urandom > ${file}`]);
    assert.throws(() => openSqlite({ file }), fault('store.unavailable'));
  });
});

/** A disk that keeps or loses what it is given when it is told to. */
function slowDisk() {
  let answer: { resolve: () => void; reject: (why: Error) => void } | undefined;
  let told: (() => void) | undefined;
  let syncs = 0;
  return {
    sync: () =>
      new Promise<void>((resolve, reject) => {
        syncs += 1;
        answer = { resolve, reject };
        told?.();
      }),
    /** Resolves when a sync was begun and not answered. */
    async asked() {
      if (answer === undefined) {
        await new Promise<void>((resolve) => {
          told = resolve;
        });
      }
    },
    keep() {
      answer?.resolve();
      answer = undefined;
    },
    lose(why: Error) {
      answer?.reject(why);
      answer = undefined;
    },
    syncs: () => syncs,
  };
}

async function turns() {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
