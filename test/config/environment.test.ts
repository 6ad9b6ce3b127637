import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { loadConfig } from '../../server/config/load-config.ts';
import { problemText } from '../../server/config/problem.ts';
import { listSettings, variableOf } from '../../server/config/settings.ts';

function load(t: TestContext, environment: Record<string, string>, yaml = '') {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-environment-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'sallyport.yaml'), yaml);
  return loadConfig({ environment, folder });
}

function sound(t: TestContext, environment: Record<string, string>, yaml = '') {
  const loaded = load(t, environment, yaml);
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.error.map(problemText).join('\n'));
  return loaded.value;
}

function wrong(t: TestContext, environment: Record<string, string>, yaml = '') {
  const loaded = load(t, environment, yaml);
  assert.ok(!loaded.ok);
  return loaded.error.map(problemText);
}

describe('a SALLYPORT_ variable', () => {
  it('overrides the file, which overrides the default', (t) => {
    const yaml = 'listen: { port: 1000 }\nlog: { level: warn }\n';
    const { config, origin } = sound(t, { SALLYPORT_LISTEN__PORT: '2000' }, yaml);
    assert.deepEqual([config.listen.port, config.log.level, config.mail.port], [2000, 'warn', 587]);
    assert.equal(origin(['listen', 'port']), 'SALLYPORT_LISTEN__PORT');
    assert.equal(origin(['log', 'level']), 'sallyport.yaml:2');
    assert.equal(origin(['mail', 'port']), undefined);
  });

  it('is read as what the setting takes: texts, numbers, words, durations, lists', (t) => {
    const { config } = sound(t, {
      SALLYPORT_LISTEN__TRUSTED_PROXIES: '10.0.0.1, 10.1.0.0/16',
      SALLYPORT_METRICS__NETWORKS: '["127.0.0.1"]',
      SALLYPORT_PROOFS__TOTP__ISSUER: '12345',
      SALLYPORT_PROOFS__WEBAUTHN__REFUSE_REGRESSIONS: 'true',
      SALLYPORT_GATE__IDLE: '45m',
      SALLYPORT_GATE__THROTTLES__ACCOUNT__FREE: '7',
      SALLYPORT_VAULT__ROOT_KEY__COMMAND: '[kms, read, key]',
    });
    assert.deepEqual(config.listen.trustedProxies, ['10.0.0.1', '10.1.0.0/16']);
    assert.deepEqual(config.metrics.networks, ['127.0.0.1']);
    assert.equal(config.proofs.totp.issuer, '12345');
    assert.equal(config.proofs.webauthn.refuseRegressions, true);
    assert.equal(config.gate.idle, 2_700_000);
    assert.equal(config.gate.throttles.account.free, 7);
    assert.deepEqual(config.vault.rootKey, { kind: 'command', command: ['kms', 'read', 'key'] });
  });

  it('gives a secret, or says where it is', (t) => {
    const mail = {
      SALLYPORT_MAIL__HOST: 'a.example',
      SALLYPORT_MAIL__FROM: 'a@a.example',
      SALLYPORT_MAIL__USER: 'u',
    };
    const here = sound(t, { ...mail, SALLYPORT_MAIL__PASSWORD: 'true' });
    assert.equal(here.config.mail.password, 'true');
    const there = sound(t, { ...mail, SALLYPORT_MAIL__PASSWORD__ENV: 'SMTP_WORD' });
    assert.deepEqual(there.config.mail.password, { env: 'SMTP_WORD' });
    const url = sound(t, { SALLYPORT_DATABASE: 'postgres://u@localhost/d' });
    assert.equal(url.config.database, 'postgres://u@localhost/d');
  });

  it('that names no setting is refused, with the nearest that does', (t) => {
    assert.deepEqual(wrong(t, { SALLYPORT_LISTEN__PROT: '1' }), [
      'SALLYPORT_LISTEN__PROT: No setting has this variable. Did you mean SALLYPORT_LISTEN__PORT?',
    ]);
    assert.deepEqual(wrong(t, { SALLYPORT_LISTEN_PORT: '1' }), [
      'SALLYPORT_LISTEN_PORT: No setting has this variable. Did you mean SALLYPORT_LISTEN__PORT?',
    ]);
    assert.deepEqual(wrong(t, { SALLYPORT_QUITE_OTHERWISE: '1' }), [
      'SALLYPORT_QUITE_OTHERWISE: No setting has this variable.',
    ]);
  });

  it('of a whole section is refused', (t) => {
    assert.match(wrong(t, { SALLYPORT_LISTEN: '{port: 1}' })[0]!, /No setting has this variable/);
  });

  it('is told by its own name when its value is wrong', (t) => {
    assert.deepEqual(wrong(t, { SALLYPORT_LISTEN__PORT: 'x' }), [
      'SALLYPORT_LISTEN__PORT: listen.port must be a whole number from 0 to 65535, not the text “x”.',
    ]);
    assert.match(wrong(t, { SALLYPORT_LISTEN__HOST: '0.0.0.0' })[0]!, /^SALLYPORT_LISTEN__HOST: /);
    assert.match(wrong(t, { SALLYPORT_DATA: '' })[0]!, /^SALLYPORT_DATA: /);
  });

  it('that a setting names as the place of a secret is no setting, and is let be', (t) => {
    const yaml = 'vault: { rootKey: { env: SALLYPORT_ROOT_KEY } }\n';
    assert.ok(load(t, { SALLYPORT_ROOT_KEY: 'x' }, yaml).ok);
    assert.ok(
      load(t, { SALLYPORT_VAULT__ROOT_KEY__ENV: 'SALLYPORT_ROOT_KEY', SALLYPORT_ROOT_KEY: 'x' }).ok,
    );
    assert.ok(!load(t, { SALLYPORT_ROOT_KEY: 'x' }).ok);
  });

  it('of our own tests is let be, and so is anything with another name', (t) => {
    assert.ok(load(t, { SALLYPORT_TEST_POSTGRES: 'x', SALLYPORTLISTEN: 'x', HOME: '/root' }).ok);
  });
});

it('every setting has a variable of its own', () => {
  const variables = listSettings().map(({ path }) => variableOf(path));
  assert.equal(new Set(variables).size, variables.length);
  for (const variable of variables)
    assert.match(variable, /^SALLYPORT_[A-Z][A-Z0-9]*(?:__?[A-Z0-9]+)*$/);
});

it('every setting has a sentence, and everything but a place or an address has a default or is optional', () => {
  for (const { path, schema } of listSettings()) {
    assert.match(
      schema.description ?? '',
      /^[A-Z`].*[.]$/s,
      `${path} is not described by a sentence`,
    );
  }
});
