import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type ConfigInput, loadConfig } from '../../server/config/load-config.ts';
import { problemText } from '../../server/config/problem.ts';
import { configReference } from '../../tools/generate/config-reference.ts';

function folderWith(t: TestContext, yaml?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-config-'));
  t.after(() => rmSync(folder, { recursive: true }));
  if (yaml !== undefined) writeFileSync(join(folder, 'sallyport.yaml'), yaml);
  return folder;
}

function load(t: TestContext, yaml?: string, environment: ConfigInput['environment'] = {}) {
  return loadConfig({ environment, folder: folderWith(t, yaml) });
}

function sound(t: TestContext, yaml?: string, environment: ConfigInput['environment'] = {}) {
  const loaded = load(t, yaml, environment);
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.error.map(problemText).join('\n'));
  return loaded.value;
}

function wrong(t: TestContext, yaml: string, environment: ConfigInput['environment'] = {}) {
  const loaded = load(t, yaml, environment);
  assert.ok(!loaded.ok, 'nothing was found wrong');
  return loaded.error.map(problemText);
}

describe('without a file', () => {
  it('everything is as it is by default, and the data folder is here', (t) => {
    const folder = folderWith(t);
    const loaded = loadConfig({ environment: {}, folder });
    assert.ok(loaded.ok);
    const { config, file } = loaded.value;
    assert.equal(file, undefined);
    assert.equal(config.listen.host, 'localhost');
    assert.equal(config.listen.port, 8080);
    assert.equal(config.database, 'sqlite');
    assert.equal(config.data, join(folder, 'data'));
    assert.equal(config.policy.freshFor, 300_000);
    assert.deepEqual(
      [config.proofs.password.memory, config.proofs.password.passes, config.proofs.password.lanes],
      [19_456, 2, 1],
    );
    assert.equal(config.proofs.password.minLength, 8);
    assert.equal(config.mail.requireTLS, true);
  });

  it('an empty file is the same, and so is one of comments and empty sections', (t) => {
    const port = (yaml: string) => sound(t, yaml).config.listen.port;
    assert.deepEqual(
      [port(''), port('# nothing\n'), port('listen:\n#  port: 1\ngate:\n')],
      [8080, 8080, 8080],
    );
  });

  it('a file that was asked for must be there', (t) => {
    const folder = folderWith(t);
    const asked = loadConfig({ environment: {}, folder, file: 'other.yaml' });
    assert.ok(!asked.ok);
    assert.match(problemText(asked.error[0]!), /other\.yaml: There is no such file/);
    const named = loadConfig({ environment: { SALLYPORT_CONFIG: '/nowhere.yaml' }, folder });
    assert.ok(!named.ok);
  });
});

describe('a file', () => {
  it('sets what it names and leaves the rest', (t) => {
    const { config } = sound(
      t,
      'listen:\n  port: 9000\npolicy: { freshFor: 90s }\ngate: { idle: 30m }\n',
    );
    assert.equal(config.listen.port, 9000);
    assert.equal(config.listen.host, 'localhost');
    assert.equal(config.policy.freshFor, 90_000);
    assert.equal(config.gate.idle, 1_800_000);
  });

  it('means paths from its own folder', (t) => {
    const yaml =
      'data: here\npolicy: { folder: /etc/policies }\nvault: { rootKey: { file: keys/root } }\nmail: { host: a.example, from: a@a.example, user: u, password: { file: secret } }\nlisten: { tls: { certificate: c.pem, key: k.pem } }\n';
    const loaded = sound(t, yaml);
    const { config, file } = loaded;
    const folder = file!.slice(0, -'/sallyport.yaml'.length);
    assert.equal(config.data, join(folder, 'here'));
    assert.equal(config.policy.folder, '/etc/policies');
    assert.deepEqual(config.vault.rootKey, { kind: 'file', path: join(folder, 'keys/root') });
    assert.deepEqual(config.mail.password, { file: join(folder, 'secret') });
    assert.deepEqual(config.listen.tls, {
      certificate: join(folder, 'c.pem'),
      clientCertificates: false,
      key: join(folder, 'k.pem'),
      own: false,
    });
  });

  it('names an unknown setting with its line and the nearest right name', (t) => {
    assert.deepEqual(wrong(t, 'listen:\n  prot: 80\ndatabse: sqlite\n'), [
      'sallyport.yaml:2: listen.prot is not a setting. Did you mean listen.port?',
      'sallyport.yaml:3: databse is not a setting. Did you mean database?',
    ]);
  });

  it('finds the right name in the wrong place', (t) => {
    assert.deepEqual(wrong(t, 'port: 80\n'), [
      'sallyport.yaml:1: port is not a setting. Did you mean listen.port?',
    ]);
  });

  it('names an unknown setting inside a list', (t) => {
    const yaml =
      'proofs:\n  webauthn:\n    authenticators:\n      - aaguid: d8522d9f-575b-4866-88a9-ba99fa02f35b\n        nam: x\n';
    assert.deepEqual(wrong(t, yaml), [
      'sallyport.yaml:5: proofs.webauthn.authenticators[0].nam is not a setting. Did you mean proofs.webauthn.authenticators[0].name?',
    ]);
  });

  it('refuses what is no network, at its line in the list', (t) => {
    assert.deepEqual(
      wrong(t, 'listen:\n  trustedNetworks:\n    - 10.0.0.0/8\n    - 10.0.0.0/33\n'),
      [
        'sallyport.yaml:4: listen.trustedNetworks[1] must be an address or a network, such as 10.0.0.0/8, not the text “10.0.0.0/33”.',
      ],
    );
    assert.deepEqual(wrong(t, 'metrics: { networks: [everyone] }'), [
      'sallyport.yaml:1: metrics.networks[0] must be an address or a network, such as 10.0.0.0/8, not the text “everyone”.',
    ]);
  });

  const MISTAKES: readonly (readonly [yaml: string, says: string])[] = [
    [
      'listen: { port: eighty }',
      ':1: listen.port must be a whole number from 0 to 65535, not the text “eighty”.',
    ],
    [
      'listen: { port: 70000 }',
      ':1: listen.port must be a whole number from 0 to 65535, not 70000.',
    ],
    [
      'listen: { port: null }',
      ':1: listen.port must be a whole number from 0 to 65535, not nothing.',
    ],
    ['listen: 8080', ':1: listen must be a group of settings, not 8080.'],
    [
      'gate: { idle: 5 minutes }',
      ':1: gate.idle must be a duration such as 30s, 5m, 12h or 7d, not the text “5 minutes”.',
    ],
    [
      'gate: { idle: 300 }',
      ':1: gate.idle must be a duration such as 30s, 5m, 12h or 7d, not 300.',
    ],
    ['gate: { attempt: 10s }', ':1: gate.attempt must be at least 1m, not the text “10s”.'],
    [
      'log: { level: inof }',
      ':1: log.level must be one of error, warn, info, debug, not the text “inof”. Did you mean info?',
    ],
    [
      'listen:\n  trustedProxies: 10.0.0.1',
      ':2: listen.trustedProxies must be a list, each an address or a network such as 10.0.0.0/8, not the text “10.0.0.1”. One alone is a list, too: [10.0.0.1].',
    ],
    [
      'listen:\n  trustedProxies: [10.0.0.1, ten]',
      ':2: listen.trustedProxies[1] must be an address or a network, such as 10.0.0.0/8, not the text “ten”.',
    ],
    [
      'vault: { rootKey: { file: a, env: B } }',
      ':1: vault.rootKey must name one place: file, env or command.',
    ],
    ['database: mysql://a', ':1: database must be sqlite or begin with postgres://.'],
    [
      'listen: { tls: { key: a } }',
      ':1: listen.tls must name a certificate and a key, or say own: true and name neither.',
    ],
    [
      'mail: { requireTLS: maybe }',
      ':1: mail.requireTLS must be true or false, not the text “maybe”.',
    ],
  ];
  for (const [yaml, says] of MISTAKES) {
    it(`is told of ${yaml}`, (t) => assert.deepEqual(wrong(t, yaml), [`sallyport.yaml${says}`]));
  }

  it('is told of all that is wrong at once, down the file and then the variables', (t) => {
    const yaml = 'mail: { port: x }\nlog: { level: x }\nlisten: { port: x }\n';
    const places = wrong(t, yaml, { SALLYPORT_GATE__IDLE: 'x' }).map(
      (text) => /^[^ ]+: /.exec(text)?.[0],
    );
    assert.deepEqual(places, [
      'sallyport.yaml:1: ',
      'sallyport.yaml:2: ',
      'sallyport.yaml:3: ',
      'SALLYPORT_GATE__IDLE: ',
    ]);
  });

  it('is told of contradictions in the same go, but of none that rest on what is wrong itself', (t) => {
    const told = wrong(
      t,
      [
        'listen: { host: 0.0.0.0, port: x }',
        'mail: { host: mail.example.com, tls: never }',
        'gate: { idle: 2h, absolute: soon }',
        'proofs: { webauthn: { rpId: elsewhere.example } }',
        'lgo: 1',
      ].join('\n'),
    ).map((text) => text.slice(0, 38));
    assert.deepEqual(told, [
      'sallyport.yaml:1: listen.port must be ',
      'sallyport.yaml:1: listen.host is 0.0.0',
      'sallyport.yaml:2: mail.tls must be one',
      'sallyport.yaml:2: mail.from is missing',
      'sallyport.yaml:3: gate.absolute must b',
      'sallyport.yaml:4: proofs.webauthn.rpId',
      'sallyport.yaml:5: lgo is not a setting',
    ]);
  });

  it('is told both ways to HTTPS where others could read on the way', (t) => {
    const [told = ''] = wrong(t, 'listen: { host: 0.0.0.0 }');
    assert.match(told, /a certificate and a key, or own: true for one of its own authority;/);
    assert.equal(
      sound(t, 'listen: { host: 0.0.0.0, tls: { own: true } }').config.listen.tls?.own,
      true,
    );
  });

  for (const [what, yaml] of [
    ['TLS that lacks its key', 'listen: { host: 0.0.0.0, tls: { certificate: c.pem } }'],
    ['TLS under a misspelt name', 'listen: { host: 0.0.0.0, tsl: { certificate: c, key: k } }'],
    ['a sender that is no address', 'mail: { host: mail.example.com, from: me }'],
  ]) {
    it(`is told only once of ${what}`, (t) => assert.equal(wrong(t, yaml ?? '').length, 1));
  }

  it('never has a secret of it shown', (t) => {
    const told = wrong(t, 'mail: { password: [hunter2] }\ndatabase: [postgres://u:hunter2@h/d]\n');
    assert.equal(told.length, 2);
    assert.doesNotMatch(told.join(), /hunter2/);
  });

  const NOT_OURS: readonly (readonly [yaml: string, says: RegExp])[] = [
    ['listen: [1\nlog: 2', /^sallyport\.yaml:2: This is not YAML as we read it/],
    [
      'data: a\ndata: b',
      /^sallyport\.yaml:2: This is not YAML as we read it: Map keys must be unique/,
    ],
    ['- listen', /^sallyport\.yaml:1: It must begin with the name of a setting/],
    ['data: a\n---\ndata: b', /^sallyport\.yaml:\d: There is a second document/],
    [
      `a: &a [1]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b]`,
      /^sallyport\.yaml: It refers to itself/,
    ],
    [`# ${'x'.repeat(1024 * 1024)}`, /^sallyport\.yaml: It is larger than 1 MiB/],
    ['!!js/function a: 1', /^sallyport\.yaml:1/],
    ['__proto__: { listen: { port: 1 } }', /^sallyport\.yaml:1: __proto__ is not a setting/],
  ];
  for (const [yaml, says] of NOT_OURS) {
    it(`is refused when it is ${JSON.stringify(yaml.slice(0, 30))}`, (t) =>
      assert.match(wrong(t, yaml)[0]!, says));
  }
});

describe('settings that contradict each other', () => {
  const WRONG: readonly (readonly [yaml: string, says: RegExp])[] = [
    ['listen: { host: 0.0.0.0 }', /:1: listen\.host is 0\.0\.0\.0.*without TLS.*listen\.tls/],
    ['listen: { host: signin.example.com }', /listen\.host/],
    ['listen: { origin: http://signin.example.com }', /:1: listen\.origin.*https/],
    [
      'listen: { origin: https://signin.example.com/ }',
      /Did you mean https:\/\/signin\.example\.com\?/,
    ],
    [
      'listen: { origin: https://a.example.com }\nproofs: { webauthn: { rpId: example.org } }',
      /:2: proofs\.webauthn\.rpId/,
    ],
    [
      'listen: { origin: https://badexample.com }\nproofs: { webauthn: { rpId: example.com } }',
      /:2: proofs\.webauthn\.rpId/,
    ],
    ['gate: { idle: 2h, absolute: 1h }', /:1: gate\.idle is longer/],
    [
      'gate: { throttles: { opening: { network: 200, all: 100 } } }',
      /:1: gate\.throttles\.opening\.network is more than/,
    ],
    ...(['account', 'source', 'spray'] as const).map((scope): readonly [string, RegExp] => [
      `gate: { throttles: { ${scope}: { longest: 2h, forget: 1h } } }`,
      new RegExp(`:1: gate\\.throttles\\.${scope}\\.longest is longer than .*\\.forget`),
    ]),
    ['mail: { host: mail.example.com }', /:1: mail\.from is missing/],
    ['mail: { user: a }', /:1: mail\.user and mail\.password belong together/],
  ];
  for (const [yaml, says] of WRONG) {
    it(`are refused: ${yaml.replaceAll('\n', ' ')}`, (t) => {
      const told = wrong(t, yaml);
      assert.equal(told.length, 1);
      assert.match(told[0]!, says);
    });
  }

  it('are not: a wait as long as its failures are remembered', (t) => {
    const { config } = sound(t, 'gate: { throttles: { account: { longest: 2h, forget: 2h } } }');
    assert.equal(config.gate.throttles.account.longest, config.gate.throttles.account.forget);
  });

  for (const host of ['localhost', '127.0.0.1', '127.0.0.53', '::1']) {
    it(`are not: plain HTTP on ${host}`, (t) => {
      assert.equal(sound(t, `listen: { host: "${host}" }`).config.listen.host, host);
    });
  }
});

it('the example of the reference page is a sound configuration', (t) => {
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(configReference()) ?? [];
  assert.match(yaml, /listen:/);
  assert.equal(sound(t, yaml).config.listen.port, 443);
});

it('the committed JSON Schema knows every setting of the example', () => {
  const schema = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../docs/sallyport.schema.json'), 'utf8'),
  );
  assert.equal(schema.additionalProperties, false);
  assert.equal(schema.properties.listen.properties.tls.properties.key.type, 'string');
  assert.doesNotMatch(JSON.stringify(schema), /"(?:wanted|secret)":/);
});
