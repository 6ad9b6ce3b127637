/** Files that settings name: looked at before anything is started with them. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { runCommand } from '../support/command.ts';

function folderWith(t: TestContext, yaml: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-named-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'sallyport.yaml'), yaml);
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'nonsense'), 'nonsense', { mode: 0o600 });
  return folder;
}

const WRONG: readonly (readonly [setting: string, yaml: string, says: RegExp])[] = [
  [
    'proofs.password.breachFilter',
    'proofs:\n  password:\n    breachFilter: /nope.filter',
    /There is no file \/nope\.filter\. Name one that \.\/sallyport password import made/,
  ],
  [
    'proofs.password.breachFilter',
    'proofs:\n  password:\n    breachFilter: nonsense',
    /nonsense is not a whole filter of breached passwords\./,
  ],
  ['policy.folder', 'policy:\n\n  folder: /nope', /There is no folder \/nope\. Name the folder/],
  ['policy.folder', 'policy:\n\n  folder: nonsense', /nonsense is a file\./],
  ['policy.folder', 'policy:\n\n  folder: empty', /no file in \S+ whose name ends with \.cedar/],
  [
    'vault.rootKey',
    'log: {}\nvault:\n  rootKey: { file: /nope.key }',
    /There is no root key at \/nope\.key\. Put it there/,
  ],
  ['mail.ca', 'mail:\n\n  ca: /nope.pem', /There is no file \/nope\.pem/],
  [
    'mail.password',
    'mail:\n  user: me\n  password: { env: NOPE }',
    /The environment variable NOPE is not set/,
  ],
  [
    'listen.tls',
    'listen:\n\n  tls: { certificate: /nope.pem, key: /nope.key }',
    /\/nope\.pem can’t be read \(ENOENT\)/,
  ],
];

for (const [setting, yaml, says] of WRONG) {
  describe(`${setting} with ${says}`, () => {
    it('is wrong to config check, with its line', async (t) => {
      const { code, out } = await runCommand(folderWith(t, yaml), ['config', 'check', '--json']);
      assert.equal(code, 1);
      const { ok, problems } = JSON.parse(out);
      assert.equal(ok, false);
      assert.equal(problems.length, 1);
      assert.equal(problems[0].setting, setting);
      assert.match(problems[0].where, /^sallyport\.yaml:3$/);
      assert.match(problems[0].says, says);
      assert.doesNotMatch(problems[0].says, /\.\./);
    });

    it('keeps serve from starting, in a sentence that names it, before anything is made', async (t) => {
      const folder = folderWith(t, yaml);
      const { code, out, err } = await runCommand(folder, ['serve']);
      assert.deepEqual([code, out], [5, '']);
      assert.ok(err.includes(`sallyport.yaml:3: ${setting}`), err);
      assert.ok(!existsSync(join(folder, 'data')));
    });
  });
}

it('the doctor tells of each once, by setting and line', async (t) => {
  const yaml =
    'proofs: { password: { breachFilter: /nope.filter } }\npolicy: { folder: /nope }\nvault: { rootKey: { file: /nope.key } }\n';
  const { code, out } = await runCommand(folderWith(t, yaml), ['doctor', '--json']);
  assert.equal(code, 1);
  const { found } = JSON.parse(out) as { found: { state: string; what: string; mend: string }[] };
  const bad = found.filter(({ state }) => state === 'bad');
  assert.equal(bad.length, 3, out);
  for (const [setting, line, named] of [
    ['proofs.password.breachFilter', 1, '/nope.filter'],
    ['policy.folder', 2, '/nope.'],
    ['vault.rootKey', 3, '/nope.key'],
  ]) {
    const told = bad.map(({ what, mend }) => `${what} ${mend}`);
    const its = told.filter((text) => text.includes(`sallyport.yaml:${line}`));
    assert.equal(its.length, 1, out);
    assert.ok(its[0]?.includes(String(setting)) && its[0].includes(String(named)), out);
    assert.doesNotMatch(its[0] ?? '', /\.\.(?!\w)/);
  }
});

it('config check tells of missing files and of wrong settings in one go', async (t) => {
  const yaml = 'log: { level: x }\nlisten: { host: 0.0.0.0 }\npolicy: { folder: /nope }\n';
  const { out } = await runCommand(folderWith(t, yaml), ['config', 'check', '--json']);
  const places = JSON.parse(out).problems.map(({ where }: { where: string }) => where);
  assert.deepEqual(places, ['sallyport.yaml:1', 'sallyport.yaml:2', 'sallyport.yaml:3']);
});

it('other commands on a filter that is missing say it as plainly', async (t) => {
  const folder = folderWith(t, 'proofs: { password: { breachFilter: /nope.filter } }\n');
  const { code, err } = await runCommand(folder, ['person', 'list']);
  assert.equal(code, 5);
  assert.match(err, /^proofs\.password\.breachFilter: There is no file \/nope\.filter\./);
});
