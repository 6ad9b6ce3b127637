/** Whatever `serve` announces, `config check` announces before it: one list of all that there is, walked through both. */
import assert from 'node:assert/strict';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { announcedSettings } from '../../server/config/warnings.ts';
import { runCommand } from '../support/command.ts';
import { unsafeSettings } from './unsafe-settings.ts';

interface Warning {
  readonly setting: string;
  readonly where: string;
  readonly says: string;
}

/** In a folder in which no start comes further than its announcements: the file with the root key is no key. */
function folderWith(t: TestContext, yaml: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sallyport-announced-')));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'no-key'), 'no key');
  writeFileSync(join(folder, 'sallyport.yaml'), `${yaml}\nvault: { rootKey: { file: no-key } }\n`);
  return folder;
}

async function checked(folder: string, environment = {}): Promise<readonly Warning[]> {
  const { out } = await runCommand(folder, ['config', 'check', '--json'], environment);
  return JSON.parse(out).warnings;
}

async function served(folder: string, environment = {}): Promise<string> {
  const { code, out, err } = await runCommand(folder, ['serve'], environment);
  assert.deepEqual([code, out], [5, ''], err);
  assert.match(err, /no-key/);
  return err.replaceAll(/\s+/g, ' ');
}

describe('what makes an installation less safe', () => {
  it('is all in the list that is walked here', () => {
    const walked = new Set(unsafeSettings.map(([, setting]) => setting));
    assert.deepEqual(
      announcedSettings.filter((setting) => !walked.has(setting)),
      [],
    );
  });

  for (const [yaml, setting] of unsafeSettings) {
    it(`is announced at the start and by config check: ${yaml}`, async (t) => {
      const folder = folderWith(t, yaml);
      const told = await checked(folder);
      assert.deepEqual(
        told.map((one) => [one.setting, one.where]),
        [[setting, 'sallyport.yaml:1']],
      );
      const start = await served(folder);
      for (const { where, says } of told) assert.ok(start.includes(`${where}: ${says}`), start);
      const table = await runCommand(folder, ['config', 'check']);
      assert.match(table.out, /careful/);
      assert.ok(table.out.replaceAll(/\s+/g, ' ').includes(`${setting}:`), table.out);
    });
  }

  it('is announced where a variable brings it, and where it is so by default', async (t) => {
    const folder = folderWith(t, 'tacacs: { enabled: true }');
    const environment = { SALLYPORT_LOG__LEVEL: 'debug' };
    const told = await checked(folder, environment);
    assert.deepEqual(
      told.map(({ setting, where }) => [setting, where]),
      [
        ['tacacs.plain', ''],
        ['log.level', 'SALLYPORT_LOG__LEVEL'],
      ],
    );
    const table = await runCommand(folder, ['config', 'check']);
    assert.match(table.out, /careful +tacacs\.plain \(default\) +/);
    const start = await served(folder, environment);
    assert.match(start, /SALLYPORT_LOG__LEVEL: log\.level: /);
    assert.match(start, /[^:] tacacs\.plain: /);
  });

  it('is announced by config check beside what is wrong, which keeps a start from beginning', async (t) => {
    const folder = folderWith(t, 'tacacs: { enabled: true, plain: true }\ngate: { idel: 1h }');
    const { code, out } = await runCommand(folder, ['config', 'check', '--json']);
    const { ok, problems, warnings } = JSON.parse(out);
    assert.deepEqual([code, ok], [1, false]);
    assert.ok(problems.some(({ says }: Warning) => /idel/.test(says)));
    assert.deepEqual(
      warnings.map(({ setting }: Warning) => setting),
      ['tacacs.plain'],
    );
  });
});
