import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { runCommandLine } from '../../server/main/terminal/command-line.ts';
import { beginIn } from '../support/command.ts';

describe('sallyport policy', () => {
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
    await beginIn(folder);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function run(...args: string[]) {
    const [said, told]: [string[], string[]] = [[], []];
    const code = await runCommandLine({
      args: ['policy', ...args],
      environment: {},
      folder,
      stdout: { write: (text) => said.push(text), columns: 120 },
      stderr: { write: (text) => told.push(text) },
    });
    const out = said.join('');
    return { code, out, err: told.join(''), data: () => JSON.parse(out) };
  }
  const add = (name: string, text: string) => writeFileSync(join(folder, 'mine', name), text);

  it('writes out what is in force, checks it, and puts a change of it in force', async () => {
    assert.equal((await run('show', '--to', 'mine')).code, 0);
    assert.ok(readdirSync(join(folder, 'mine')).includes('people.cedar'));
    add(
      'more.cedar',
      '@id("day")\n@because("By day.")\nforbid (principal is Person, action == Action::"signIn", resource)\nwhen { context.time.toTime() < duration("6h") }\nunless { principal in Role::"administrator" };',
    );
    assert.equal((await run('check', 'mine')).code, 0);

    const activated = await run('activate', 'mine', '--json', '--expect', '0');
    assert.equal(activated.data().version, 1);
    const late = await run('activate', 'mine', '--expect', '0');
    assert.equal(late.code, 1);
    assert.match(late.err, /another version is in force/);

    const history = await run('show', '--history', '--json');
    assert.deepEqual(
      history.data().versions.map((one: { version: number }) => one.version),
      [1],
    );
    const [version] = history.data().versions;
    assert.deepEqual(Object.keys(version), ['version', 'sha256', 'activatedAt', 'activatedBy']);
    const night = ['--holds', 'webauthn', '--action', 'signIn', '--time', '2026-01-05T05:00Z'];
    const asleep = (await run('simulate', ...night, '--json')).data();
    assert.equal(asleep.state, 'refused');
    assert.deepEqual(
      asleep.deciding.map(({ id }: { id: string }) => id),
      ['day'],
    );
    assert.equal((await run('explain', 'day')).code, 0);
    assert.match((await run('explain', 'day')).out, /By day\.\s+more\.cedar, line 1/);
    assert.equal((await run('explain', 'night')).code, 4);
    add(
      'more.cedar',
      `@id("wide")\n@because("Wide.")\nforbid (principal, action, resource)\nwhen {\n  context.source.isInRange(ip("192.0.2.0/24")) || ${'context.source.isInRange(ip("198.51.100.0/24")) || '.repeat(3)}false\n};`,
    );
    assert.equal((await run('activate', 'mine')).code, 0);
    const wide = (await run('explain', 'wide')).out;
    // As it stands in the file, however wide the terminal is.
    assert.match(wide, /\n {2}when \{\n {4}context\.source.{150,}\|\| false\n {2}\};\n$/);
    assert.equal((await run('show', '--to', 'mine')).code, 0);
    add('people.cedar', '// mine');
    assert.equal((await run('show', '--to', 'mine')).code, 1);
  });

  it('shows an error at its place, and activates nothing that has one', async () => {
    await run('show', '--to', 'mine');
    add(
      'wrong.cedar',
      '@id("w")\n@because("w")\npermit (principal in Role::"boss", action, resource);',
    );
    const checked = await run('check', 'mine');
    assert.equal(checked.code, 1);
    assert.match(checked.out, /wrong\.cedar:3:22/);
    const lines = checked.out.split('\n').map((line) => line.replaceAll('\u00a0', ' '));
    const source = lines.findIndex((line) => line.includes('permit (principal in'));
    assert.equal(lines[source + 1]?.indexOf('^'), lines[source]?.indexOf('Role::"boss"'));
    const action = ['--action', 'signIn', '--holds', 'webauthn'];
    for (const args of [
      ['activate', 'mine'],
      ['simulate', ...action, '--with', 'mine'],
    ]) {
      const refused = await run(...args);
      assert.deepEqual([refused.code, refused.out], [1, '']);
      assert.match(refused.err, /1 error in mine.*wrong\.cedar:3:22/s);
      const { error } = (await run(...args, '--json')).data();
      assert.match(error.what, /1 error in mine/);
      assert.equal(error.details.code, 'policy-not-valid');
      assert.equal(error.details.problems[0].file, 'wrong.cedar');
    }
    assert.equal((await run('show', '--json')).data().version, 0);
  });

  it('refuses to put in force what nobody could undo', async () => {
    await run('show', '--to', 'mine');
    add('closed.cedar', '@id("c")\n@because("c")\nforbid (principal, action, resource);');
    const refused = await run('activate', 'mine');
    assert.equal(refused.code, 3);
    assert.match(refused.err, /no administrator could sign in/);
    assert.match(
      refused.err,
      /begin\s+with\s+those\s+in\s+force\s+\(\.\/sallyport\s+policy\s+show\s+--to/,
    );
    const { error } = (await run('activate', 'mine', '--json')).data();
    assert.equal(error.details.code, 'policy-locks-out');
    assert.equal((await run('show', '--json')).data().version, 0);
  });

  it('tries administrators from where they come', async () => {
    await run('show', '--to', 'mine');
    add(
      'plant.cedar',
      '@id("p")\n@because("p")\nforbid (principal in Role::"administrator", action, resource)\nunless { context.source.isInRange(ip("10.20.0.0/16")) };',
    );
    assert.equal((await run('activate', 'mine')).code, 3);
    assert.equal((await run('activate', 'mine', '--from', '10.20.0.1')).code, 0);
  });

  it('simulates what would be asked of someone, by policies in force or offered', async () => {
    const someone = ['simulate', '--action', 'signIn', '--holds', 'password', 'totp'];
    const [apart, together] = [
      await run(...someone, '--json', '--time', '2026-01-05T08:00Z'),
      await run(...someone.slice(0, 4), 'password,totp', '--json', '--time', '2026-01-05T08:00Z'),
    ];
    assert.equal(together.code, 0, together.err);
    assert.deepEqual(together.data(), apart.data(), 'commas do as well as spaces');
    const plain = await run(...someone);
    assert.equal(plain.code, 0);
    assert.match(plain.out, /challenged/);
    assert.match(plain.out, /password and totp/);
    const administrator = (await run(...someone, '--role', 'administrator', '--json')).data();
    assert.equal(administrator.state, 'refused');
    assert.deepEqual(administrator.missing[0], ['webauthn']);

    await run('show', '--to', 'mine');
    add('closed.cedar', '@id("c")\n@because("c")\nforbid (principal, action, resource);');
    assert.equal((await run(...someone, '--with', 'mine', '--json')).data().state, 'refused');
    assert.equal((await run(...someone, '--json')).data().state, 'challenged');
  });

  it('simulates who is issued a certificate, whose, what for and in which names', async () => {
    await run('show', '--to', 'mine');
    add(
      'gateway.cedar',
      '@id("gateway")\n@because("The gateway has its own.")\nforbid (principal, action == Action::"certificate.issue", resource)\nwhen { context.certificate.kind == "server" && context.certificate.names.contains("vpn.example.com") };',
    );
    const asked = ['simulate', '--json', '--with', 'mine', '--role', 'administrator'];
    const state = async (certificate: string, ...names: string[]) => {
      const shown = ['--shown', 'webauthn', '--action', 'certificate.issue'];
      const its = ['--certificate', certificate, '--name', ...names];
      return (await run(...asked, ...shown, ...its)).data().state;
    };
    assert.equal(await state('server:server', 'plc.example.com', 'vpn.example.com'), 'refused');
    assert.equal(await state('server:server', 'plc.example.com'), 'granted');
    assert.equal(await state('device:device', 'vpn.example.com'), 'granted');
  });

  it('knows that who holds a passkey shows it to change proofs, and who holds none need not', async () => {
    const change = [
      'simulate',
      '--json',
      '--action',
      'removeProof',
      '--shown',
      'password@900',
      'totp@900',
    ];
    const ways = async (...holds: string[]) => {
      const { rungs } = (await run(...change, '--holds', ...holds)).data();
      return rungs.map((kinds: string[]) => kinds.join(' '));
    };
    assert.deepEqual(await ways('password', 'totp', 'webauthn'), ['webauthn']);
    assert.deepEqual(await ways('password', 'totp'), ['password', 'totp']);
  });

  describe('asked with words that it does not know', () => {
    for (const [args, says] of [
      [['--action', 'signIn', '--role', 'king'], /There is no role king\..*administrator/s],
      [['--action', 'signIn', '--role', 'auditr'], /Did you mean auditor\?/],
      [
        ['--action', 'signIn', '--from', 'here'],
        /--from here: that is no address\..*192\.0\.2\.7/s,
      ],
      [['--action', 'signIn', '--from', '192.0.2.777'], /192\.0\.2\.777: that is no address/],
      [['--action', 'signin'], /Did you mean signIn\?/],
      [['--action', 'signIn', '--holds', 'passwrd'], /Did you mean password\?/],
      [
        ['--action', 'certificate.issue', '--certificate', 'server'],
        /server is no certificate\..*server:server/s,
      ],
      [
        ['--action', 'certificate.issue', '--certificate', 'server:server:x'],
        /server:server:x is no certificate\./,
      ],
      [
        ['--action', 'certificate.issue', '--name', 'vpn.example.com'],
        /--name is of a certificate.*--certificate/s,
      ],
    ] as const) {
      it(`simulate ${args.join(' ')} ends with 2 and says what would do`, async () => {
        const { code, out, err } = await run('simulate', ...args);
        assert.deepEqual([code, out], [2, '']);
        assert.match(err, says);
      });
    }

    it('activate changes nothing', async () => {
      await run('show', '--to', 'mine');
      const { code, err } = await run('activate', 'mine', '--from', 'here');
      assert.equal(code, 2);
      assert.match(err, /--from here: that is no address\. Nothing was changed\./);
      assert.deepEqual((await run('show', '--history', '--json')).data().versions, []);
    });
  });

  it('makes no version of the very files that are in force', async () => {
    await run('show', '--to', 'mine');
    assert.equal((await run('activate', 'mine', '--json')).data().version, 1);
    const again = await run('activate', 'mine');
    assert.equal(again.code, 0);
    assert.match(again.out, /^Nothing was changed: .* as version 1\./);
    assert.equal((await run('show', '--history', '--json')).data().versions.length, 1);
    add(
      'more.cedar',
      '@id("more")\n@because("More.")\nforbid (principal is Device, action, resource);',
    );
    assert.equal((await run('activate', 'mine', '--json')).data().version, 2);
  });

  it('takes the folder that the configuration names, when it is given none', async () => {
    assert.equal((await run('check')).code, 2);
    await run('show', '--to', 'mine');
    writeFileSync(join(folder, 'sallyport.yaml'), 'policy: { folder: mine }\n');
    assert.match((await run('check')).out, /are in order/);
    assert.equal((await run('activate', '--json')).data().version, 1);
  });

  const nobody = '@id("no")\n@because("No.")\nforbid (principal, action, resource);';
  for (const [where, prepare] of [
    ['without a database', () => Promise.resolve()],
    ['with one', () => run('show')],
  ] as const) {
    it(`warns, ${where}, of policies that lock out every administrator, and fails with --strict`, async () => {
      await prepare();
      mkdirSync(join(folder, 'mine'));
      add('no.cedar', nobody);
      const warned = await run('check', 'mine', '--json');
      assert.equal(warned.code, 0);
      const { valid, wouldLockOut, problems } = warned.data();
      assert.deepEqual([valid, wouldLockOut], [true, true]);
      assert.match(problems[0].message, /will be refused: no administrator/);
      assert.doesNotMatch((await run('check', 'mine')).out, /in order/);
      assert.equal((await run('check', 'mine', '--strict')).code, 1);
      assert.equal((await run('activate', 'mine')).code, 3);
    });
  }

  it('asks from where administrators come, when told', async () => {
    await run('show', '--to', 'mine');
    add(
      'plant.cedar',
      '@id("plant")\n@because("From the plant.")\nforbid (principal is Person, action in Action::"administer", resource)\nunless { context.source.isInRange(ip("10.20.0.0/16")) };',
    );
    assert.equal((await run('check', 'mine', '--json')).data().wouldLockOut, true);
    const there = await run('check', 'mine', '--strict', '--json', '--from', '10.20.0.1');
    assert.deepEqual([there.code, there.data().wouldLockOut], [0, false]);
    assert.equal((await run('check', 'mine', '--from', 'here')).code, 2);
  });

  it('shows the place in a long line with all its letters, or says that some are left out', async () => {
    mkdirSync(join(folder, 'mine'));
    add(
      'long.cedar',
      '@id("a")\n@because("A.")\nforbid (principal is Persn, action == Action::"signIn", resource in Nothing);',
    );
    const { out } = await run('check', 'mine');
    const flat = out.replaceAll('\u00a0', ' ').split('\n');
    const lines = flat.filter((line) => /\^/.test(line));
    assert.ok(lines.length > 0, out);
    for (const line of lines) {
      const above = flat[flat.indexOf(line) - 1] ?? '';
      const from = line.indexOf('^');
      assert.match(above, /(?:^| )(?:forbid|…)/);
      assert.match(above.slice(from), /^(?:Persn|Nothing|resource in Nothing)/, out);
    }
  });

  it('says what it does not know, and what it does', async () => {
    assert.match((await run('simulate', '--action', 'signin')).err, /The actions are signIn/);
    assert.match((await run('simulate', '--action', 'signIn', '--holds', 'badge')).err, /password/);
    assert.equal((await run('simulate', '--action', 'signIn', '--person', 'mia')).code, 4);
    assert.equal((await run('simulate', '--action', 'role.change')).code, 2);
    assert.equal((await run('check', 'nowhere')).code, 2);
    assert.equal((await run('activate', 'nowhere')).code, 2);
  });
});
