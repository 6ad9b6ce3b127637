import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { makeFolder } from '../../server/kernel/make-folder.ts';

describe('making a folder', () => {
  const room = mkdtempSync(join(tmpdir(), 'make-folder-'));
  after(() => rmSync(room, { recursive: true }));

  it('makes what leads to it too, for whom it is said, and takes one that is there', () => {
    const path = join(room, 'a/b/c');
    makeFolder(path, 0o700);
    makeFolder(path, 0o755);
    for (const each of ['a', 'a/b', 'a/b/c']) {
      assert.equal(statSync(join(room, each)).mode & 0o777, 0o700, each);
    }
    symlinkSync(path, join(room, 'link'));
    makeFolder(join(room, 'link/d'));
    assert.ok(statSync(join(path, 'd')).isDirectory());
  });

  it('throws where there is something else, or a link that leads nowhere', () => {
    writeFileSync(join(room, 'file'), '');
    symlinkSync(join(room, 'nowhere'), join(room, 'broken'));
    assert.throws(() => makeFolder(join(room, 'file')), { code: 'EEXIST' });
    assert.throws(() => makeFolder(join(room, 'file/x')), { code: 'ENOTDIR' });
    assert.throws(() => makeFolder(join(room, 'broken/x')), { code: 'EEXIST' });
  });

  it('ends where a folder takes none in it', {
    skip: process.platform !== 'linux' && '/proc is such a folder',
  }, () => {
    const module = JSON.stringify(import.meta.resolve('../../server/kernel/make-folder.ts'));
    const script = `import(${module}).then(({ makeFolder }) => {
      try { makeFolder('/proc/x/y'); } catch ({ code, path }) { console.log(code, path); }
    });`;
    // In a process of its own, which can be ended if it does not.
    const said = execFileSync(process.execPath, ['-e', script], { timeout: 20_000 });
    assert.equal(String(said).trim(), 'ENOENT /proc/x');
  });
});
