import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createCheckpointer } from '../../server/store/sqlite-checkpointer.ts';
import { connectSqlite, type SqliteConnection } from '../../server/store/sqlite-connection.ts';

/** So many of them make a long log: each leaves some thirty pages in it. */
const MANY = 400;

describe('checkpoints under load', () => {
  let folder: string;
  let file: string;
  let open: SqliteConnection[];
  let syncs: (() => void)[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-checkpoints-'));
    file = join(folder, 'a.db');
    open = [];
    syncs = [];
  });
  afterEach(() => {
    for (const connection of open) connection.close();
    rmSync(folder, { recursive: true });
  });

  function connect(): SqliteConnection {
    const connection = connectSqlite(file);
    open.push(connection);
    return connection;
  }
  function house({ slow = false } = {}) {
    const writer = connect();
    writer.run('create table t (b blob)');
    const sync = () =>
      new Promise<void>((resolve) => {
        syncs.push(resolve);
        if (!slow) resolve();
      });
    const checkpointer = createCheckpointer({ writer, holder: connect, sync });
    const log = () => writer.row('pragma wal_checkpoint(noop)') as Log; // As SQLite documents it.
    async function write(times = 1) {
      for (let i = 0; i < times; i++) {
        writer.run('insert into t values (randomblob(120000))');
        checkpointer.checkpoint(false);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    return { checkpointer, log, write };
  }
  interface Log {
    readonly log: number;
    readonly checkpointed: number;
  }

  it('copy what was committed in pieces, and bring the log to an end', async () => {
    const { log, write } = house();
    while (syncs.length === 0) await write();
    const first = log();
    assert.ok(first.checkpointed >= 2000 && first.checkpointed < first.log, JSON.stringify(first));
    let longest = 0;
    for (let i = 0; i < MANY; i++) {
      await write();
      longest = Math.max(longest, log().log);
    }
    assert.ok(longest >= 8000 && longest < 10_000, `${longest}`);
    assert.ok(log().log < longest, 'it began anew');
    assert.ok(syncs.length >= 4);
  });

  it('begin no piece while the last one is not on the disk', async () => {
    const { log, write } = house({ slow: true });
    await write(MANY);
    assert.equal(syncs.length, 1);
    const { checkpointed } = log();
    syncs[0]?.();
    await write(16);
    assert.equal(syncs.length, 2);
    assert.ok(log().checkpointed > checkpointed);
  });

  it('copy everything at once where the log grows faster than pieces are copied', async () => {
    const { log, write } = house({ slow: true });
    await write(2 * MANY);
    assert.ok(log().log > 16_000);
    syncs[0]?.();
    await write(8);
    assert.equal(syncs.length, 1);
    await write(8);
    assert.ok(log().log < 1000);
  });

  it('copy what another process is not reading, once, and the rest when it has read', async () => {
    const { log, write } = house();
    const reader = connect();
    reader.run('begin');
    reader.row('select count(*) from t');
    await write(MANY);
    const read = log();
    assert.ok(read.log > 9000 && read.checkpointed < 100, JSON.stringify(read));
    const before = syncs.length;
    assert.ok(before <= 6, `${before} syncs for nothing`);
    reader.run('rollback');
    await write(64);
    assert.ok(log().log < 3000, JSON.stringify(log()));
  });

  it('leave nothing for later when nobody waits', async () => {
    const { log, write, checkpointer } = house();
    await write(60);
    checkpointer.checkpoint(true);
    assert.equal(log().checkpointed, log().log);
    await write(1);
    assert.ok(log().log < 100, 'the reader that held back a piece is gone');
  });
});
