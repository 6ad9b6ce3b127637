/** `./sallyport workload …`, as people and scripts use it. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { beginIn, type Ran, runCommand } from '../support/command.ts';

describe('sallyport workload', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'workload-')));
  const run = (...args: string[]) => runCommand(folder, ['workload', ...args]);
  const json = ({ out }: Ran) => JSON.parse(out);

  before(async () => {
    await beginIn(folder);
    await runCommand(folder, ['person', 'add', 'ada', '--mail', 'ada@example.com']);
    const added = await runCommand(folder, [
      ...['process', 'add', 'billing', '--owner', 'ada', '--purpose', 'Sends bills'],
    ]);
    assert.equal(added.code, 0, added.err);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('teaches when there is none yet', async () => {
    assert.match((await run('list')).out, /No program gets an identity here yet/);
  });

  it('adds by user and by unit, lists and removes', async () => {
    const added = await run('add', 'billing', 'unit:billing.service', '--json');
    assert.equal(added.code, 0, added.err);
    assert.deepEqual(json(added).selectors, ['unit:billing.service']);
    assert.equal((await run('add', 'billing', 'unit:billing.service')).code, 2);
    assert.equal((await run('add', 'billing', 'uid:1003')).code, 0);
    const listed = json(await run('list', 'billing', '--json')).workloads;
    assert.equal(listed.length, 2);
    const removed = await run('remove', json(added).id.slice(-8));
    assert.equal(removed.code, 0, removed.err);
    assert.match(removed.out, /no longer/);
    assert.equal((await run('remove', json(added).id.slice(-8))).code, 4);
    assert.equal(json(await run('list', '--json')).workloads.length, 1);
  });

  it('says where programs ask, and of a setting only while that keeps them from it', async () => {
    const add = async (uid: number, environment: Record<string, string> = {}) => {
      const line = ['workload', 'add', 'billing', `uid:${uid}`];
      const { code, out, err } = await runCommand(folder, line, environment);
      assert.equal(code, 0, err);
      return out;
    };
    assert.match(await add(2001), /They are told once spiffe\.enabled is on/);
    const on = await add(2002, { SALLYPORT_SPIFFE__ENABLED: 'true' });
    assert.match(on, /SPIFFE_ENDPOINT_SOCKET=unix:\S*\/workload\.sock/);
    assert.doesNotMatch(on, /spiffe\.enabled/);
    const named = { SALLYPORT_SPIFFE__ENABLED: 'true', SALLYPORT_SPIFFE__SOCKET: '/run/x.sock' };
    assert.match(await add(2003, named), /unix:\/run\/x\.sock\./);
  });

  it('measures the file itself, whatever link leads to it', async () => {
    writeFileSync(join(folder, 'program'), 'a program');
    symlinkSync('program', join(folder, 'link'));
    const added = await run('add', 'billing', 'uid:1004', '--executable', 'link', '--json');
    assert.deepEqual(json(added).selectors, [
      `path:${join(folder, 'program')}`,
      `sha256:${hash('sha256', 'a program', 'hex')}`,
      'uid:1004',
    ]);
  });

  it('says what is wrong, and what to do', async () => {
    const wrong = async (words: RegExp, code: number, ...args: string[]) => {
      const ran = await run(...args);
      assert.equal(ran.code, code, ran.out);
      assert.match(ran.err, words);
    };
    await wrong(/Say whose it is too/, 2, 'add', 'billing', 'path:/usr/bin/billing');
    await wrong(/Write uid:1003/, 2, 'add', 'billing', 'user:ada');
    await wrong(/Nobody is uid:65534/, 2, 'add', 'billing', 'uid:65534');
    await wrong(/Add two workloads/, 2, 'add', 'billing', 'uid:1', 'uid:2');
    await wrong(/There is no process “payroll”/, 4, 'add', 'payroll', 'uid:1');
    await wrong(/can’t be read/, 2, 'add', 'billing', 'uid:1', '--executable', 'nowhere');
    await wrong(/six characters|6 characters/, 2, 'remove', 'abc');
  });
});
