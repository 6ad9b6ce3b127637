/** A command in a folder where no Sallyport was ever begun: most likely `--at` was forgotten. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { beginIn, runCommand } from '../support/command.ts';
import { isPostgres, openEmptyStore } from '../support/store.ts';

function emptyFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-nothing-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

const COMMANDS = [
  'person list',
  'person add ada',
  'pass issue ada',
  'session list --person ada',
  'token issue --for ada --scope observe',
  'process list',
  'resource list',
  'policy show',
  'record search',
  'record verify',
  'key list',
  'migrate status',
];

describe('in a folder where nothing was begun', () => {
  for (const command of COMMANDS) {
    it(`${command} says that there is no Sallyport, and makes none`, async (t) => {
      const folder = emptyFolder(t);
      const { code, out, err } = await runCommand(folder, command.split(' '), {
        SALLYPORT_LOGINS: 'logins.json',
      });
      assert.deepEqual([code, out], [4, '']);
      assert.ok(err.startsWith(`There is no Sallyport in ${join(folder, 'data')}.\n`), err);
      assert.match(err, /\.\/sallyport serve begins one\./);
      assert.deepEqual(readdirSync(folder), []);
    });
  }

  it('a command asks whether the server was meant where somebody is signed in', async (t) => {
    const folder = emptyFolder(t);
    const login = { key: { d: 'd' }, accessToken: 'a', expiresAt: 0, refreshToken: 'r' };
    const logins = (...origins: string[]) =>
      writeFileSync(
        join(folder, 'logins.json'),
        JSON.stringify({ version: 1, logins: Object.fromEntries(origins.map((o) => [o, login])) }),
        { mode: 0o600 },
      );
    const environment = { SALLYPORT_LOGINS: 'logins.json' };
    logins('https://auth.example.com');
    const one = await runCommand(folder, ['person', 'list'], environment);
    assert.match(
      one.err,
      /You are signed in at https:\/\/auth\.example\.com: did you mean --at https:\/\/auth\.example\.com\?/,
    );
    logins('https://a.example.com', 'https://b.example.com');
    const two = await runCommand(folder, ['person', 'list'], environment);
    assert.match(
      two.err,
      /signed in at https:\/\/a\S+, https:\/\/b\S+: did you mean --at ORIGIN\?/,
    );
    // The record is verified on its own machine, whoever is signed in elsewhere.
    const verify = await runCommand(folder, ['record', 'verify'], environment);
    assert.doesNotMatch(verify.err, /--at/);
    assert.ok(!existsSync(join(folder, 'data')));
  });

  it('commands work from when its schema was made', async (t) => {
    const folder = emptyFolder(t);
    assert.equal((await runCommand(folder, ['migrate', 'up'])).code, 0);
    const { code, out } = await runCommand(folder, ['person', 'list']);
    assert.equal(code, 0);
    assert.match(out, /Nobody is here yet/);
  });

  it('the same holds of an empty PostgreSQL', {
    skip: !isPostgres() && 'runs with STORE=postgres',
  }, async (t) => {
    const folder = emptyFolder(t);
    const database = await openEmptyStore();
    t.after(() => database.close());
    const environment = { SALLYPORT_DATABASE: database.database, SALLYPORT_LOGINS: 'logins.json' };
    for (const command of ['person list', 'migrate status']) {
      const { code, err } = await runCommand(folder, command.split(' '), environment);
      assert.equal(code, 4, err);
      assert.match(err, /^There is no Sallyport in this database\.\n/);
    }
    assert.deepEqual(readdirSync(folder), []);
    assert.equal((await runCommand(folder, ['migrate', 'up'], environment)).code, 0);
    assert.equal((await runCommand(folder, ['person', 'list'], environment)).code, 0);
  });
});

it('a database that another version made is told, with what to do', {
  skip: isPostgres() && 'a file is changed here',
}, async (t) => {
  const folder = emptyFolder(t);
  await beginIn(folder);
  const db = new DatabaseSync(join(folder, 'data/sallyport.db'));
  db.exec("update migration set hash = 'other' where id = '0017-authority'");
  db.close();
  const listed = await runCommand(folder, ['person', 'list']);
  assert.equal(listed.code, 5);
  assert.match(listed.err, /^0017-authority is not what .* with\.\nRun the version that made it/);
  assert.match((await runCommand(folder, ['doctor'])).out, /Run the version that made it/);
});

it('a root key that belongs to another database is told, with what to do', {
  skip: isPostgres() && 'the key stands in the folder here',
}, async (t) => {
  const folder = emptyFolder(t);
  await beginIn(folder);
  assert.equal((await runCommand(folder, ['person', 'add', 'ada'])).code, 0);
  writeFileSync(join(folder, 'data/root.key'), randomBytes(32).toString('hex'), {
    mode: 0o600,
  });
  const listed = await runCommand(folder, ['person', 'list']);
  assert.equal(listed.code, 5);
  assert.match(listed.err, /^This database was sealed under another root key: .*\.\nPut back the/s);
});
