import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { loadConfig } from '../../server/config/load-config.ts';
import { readSecret } from '../../server/config/secrets.ts';
import { showConfig } from '../../server/config/show-config.ts';
import { warnings } from '../../server/config/warnings.ts';
import { unsafeSettings } from './unsafe-settings.ts';

function load(t: TestContext, yaml: string, environment: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-warnings-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'sallyport.yaml'), yaml);
  const loaded = loadConfig({ environment, folder });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.value;
}

const MAIL = 'host: m.example, from: a@m.example, user: u';

describe('a setting that makes the installation less safe', () => {
  for (const [yaml, setting] of unsafeSettings) {
    it(`announces itself, with its place: ${yaml}`, (t) => {
      const [found, ...others] = warnings(load(t, yaml));
      assert.deepEqual([found?.setting, found?.where, others], [setting, 'sallyport.yaml:1', []]);
      assert.match(found?.says ?? '', /^[a-zA-Z.]+: [A-Z].*\.$/);
      assert.doesNotMatch(found?.says ?? '', /hunter2/);
    });
  }

  const SAFE = [
    '',
    'database: postgres://u@db.example.com/d',
    'database: postgres://u@db.example.com/d?sslmode=verify-full',
    'database: { env: DATABASE_URL }',
    'database: postgres://u@localhost/d',
    `mail: { ${MAIL}, password: { file: secret } }`,
    'listen: { trustedProxies: [10.0.0.0/8] }',
    'radius: { messageAuthenticator: anywhere, codeAppended: [old-vpn] }',
    'tacacs: { enabled: true, plain: false }',
  ];
  for (const yaml of SAFE) {
    it(`is not this: ${yaml}`, (t) => assert.deepEqual(warnings(load(t, yaml)), []));
  }

  it('is not a secret that a variable brings', (t) => {
    const yaml = `mail: { ${MAIL} }`;
    assert.deepEqual(warnings(load(t, yaml, { SALLYPORT_MAIL__PASSWORD: 'hunter2' })), []);
  });
});

describe('the configuration that is shown', () => {
  it('tells each value as it was written, and where', (t) => {
    const shown = showConfig(load(t, 'gate: { idle: 30m }\n', { SALLYPORT_LISTEN__PORT: '1' }));
    const of = (setting: string) => shown.find((one) => one.setting === setting);
    assert.deepEqual(of('gate.idle'), {
      setting: 'gate.idle',
      value: '30m',
      from: 'sallyport.yaml:1',
    });
    assert.deepEqual(of('listen.port'), {
      setting: 'listen.port',
      value: 1,
      from: 'SALLYPORT_LISTEN__PORT',
    });
    assert.deepEqual(of('log.level'), { setting: 'log.level', value: 'info', from: 'default' });
    assert.equal(of('listen.origin'), undefined);
  });

  it('hides secrets', (t) => {
    const yaml = `database: postgres://u:hunter2@localhost/d?password=hunter2\nmail: { ${MAIL}, password: hunter2 }\n`;
    const shown = showConfig(load(t, yaml));
    assert.doesNotMatch(JSON.stringify(shown), /hunter2/);
    assert.equal(
      shown.find(({ setting }) => setting === 'database')?.value,
      'postgres://u:hidden@localhost/d',
    );
    assert.equal(shown.find(({ setting }) => setting === 'mail.password')?.value, '(hidden)');
  });

  it('shows where a secret is kept', (t) => {
    const shown = showConfig(load(t, 'database: { env: DATABASE_URL }\n'));
    assert.deepEqual(shown.find(({ setting }) => setting === 'database')?.value, {
      env: 'DATABASE_URL',
    });
  });
});

describe('a secret', () => {
  it('is read from a file without its last line break, from a variable, or as it stands', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-secret-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'secret');
    writeFileSync(file, ' two words \n');
    assert.deepEqual(readSecret({ file }, {}), { ok: true, value: ' two words ' });
    assert.deepEqual(readSecret({ env: 'A' }, { A: 'b' }), { ok: true, value: 'b' });
    assert.deepEqual(readSecret('as it is', {}), { ok: true, value: 'as it is' });
  });

  it('that is missing is told by its place', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-secret-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'secret');
    assert.deepEqual(readSecret({ file }, {}), { ok: false, error: `There is no file ${file}.` });
    writeFileSync(file, '\n');
    assert.deepEqual(readSecret({ file }, {}), { ok: false, error: `${file} is empty.` });
    for (const environment of [{}, { A: '' }]) {
      assert.deepEqual(readSecret({ env: 'A' }, environment), {
        ok: false,
        error: 'The environment variable A is not set.',
      });
    }
  });
});
