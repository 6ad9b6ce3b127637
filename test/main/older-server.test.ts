import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { beginIn, runCommand } from '../support/command.ts';
import { isPostgres } from '../support/store.ts';

const NEWEST = '0032-record-about';

describe('beside a server of an older version', {
  skip: isPostgres() && 'a lock tells of it',
}, () => {
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-older-'));
    await beginIn(folder);
    // As it was before the newest migration.
    change((database) => {
      database.exec('drop table record_about');
      database.exec('create index record_event_subject on record_event (subject, id)');
      database.exec(`delete from migration where id = '${NEWEST}'`);
    });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function change<T>(work: (database: DatabaseSync) => T): T {
    const database = new DatabaseSync(join(folder, 'data/sallyport.db'));
    try {
      return work(database);
    } finally {
      database.close();
    }
  }
  const isApplied = () =>
    change((database) => database.prepare('select 1 from migration where id = ?').get(NEWEST)) !==
    undefined;

  it('no command changes the database under its hands; without one, the next does', async () => {
    const lock = new URL('../store/hold-serve-lock.ts', import.meta.url);
    const server = fork(lock, [join(folder, 'data')]);
    try {
      assert.deepEqual(await once(server, 'message'), ['taken', undefined]);
      for (const args of [
        ['person', 'list'],
        ['migrate', 'up'],
      ]) {
        const { code, err } = await runCommand(folder, args);
        assert.equal(code, 5, err);
        assert.match(err, /A server of an older version runs on this database/);
      }
      assert.match(
        (await runCommand(folder, ['migrate', 'status'])).out,
        /^1 migration is missing/,
      );
    } finally {
      server.kill();
      await once(server, 'exit');
    }
    assert.ok(!isApplied());
    assert.equal((await runCommand(folder, ['person', 'list'])).code, 0);
    assert.ok(isApplied());
  });
});
