import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { rootKeyWords } from '../../server/vault/root-key.ts';
import { isPostgres, openEmptyStore } from '../support/store.ts';

const CLI = fileURLToPath(import.meta.resolve('../../server/main/cli.ts'));

describe('sallyport key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
  const rootKey = join(folder, 'data', 'root.key');
  after(() => rmSync(folder, { recursive: true, force: true }));

  interface Ended {
    code: number | null;
    said: string;
    complained: string;
  }

  function sallyport(args: string[], environment: Record<string, string> = {}): Promise<Ended> {
    const env = { PATH: process.env.PATH ?? '', ...environment };
    const child = spawn(process.execPath, [CLI, ...args], { cwd: folder, env });
    const ended: Ended = { code: null, said: '', complained: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      ended.said += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      ended.complained += chunk;
    });
    return new Promise((resolve) => child.on('close', (code) => resolve({ ...ended, code })));
  }

  async function json(args: string[], environment?: Record<string, string>) {
    const { code, said, complained } = await sallyport([...args, '--json'], environment);
    assert.equal(code, 0, complained);
    return JSON.parse(said);
  }

  before(async () => {
    const { code, complained } = await sallyport(['migrate', 'up']);
    assert.equal(code, 0, complained);
  });

  it('lists, rotates and lists again', async () => {
    const before = await json(['key', 'list']);
    assert.deepEqual(
      before.ring.map((key: { state: string }) => key.state),
      ['primary'],
    );
    const rotated = await json(['key', 'rotate']);
    assert.deepEqual(rotated, { state: 'finished', primary: 2, rewrapped: 4 });
    const after = await json(['key', 'list']);
    assert.deepEqual(
      after.ring.map((key: { version: number; state: string }) => [key.version, key.state]),
      [
        [2, 'primary'],
        [1, 'destroyed'],
      ],
    );
    assert.equal(after.rotating, false);
    const { said } = await sallyport(['key', 'list']);
    assert.match(said, /^Version 2 of the ring is primary/);
    assert.match(said, /● primary.*\n.*○ destroyed/);
  });

  it('rotates the keys for tokens, and makes them void at once when told to', async () => {
    const states = (answer: { signing: { algorithm: string; state: string }[] }) =>
      answer.signing.filter(({ algorithm }) => algorithm === 'ES256').map(({ state }) => state);
    assert.equal((await json(['key', 'rotate', '--signing'])).rotated, true);
    assert.deepEqual(states(await json(['key', 'list'])), ['active']);
    await json(['key', 'rotate', '--signing']);
    assert.deepEqual(states(await json(['key', 'list'])), ['next', 'active']);
    assert.equal((await json(['key', 'rotate', '--signing'])).rotated, false);
    await json(['key', 'rotate', '--signing', '--at-once']);
    assert.deepEqual(states(await json(['key', 'list'])), ['active', 'gone', 'gone']);
    assert.equal((await sallyport(['key', 'rotate', '--at-once'])).code, 2);
    assert.equal((await sallyport(['key', 'rotate', '--signing', '--root'])).code, 2);
  });

  it('never shows a key', async () => {
    const [key] = rootKeyWords(readFileSync(rootKey, 'utf8')) as [string];
    for (const args of [
      ['key', 'list'],
      ['key', 'list', '--json'],
      ['key', 'rotate'],
    ]) {
      const { said, complained } = await sallyport(args, { DEBUG: '1' });
      assert.ok(said.length > 0);
      assert.ok(!`${said}${complained}`.includes(key));
    }
  });

  it('changes the root key in its file', async () => {
    const before = await json(['key', 'list']);
    const old = readFileSync(rootKey, 'utf8');
    const changed = await json(['key', 'rotate', '--root']);
    assert.notEqual(changed.root, before.root.id);
    assert.equal(changed.oldRemoved, true);
    const after = await json(['key', 'list']);
    assert.deepEqual(after.root, { id: changed.root, version: 2 });
    assert.equal(rootKeyWords(readFileSync(rootKey, 'utf8')).length, 1);
    assert.notEqual(readFileSync(rootKey, 'utf8'), old);
  });

  it('says that the other nodes of a database need the new root key, where there may be some', async () => {
    const test = await openEmptyStore();
    try {
      const alone = { SALLYPORT_DATA: 'alone', SALLYPORT_DATABASE: test.database };
      for (const args of [
        ['migrate', 'up'],
        ['key', 'list'],
      ]) {
        assert.equal((await sallyport(args, alone)).code, 0);
      }
      const { code, said, complained } = await sallyport(['key', 'rotate', '--root'], alone);
      assert.equal(code, 0, complained);
      const told = /Copy \S+alone\/root\.key to every\s+other node of this database now/.test(said);
      assert.equal(told, isPostgres(), said);
    } finally {
      await test.close();
    }
  });

  it('leaves it to you to bring a new root key to an environment variable, and says how', async () => {
    const [key] = rootKeyWords(readFileSync(rootKey, 'utf8')) as [string];
    const fresh = 'f4b1d2a5c3e60718293a4b5c6d7e8f90a1b2c3d4e5f60718192a3b4c5d6e7f80';
    const elsewhere = { SALLYPORT_VAULT__ROOT_KEY__ENV: 'ROOT', ROOT: key };
    const refused = await sallyport(['key', 'rotate', '--root'], elsewhere);
    assert.equal(refused.code, 2);
    assert.match(refused.complained, /environment variable ROOT, where only you can put a new one/);
    const changed = await json(['key', 'rotate', '--root'], {
      ...elsewhere,
      ROOT: `${fresh} ${key}`,
    });
    assert.equal(changed.oldRemoved, false);
    const { root } = await json(['key', 'list'], { ...elsewhere, ROOT: fresh });
    assert.deepEqual(root, { id: changed.root, version: 3 });
    const locked = await sallyport(['key', 'list'], elsewhere);
    assert.notEqual(locked.code, 0);
    assert.match(locked.complained, /sealed under another root key/);
  });

  it('makes no new root key where the one of the database is missing, and says what to do', async () => {
    renameSync(rootKey, `${rootKey}.lost`);
    const { code, complained } = await sallyport(['key', 'list']);
    assert.equal(code, 5);
    assert.match(complained, /There is no root key at .*root\.key\.\n.*Put it back from your copy/);
    assert.throws(() => readFileSync(rootKey), { code: 'ENOENT' });
  });
});
