import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { base64url, hex } from '../../server/kernel/bytes.ts';
import { createRootKey, parseRootKeys } from '../../server/vault/root-key.ts';
import { addRootKey, createRootKeyFile, keepOneRootKey } from '../../server/vault/root-key-file.ts';
import { type RootKeySource, readRootKeys } from '../../server/vault/root-key-source.ts';
import { seededRandom } from '../support/random.ts';

const random = seededRandom('root keys');
const folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const key = () => random.bytes(32);
const read = (source: RootKeySource, environment = {}) =>
  readRootKeys(source, { random, environment });

async function refused(source: RootKeySource, reason: string, message: RegExp): Promise<void> {
  const result = await read(source);
  assert.ok(!result.ok);
  assert.equal(result.error.reason, reason);
  assert.match(result.error.message, message);
}

function file(name: string, text: string, mode = 0o600): RootKeySource & { path: string } {
  const path = join(folder, name);
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
  return { kind: 'file', path };
}

describe('a root key in text', () => {
  it('is the same in hex of either case and in base64url, with comments and blank lines around it', () => {
    const bytes = key();
    const texts = [
      hex(bytes),
      hex(bytes).toUpperCase(),
      base64url(bytes),
      `# old\n\n  ${hex(bytes)} # new\n`,
    ];
    const ids = texts.map((text) => {
      const keys = parseRootKeys(text, random);
      assert.ok(keys.ok);
      return keys.value.map((one) => one.id).join();
    });
    assert.equal(new Set(ids).size, 1);
    assert.equal(ids[0], createRootKey(bytes, random).id);
  });

  it('is refused when it is short, long, of another alphabet, not random, or missing', () => {
    const bytes = key();
    const texts = [
      hex(bytes).slice(2),
      `${hex(bytes)}00`,
      `${base64url(bytes).slice(0, -1)}=`,
      'zz'.repeat(32),
      '00'.repeat(32),
      '0123456789abcdef'.repeat(4),
      '',
      '# nothing but this',
      Array.from({ length: 5 }, () => hex(key())).join('\n'),
    ];
    for (const text of texts) {
      const keys = parseRootKeys(text, random);
      assert.ok(!keys.ok, text);
      assert.ok(text === '' || !keys.error.includes(text));
    }
  });

  it('never shows itself when it is printed, but its check value does', () => {
    const bytes = key();
    const digits = hex(bytes);
    const root = createRootKey(bytes, random);
    const shown = inspect(root, { depth: 9, showHidden: true }) + JSON.stringify(root);
    assert.ok(shown.includes(root.id));
    assert.ok(!shown.includes(digits) && !digits.includes(root.id));
  });
});

describe('a root key in a file', () => {
  it('is made once, for its owner alone, in a folder for its owner alone', async () => {
    const path = join(folder, 'fresh', 'root.key');
    assert.equal(createRootKeyFile(path, random), 'created');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(join(folder, 'fresh')).mode & 0o777, 0o700);
    const text = readFileSync(path, 'utf8');
    assert.equal(createRootKeyFile(path, random), 'exists');
    assert.equal(readFileSync(path, 'utf8'), text);
    assert.deepEqual(readdirSync(join(folder, 'fresh')), ['root.key']);
    assert.ok((await read({ kind: 'file', path })).ok);
  });

  it('is refused when group or others can reach it, with the command that mends it', async () => {
    for (const mode of [0o640, 0o604, 0o620, 0o602, 0o610, 0o644]) {
      const source = file('open.key', hex(key()), mode);
      await refused(source, 'exposed', new RegExp(`chmod 600 ${source.path}`));
      chmodSync(source.path, 0o600);
      assert.ok((await read(source)).ok);
    }
  });

  it('is judged where a link leads, not by the link', async () => {
    const target = file('target.key', hex(key()), 0o644);
    const path = join(folder, 'link.key');
    symlinkSync(target.path, path);
    await refused({ kind: 'file', path }, 'exposed', /open to others/);
  });

  it('is refused when it is missing, a folder, too large or no key', async () => {
    await refused(
      { kind: 'file', path: join(folder, 'none.key') },
      'missing',
      /There is no root key at/,
    );
    await refused({ kind: 'file', path: folder }, 'unreadable', /is not a file/);
    await refused(file('large.key', '#'.repeat(5000)), 'malformed', /too large/);
    const wrong = hex(key()).slice(1);
    await refused(file('wrong.key', wrong), 'malformed', /openssl rand -hex 32/);
  });

  it('can be changed in two steps, and holds a key that opens the database at each of them', async () => {
    const source = file('changing.key', `# kept by Ada\n${hex(key())}\n`);
    const ids = async () => {
      const keys = await read(source);
      assert.ok(keys.ok);
      return keys.value.map((one) => one.id);
    };
    const [old] = await ids();
    addRootKey(source.path, random);
    const [fresh, second, ...rest] = await ids();
    assert.equal(second, old);
    assert.notEqual(fresh, old);
    assert.deepEqual(rest, []);
    keepOneRootKey(source.path, fresh!, random);
    assert.deepEqual(await ids(), [fresh]);
    assert.equal(statSync(source.path).mode & 0o777, 0o600);
    assert.throws(() => keepOneRootKey(source.path, old!, random), /does not hold the root key/);
    assert.deepEqual(await ids(), [fresh]);
  });
});

describe('a root key from elsewhere', () => {
  const command = (script: string): RootKeySource => ({
    kind: 'command',
    command: [process.execPath, '-e', script],
  });

  it('is read from an environment variable', async () => {
    const source: RootKeySource = { kind: 'environment', variable: 'SALLYPORT_ROOT_KEY' };
    const bytes = key();
    const keys = await read(source, { SALLYPORT_ROOT_KEY: hex(bytes) });
    assert.ok(keys.ok);
    assert.equal(keys.value[0].id, createRootKey(bytes, random).id);
    await refused(
      source,
      'missing',
      /SALLYPORT_ROOT_KEY, which is to hold the root key, is not set/,
    );
  });

  it('is read from what a command prints, which no shell looks at', async () => {
    const bytes = key();
    const keys = await read({
      kind: 'command',
      command: [process.execPath, '-e', 'console.log(process.argv[1])', hex(bytes)],
    });
    assert.ok(keys.ok);
    assert.equal(keys.value[0].id, createRootKey(bytes, random).id);
    const spared: RootKeySource = {
      kind: 'command',
      command: [process.execPath, '--version;', 'true'],
    };
    await refused(spared, 'unreadable', /failed with exit code/);
  });

  it('is refused when the command fails, is missing, hangs, or says too much', async () => {
    await refused(command('process.exit(3)'), 'unreadable', /failed with exit code 3/);
    await refused(
      { kind: 'command', command: ['/nowhere/kms'] },
      'unreadable',
      /can’t be run \(ENOENT\)/,
    );
    const hanging = command('setInterval(() => {}, 1000)');
    const late = await readRootKeys(hanging, { random, environment: {}, commandTime: 200 });
    assert.ok(!late.ok);
    assert.match(late.error.message, /took more than 0.2 s/);
    await refused(
      command('for (;;) console.log("x".repeat(1000))'),
      'unreadable',
      /said more than a key/,
    );
    await refused(command(''), 'malformed', /there is no key in it/);
  });
});
