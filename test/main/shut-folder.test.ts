/** A data folder of another account: nobody is told that there is no Sallyport, or where in the program a call failed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { takeServeLock } from '../../server/store/serve-lock.ts';
import { beginIn, runCommand } from '../support/command.ts';
import { isPostgres } from '../support/store.ts';

const CLI = new URL('../../server/main/cli.ts', import.meta.url).pathname;

/** Runs a command as somebody who is not root, whoever runs the tests. */
function asAnother(folder: string, args: string[], settings: Record<string, string> = {}) {
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const { PATH } = process.env;
  const environment = { PATH, SALLYPORT_LOGINS: join(folder, 'none.json'), ...settings };
  const options = {
    cwd: folder,
    env: environment,
    encoding: 'utf8' as const,
    timeout: 60_000,
    ...nobody,
  };
  return spawnSync(process.execPath, [CLI, ...args], options);
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-shut-'));
  t.after(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  });
  chmodSync(folder, 0o755);
  return folder;
}

describe('a data folder that this account may not use', {
  skip: isPostgres() && 'the embedded database is looked at',
}, () => {
  it('is not taken for none by commands, nor by doctor', async (t) => {
    const folder = folderOf(t);
    await beginIn(folder);
    chmodSync(join(folder, 'data'), process.getuid?.() === 0 ? 0o700 : 0);
    const list = asAnother(folder, ['person', 'list']);
    assert.match(
      list.stderr,
      /This account may not write to \S+data\.\nRun Sallyport as its owner/,
    );
    assert.deepEqual([list.status, list.stdout], [5, '']);
    const doctor = asAnother(folder, ['doctor']);
    assert.match(doctor.stdout, /bad +database +It can’t be used: This account may not write to/);
    assert.doesNotMatch(doctor.stdout, /will be made at the first start|There is nobody yet/);
    assert.match(doctor.stdout, /unknown +server +Whether one runs can’t be seen by this account/);
    assert.doesNotMatch(doctor.stdout, /None runs|\.\.\n/);
    chmodSync(join(folder, 'data'), 0o700);
    assert.equal((await runCommand(folder, ['person', 'list'])).code, 0);
  });

  it('is said to be one that can’t be made where it can’t', async (t) => {
    const folder = folderOf(t);
    chmodSync(folder, 0o555);
    for (const command of [['serve'], ['migrate', 'up']]) {
      const { stderr, status } = asAnother(folder, command);
      assert.match(stderr, /The data folder \S+data can’t be made \(EACCES\)\.\nAs root: install/);
      assert.equal(status, 5);
    }
  });
});

describe('a data folder that is open to others', {
  skip: isPostgres() && 'the embedded database is looked at',
}, () => {
  it('is refused where everyone can write into it, and used again when that is mended', async (t) => {
    const folder = folderOf(t);
    await beginIn(folder);
    const data = join(folder, 'data');
    const settings = { SALLYPORT_LISTEN__PORT: '0' };
    const lock = takeServeLock(data); // So that a server ends at once, whatever it thinks of the folder.
    assert.ok(lock);
    for (const mode of [0o777, 0o1777, 0o702]) {
      chmodSync(data, mode);
      for (const command of [['serve'], ['person', 'list'], ['migrate', 'up']]) {
        const { code, out, err } = await runCommand(folder, command, settings);
        assert.deepEqual([code, out], [5, ''], `${mode.toString(8)} ${command}`);
        assert.match(err, /^Others on this machine can write into \S+data, and put/);
        assert.match(err.replaceAll('\n', ' '), /ls -la \S+data\), then: chmod 700 \S+data $/);
      }
    }
    lock.release();
    chmodSync(data, 0o700);
    assert.equal((await runCommand(folder, ['person', 'list'])).code, 0);
  });

  it('is not begun in', async (t) => {
    const folder = folderOf(t);
    mkdirSync(join(folder, 'data'));
    chmodSync(join(folder, 'data'), 0o777);
    const { code, err } = await runCommand(folder, ['migrate', 'up']);
    assert.equal(code, 5, err);
    assert.match(err, /It is not used as it is\./);
    assert.deepEqual(readdirSync(join(folder, 'data')), []);
  });

  it('is served where others can only look into it, with a word about it', async (t) => {
    const folder = folderOf(t);
    await beginIn(folder);
    chmodSync(join(folder, 'data'), 0o755);
    const lock = takeServeLock(join(folder, 'data'));
    assert.ok(lock);
    const { err } = await runCommand(folder, ['serve'], { SALLYPORT_LISTEN__PORT: '0' });
    lock.release();
    assert.match(err, /^◐ Careful\. Others on this machine can look into \S+data\. chmod 700/);
    chmodSync(join(folder, 'data'), 0o700);
  });
});

const FROM = '/proc/sys/net/ipv4/ip_unprivileged_port_start';

describe('a port that this account may not have', {
  skip: process.platform !== 'linux' || Number(readFileSync(FROM, 'utf8')) <= 49,
}, () => {
  it('is named, whichever door was to listen there', (t) => {
    const folder = folderOf(t);
    chmodSync(folder, 0o777);
    const tacacs = { SALLYPORT_TACACS__ENABLED: 'true', SALLYPORT_TACACS__HOST: '127.0.0.1' };
    const settings = { SALLYPORT_LISTEN__PORT: '0', ...tacacs };
    const { stderr, status } = asAnother(folder, ['serve'], settings);
    assert.match(stderr, /This user may not listen on port 49\.\nPorts below 1024 are for root\./);
    assert.equal(status, 5);
  });
});
