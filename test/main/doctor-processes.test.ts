/** What doctor says of processes that nobody can hear, and of a folder in which there is no house. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { lookAtProcesses } from '../../server/main/doctor/process-look.ts';
import { beginIn, runCommand } from '../support/command.ts';
import { look } from '../support/doctor.ts';
import { isPostgres } from '../support/store.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-doctor-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('doctor', { skip: isPostgres() && 'the embedded database is looked at' }, () => {
  it('names processes that hold a certificate alone, where nobody asks for one', async (t) => {
    const folder = folderOf(t);
    await beginIn(folder);
    for (const line of [
      'person add ada',
      'process add shipping --owner ada --purpose Ships',
      'process proof add shipping certificate --own',
    ]) {
      const { code, err } = await runCommand(folder, line.split(' '));
      assert.equal(code, 0, err);
    }
    const ask = async (yaml: string) =>
      (await look(lookAtProcesses, folder, yaml, {}, Date.now())).map(({ what }) => what).join();
    const unheard = /No client is asked for a certificate, .* held by shipping\./;
    assert.match(await ask('listen: { tls: { own: true } }'), unheard);
    for (const heard of [
      'listen: { tls: { own: true, clientCertificates: true } }',
      "proxy: { trusted: ['127.0.0.1'], certificate: { header: X-Certificate, from: ['127.0.0.1'] } }",
    ]) {
      assert.match(await ask(heard), /^Somebody answers for each of 1/);
    }
    await runCommand(folder, ['process', 'disable', 'shipping']);
    assert.doesNotMatch(await ask('listen: { tls: { own: true } }'), unheard);
  });

  it('says so where there is no Sallyport', async (t) => {
    const folder = folderOf(t);
    const { code, out } = await runCommand(folder, ['doctor']);
    assert.equal(code, 0);
    assert.ok(out.startsWith(`There is no Sallyport in ${join(folder, 'data')}; nothing`), out);
    assert.deepEqual(readdirSync(folder), []);
  });
});
