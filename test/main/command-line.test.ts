import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Command } from 'commander';
import type { CommandContext } from '../../server/main/terminal/command-context.ts';
import { runCommandLine } from '../../server/main/terminal/command-line.ts';
import { EXIT_WORDS } from '../../server/main/terminal/exit.ts';
import { GROUPS } from '../../server/main/terminal/groups.ts';
import { callOf, examplesOf, leaves, wordsOf } from '../../server/main/terminal/help.ts';
import { freePort } from '../support/free-port.ts';

const HERE = resolve(import.meta.dirname, '../..');

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(
  t: TestContext,
  args: string,
  { yaml, environment = {} }: { yaml?: string; environment?: Record<string, string> } = {},
): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-cli-'));
  t.after(() => rmSync(folder, { recursive: true }));
  if (yaml !== undefined) writeFileSync(join(folder, 'sallyport.yaml'), yaml);
  let [out, err] = ['', ''];
  const code = await runCommandLine({
    args: args.split(' ').filter((arg) => arg !== ''),
    environment,
    folder,
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err };
}

async function allCommands(): Promise<Command[]> {
  const program = new Command('sallyport');
  const nowhere = (): never => assert.fail('registering a command needs nothing of its context');
  const context: CommandContext = {
    environment: {},
    folder: '/',
    configFile: nowhere,
    at: nowhere,
    waits: nowhere,
    output: nowhere,
    end: nowhere,
  };
  for (const { load } of GROUPS) (await load()).register(program, context);
  return leaves(program);
}

describe('--help', () => {
  it('lists every command with its sentence, the options of all, and the exit codes', async (t) => {
    const { code, out, err } = await run(t, '--help');
    assert.deepEqual([code, err], [0, '']);
    for (const command of await allCommands()) {
      assert.ok(out.includes(callOf(command)), callOf(command));
    }
    for (const words of Object.values(EXIT_WORDS))
      assert.ok(out.includes(words.slice(0, 40)), words);
    for (const option of ['--config', '--at', '--json', '--no-color', '--version'])
      assert.ok(out.includes(option));
    for (const line of out.split('\n')) assert.ok(line.length <= 100, line);
  });

  it('is what the bare command tells', async (t) => {
    const [bare, help] = await Promise.all([run(t, ''), run(t, '--help')]);
    assert.deepEqual(bare, help);
  });

  it('of every command begins with a sentence and ends with examples that call it', async () => {
    for (const command of await allCommands()) {
      const name = callOf(command);
      assert.match(command.description(), /^[A-Z].*\.$/, name);
      const examples = examplesOf(command);
      assert.ok(examples.length > 0, `${name} has no example`);
      const [verb] = name.split(/ [[A-Z]/);
      for (const { run: line, says } of examples) {
        assert.ok(line.includes(`./sallyport ${verb}`), line);
        assert.match(says, /^[A-Z].*[.?]$/, line);
      }
      for (const option of command.options)
        assert.match(option.description, /\.$/, `${name} ${option.flags}`);
    }
  });

  it('tells no default that is nothing', async (t) => {
    for (const command of ['person add', 'pass issue', 'record search', 'policy simulate']) {
      assert.doesNotMatch((await run(t, `${command} --help`)).out, /default: \[/, command);
    }
  });

  it('of one command shows its examples', async (t) => {
    const { code, out } = await run(t, 'config check --help');
    assert.equal(code, 0);
    assert.match(out, /\nEXAMPLES\n {2}\.\/sallyport config check\n/);
    assert.deepEqual(await run(t, 'help config check'), { code, out, err: '' });
    assert.deepEqual(await run(t, 'help'), await run(t, '--help'));
    assert.deepEqual(await run(t, 'config check -h'), { code, out, err: '' });
  });

  it('of one command tells what it needs, what is named, and what it takes if nothing is said', async (t) => {
    const { out } = await run(t, 'device add --help');
    assert.match(out, /\nUSE\n {2}\.\/sallyport device add NAME --kind <kind> --owner <person> \[/);
    assert.match(out, /\nWHAT IS NAMED\n {2}NAME +Small letters/);
    assert.match(out, /\n {2}--owner <person> +Who answers for it: .*\. Needed\.\n/);
    assert.match(
      (await run(t, 'resource list --help')).out,
      /How many at the most\. Without it: 100\./,
    );
  });

  it('of a group lists its commands, with examples', async (t) => {
    const { code, out, err } = await run(t, 'device --help');
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /^SALLYPORT DEVICE\n {2}The machines that prove themselves\.\n\nUSE\n/);
    assert.match(out, /\nCOMMANDS\n {2}device add NAME +Add a device/);
    assert.match(out, /\n {2}device exception add DEVICE +Write an exception down/);
    assert.match(out, /\nEXAMPLES\n {2}\.\/sallyport device add core-1/);
  });

  it('of every command and group is in one voice, and fits a terminal', async (t) => {
    const pages = new Set<string>();
    for (const command of await allCommands()) {
      for (let at: Command | null = command; at?.parent; at = at.parent) pages.add(wordsOf(at));
    }
    for (const words of pages) {
      const { code, out } = await run(t, `${words} --help`);
      assert.equal(code, 0, words);
      assert.ok(out.startsWith(`SALLYPORT ${words.toUpperCase()}\n`), words);
      assert.doesNotMatch(out, /Usage:|Global Options|\(default/, words);
      const [told = '', shown = ''] = out.split('\nEXAMPLES\n');
      for (const line of told.split('\n')) assert.ok(line.length <= 100, `${words}: ${line}`);
      assert.match(shown, /^ {2}.*\.\/sallyport /, words);
    }
  });

  it('tells of --at where it can be used, and nowhere else', async (t) => {
    assert.match((await run(t, 'device add --help')).out, /--at <origin>/);
    assert.doesNotMatch((await run(t, 'serve --help')).out, /--at <origin>|--no-wait/);
  });
});

describe('what is not understood', () => {
  const CASES: readonly (readonly [args: string, says: RegExp])[] = [
    ['confg check', /^There is no command confg\. Did you mean config\?/],
    ['config chek', /^There is no command config chek\. Did you mean config check\?/],
    ['help config chek', /^There is no command config chek\. Did you mean config check\?/],
    ['config chek --help', /^There is no command config chek\. Did you mean config check\?/],
    [
      'process proof rm',
      /^There is no command process proof rm\. Did you mean process proof remove\?/,
    ],
    ['user list', /^There is no command user\. Did you mean person\?/],
    ['--jsn', /^\.\/sallyport has no option --jsn\. Did you mean --json\?/],
    ['device --status x list', /^device has no option --status\./],
    ['serve --port 8081', /\nSet listen\.port in sallyport\.yaml, or SALLYPORT_LISTEN__PORT in/],
    ['config check --jsn', /^config check has no option --jsn\. Did you mean --json\?/],
    [
      'person add ada --mial=a@b.example',
      /^person add has no option --mial\. Did you mean --mail\?/,
    ],
    ['config', /^What should config do\?/],
    ['config check extra', /^config check takes no name: “extra” is one too many\./],
    ['device show a b', /^device show takes DEVICE and no more: “b” is one too many\./],
    ['device show', /^device show needs DEVICE\.\n\nmissing +what it is\nDEVICE +Name or id\./],
    ['device add', /^device add needs NAME, --kind <kind> and --owner <person>\.\n\nmissing/],
    ['device add a --kind rtu', /^device add needs --owner <person>\.\n/],
    ['record tail -n', /^Something is missing behind --lines: -n, --lines <number>\. How many/],
    ['record search --type=', /^--type can’t be that\. It is empty\./],
    ['policy activate there --expect x', /^--expect can’t be that\. A version is a number\./],
    [
      'config show --config',
      /^Something is missing behind --config: --config <file>\. The configuration file/,
    ],
    ['serve extra', /\n\.\/sallyport serve --help/],
    ['frobnicate', /^There is no command frobnicate\.\n/],
  ];
  for (const [args, says] of CASES) {
    it(`ends with 2 and a way on: ${args}`, async (t) => {
      const { code, out, err } = await run(t, args);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, says);
      assert.match(err, /--help/);
    });
  }

  it('is told in JSON to who asked for JSON', async (t) => {
    const { code, out, err } = await run(t, 'confg --json');
    assert.deepEqual([code, err], [2, '']);
    assert.match(JSON.parse(out).error.what, /Did you mean config/);
  });
});

describe('config check', () => {
  it('says that all is in order, and ends with 0', async (t) => {
    const { code, out } = await run(t, 'config check', { yaml: 'listen: { port: 1 }\n' });
    assert.equal(code, 0);
    assert.match(out, /sallyport\.yaml is in order\.\n$/);
  });

  it('tells all that is wrong, line by line, and ends with 1', async (t) => {
    const { code, out } = await run(t, 'config check', { yaml: 'lsten: 1\nlog: { level: x }\n' });
    assert.equal(code, 1);
    assert.match(out, /^2 things are wrong/);
    assert.match(out, /■ wrong +sallyport\.yaml:1 +lsten is not a setting\. Did you mean listen\?/);
    assert.match(out, /■ wrong +sallyport\.yaml:2 +log\.level/);
  });

  it('tells what makes it less safe, and ends with 0', async (t) => {
    const { code, out } = await run(t, 'config check', { yaml: 'log: { level: debug }\n' });
    assert.equal(code, 0);
    assert.match(out, /◐ careful +sallyport\.yaml:1 +log\.level/);
  });

  it('tells the same to machines', async (t) => {
    const { code, out } = await run(t, 'config check --json', { yaml: 'lsten: 1\n' });
    assert.equal(code, 1);
    assert.deepEqual(JSON.parse(out), {
      ok: false,
      file: null,
      problems: [
        {
          where: 'sallyport.yaml:1',
          setting: 'lsten',
          says: 'lsten is not a setting. Did you mean listen?',
        },
      ],
      warnings: [],
    });
  });

  it('looks at the file that --config names', async (t) => {
    const { code, err } = await run(t, 'config show --config nowhere.yaml');
    assert.equal(code, 2);
    assert.match(err, /nowhere\.yaml: There is no such file/);
  });
});

describe('config show', () => {
  it('shows what is set and where, and with --all the rest', async (t) => {
    const yaml = 'gate: { idle: 30m }\n';
    const some = await run(t, 'config show', {
      yaml,
      environment: { SALLYPORT_LOG__LEVEL: 'warn' },
    });
    assert.match(some.out, /gate\.idle +sallyport\.yaml:1 +30m\n/);
    assert.match(some.out, /log\.level +SALLYPORT_LOG__LEVEL +warn\n/);
    assert.doesNotMatch(some.out, /listen\.port/);
    const all = await run(t, 'config show --all', { yaml });
    assert.match(all.out, /listen\.port +default +8080\n/);
  });

  it('tells a configuration that can’t be used, and ends with 2', async (t) => {
    const { code, out, err } = await run(t, 'config show', { yaml: 'lsten: 1\n' });
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, /- sallyport\.yaml:1: lsten is not a setting/);
  });
});

it('config schema prints the schema that is committed', async (t) => {
  const { code, out } = await run(t, 'config schema');
  assert.equal(code, 0);
  assert.equal(JSON.parse(out).title, 'sallyport.yaml');
});

describe('doctor, on a configuration that is wrong', () => {
  const found = (out: string, of: string): { state: string; what: string } =>
    JSON.parse(out).found.find(({ name }: { name: string }) => name === of);

  it('tells what is wrong, and looks at all that does not depend on it', async (t) => {
    const yaml = 'listen: { port: many }\nmail: { host: 1 }\n';
    const { code, out } = await run(t, 'doctor --json', { yaml });
    assert.equal(code, 1);
    assert.match(found(out, 'configuration').what, /^sallyport\.yaml:1: listen\.port must be/);
    assert.equal(found(out, 'disk').what.includes('free'), true);
    assert.equal(found(out, 'database').what, 'It will be made at the first start.');
    for (const name of ['TLS', 'mail']) assert.equal(found(out, name).state, 'unknown', name);
  });

  it('does not take a default for what was meant by a name that is spelt wrong', async (t) => {
    for (const given of [
      { yaml: 'databse: postgres://db.example.com/sallyport\n' },
      { environment: { SALLYPORT_DATABSE: 'postgres://db.example.com/sallyport' } },
    ]) {
      const { code, out } = await run(t, 'doctor --json', given);
      assert.equal(code, 1);
      assert.equal(found(out, 'database').state, 'unknown');
      assert.match(found(out, 'database').what, /database is not clear/);
      assert.equal(found(out, 'data folder').state, 'ok');
    }
  });

  it('looks at nothing when the file can’t be read at all', async (t) => {
    const { code, out, err } = await run(t, 'doctor', { yaml: 'listen: [\n' });
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, /sallyport\.yaml:/);
  });
});

describe('what can’t be', () => {
  const CASES: readonly (readonly [args: string, says: RegExp])[] = [
    ['bench nope', /^$/], // Its own process tells it.
    ['person list --role admnistrator', /no role “admnistrator”\. Did you mean administrator\?/],
    ['person list --status gone', /^There is no status “gone”\..*\nThere is enrolling, active, d/],
    [
      'certificate list --profile devic',
      /no profile “devic”\. Did you mean device\?\nThere is device,/,
    ],
    ['certificate list --state god', /no state “god”\. Did you mean good\?/],
    ['certificate revoke 1 --reason lost', /no reason to revoke for “lost”\.\nThere is unspec/],
    ['record verify --folder nothing', /wants a record that was exported, and there is no folder/],
    ['record verify --folder .', /wants a record that was exported, and there is none in/],
    ['record verify --key nonsense', /wants a public key of the record.*“nonsense” is neither/],
  ];
  for (const [args, says] of CASES) {
    it(`ends with 2, and says what can: ${args}`, async (t) => {
      const { code, out, err } = await run(t, args);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err.replaceAll('\n', ' '), new RegExp(says.source.replaceAll('\\n', ' ')));
    });
  }
});

describe('a file that is named and is not there', () => {
  for (const args of [
    'policy check nowhere',
    'policy activate nowhere',
    'policy simulate --with nowhere --person ada --action signIn',
    'password import nowhere',
    'record verify --checkpoint nowhere',
    'record verify --folder nowhere',
    'device import nowhere',
    'authority import-root nowhere --passphrase-file nowhere',
    'ssh revoke --key nowhere',
  ]) {
    it(`ends with 2 whatever wanted to read it: ${args}`, async (t) => {
      const { code, out, err } = await run(t, args);
      assert.deepEqual([code, out], [2, ''], err);
      assert.match(err, /nowhere/);
    });
  }
});

describe('./sallyport', () => {
  const sallyport = (...args: string[]) =>
    spawnSync(join(HERE, 'sallyport'), args, { cwd: tmpdir(), encoding: 'utf8' });

  it('runs from any folder, by a link too, and passes arguments and exit codes', (t) => {
    assert.match(sallyport('--version').stdout, /^\d+\.\d+\.\d+\n$/);
    assert.equal(sallyport('confg').status, 2);
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-link-'));
    t.after(() => rmSync(folder, { recursive: true }));
    symlinkSync(join(HERE, 'sallyport'), join(folder, 'sp'));
    assert.equal(spawnSync(join(folder, 'sp'), ['--version'], { encoding: 'utf8' }).status, 0);
  });

  it('opens no debugger to the users of the machine when it is sent USR1, and serves on', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-usr1-'));
    const port = await freePort();
    const served = spawn(join(HERE, 'sallyport'), ['serve', '--json'], {
      cwd: folder,
      env: { ...process.env, SALLYPORT_LISTEN__PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    t.after(() => {
      served.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    });
    let complained = '';
    served.stderr.setEncoding('utf8').on('data', (text: string) => {
      complained += text;
    });
    await once(served.stdout, 'data');
    served.kill('SIGUSR1');
    assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
    const closed = once(served, 'close');
    served.kill('SIGTERM');
    assert.deepEqual(await closed, [0, null]);
    assert.doesNotMatch(complained, /debugger/i);
  });

  it('says so where its answer can’t be written, and shows no stack', {
    skip: process.platform !== 'linux',
  }, () => {
    const full = openSync('/dev/full', 'w');
    const script = join(HERE, 'sallyport');
    const { status, stderr } = spawnSync(script, ['config', 'schema'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    assert.deepEqual(
      [status, stderr],
      [
        1,
        'The answer can’t be written (ENOSPC), and what it was about may be done. Make room, and look.\n',
      ],
    );
  });

  it('asks for Node and npm on a machine that has neither', (t) => {
    const root = mkdtempSync(join(tmpdir(), 'sallyport-bare-'));
    t.after(() => rmSync(root, { recursive: true }));
    copyFileSync(join(HERE, 'sallyport'), join(root, 'sallyport'));
    mkdirSync(join(root, 'bin'));
    symlinkSync('/usr/bin/dirname', join(root, 'bin/dirname'));
    const bare = spawnSync('/bin/sh', [join(root, 'sallyport')], {
      env: { PATH: join(root, 'bin') },
      encoding: 'utf8',
    });
    assert.equal(bare.status, 5);
    assert.match(bare.stderr, /needs Node\.js 20 or later, with npm/);
  });
});
