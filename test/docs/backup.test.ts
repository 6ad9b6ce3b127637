/** The copying and the restoring of docs/backup.md, as they stand there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { eventTypes } from '@sallyport/contract/events.ts';
import { beginIn, runCommand } from '../support/command.ts';
import { docsPage } from '../support/docs-page.ts';
import { isPostgres } from '../support/store.ts';

const page = docsPage('backup.md');

describe('docs/backup.md', { skip: isPostgres() && 'the embedded database is looked at' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-docs-'));
  before(() => beginIn(folder));
  after(() => rmSync(folder, { recursive: true }));

  const run = async (line: string) => {
    const { code, out, err } = await runCommand(folder, line.split(' ').slice(1));
    return { code, says: out + err };
  };
  const shell = (lines: string[]) =>
    execFileSync('sh', ['-ec', lines.join('\n')], { cwd: folder, encoding: 'utf8' });

  it('copies a database that is in use, and puts the copy back', async () => {
    assert.equal((await run('./sallyport person add ada')).code, 0);
    const [copy = '', restore = '', , , trial = ''] = page.blocks('sh');
    const [, file, sql] = /^sqlite3 (\S+) "(.*)"$/m.exec(copy) ?? [];
    assert.ok(file && sql);
    // As the server that runs meanwhile: what was written last is in its write-ahead log.
    const used = new DatabaseSync(join(folder, file));
    assert.equal((await run('./sallyport person add eve')).code, 0);
    process.chdir(folder);
    new DatabaseSync(file).exec(sql);
    assert.equal((await run('./sallyport person erase eve --yes eve')).code, 0);
    used.close();

    shell(restore.split('\n').filter((line) => !line.startsWith('./sallyport')));
    assert.match((await run('./sallyport person show eve')).says, /^eve/);
    assert.equal((await run('./sallyport person show ada')).code, 0);

    for (const line of trial.trim().split('\n')) assert.equal((await run(line)).code, 0, line);
  });

  it('finds in an exported record what a restore undoes', () => {
    const undone = eventTypes.filter((type) =>
      /(?:^|[.-])(?:disabled|revoked|erased|retired|removed|rotated|withdrawn|changed|activated|regenerated|untrusted|unregistered|account-ended|list-imported)$/.test(
        type,
      ),
    );
    assert.ok(undone.length > 30);
    // A password that somebody had, a policy that was too weak, a CA that was found out: each is as it was.
    for (const type of ['password.changed', 'policy.activated', 'authority.untrusted'] as const) {
      assert.ok(undone.includes(type));
    }
    const entries = join(folder, 'out/1/tile/entries');
    mkdirSync(entries, { recursive: true });
    const leaf = (type: string) =>
      `\u0001\u00f7{"v":1,"id":"01a2","at":1,"type":"${type}","outcome":"done","subject":"01a3","data":{}}`;
    const leaves = ['person.added', ...undone, 'device.proof-ended', 'signin.granted'].map(leaf);
    writeFileSync(join(entries, '000.p'), Buffer.from(leaves.join(''), 'latin1'));
    const found = shell([(page.blocks('sh')[2] ?? '').replace('FOLDER', 'out')])
      .trim()
      .split('\n');
    assert.deepEqual(
      found.map((line) => /^"type":"([a-z.-]+)","outcome":"done","subject":"01a3"/.exec(line)?.[1]),
      [...undone, 'device.proof-ended'],
    );
  });
});
