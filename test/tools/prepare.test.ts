import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import {
  environment,
  firstDifference,
  hasNode,
  hasPackages,
  placeAt,
  prepare,
} from '../../runtime/prepare.mjs';

function clone(t: TestContext, files: Record<string, unknown>): string {
  const root = mkdtempSync(join(tmpdir(), 'sallyport-clone-'));
  t.after(() => rmSync(root, { recursive: true }));
  const whole = { 'runtime/package.json': { dependencies: { node: '24.1.0' } }, ...files };
  for (const [file, content] of Object.entries(whole)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), JSON.stringify(content));
  }
  return root;
}

function age(root: string, file: string, seconds: number): void {
  const time = Date.UTC(2026, 0, 1) / 1000 - seconds;
  utimesSync(join(root, file), time, time);
}

const NODE = 'runtime/node_modules/node/package.json';
const BINARY = 'runtime/node_modules/node/bin/node';

describe('what is missing on a machine', () => {
  it('is Node, in a fresh clone', (t) => {
    assert.equal(hasNode(placeAt(clone(t, {}))), false);
  });

  it('is Node, when another version is asked for than the one that is there', (t) => {
    assert.equal(
      hasNode(placeAt(clone(t, { [NODE]: { version: '24.0.0' }, [BINARY]: '' }))),
      false,
    );
    assert.equal(hasNode(placeAt(clone(t, { [NODE]: { version: '24.1.0' }, [BINARY]: '' }))), true);
  });

  it('is Node, when its package is there and its binary is not', (t) => {
    assert.equal(hasNode(placeAt(clone(t, { [NODE]: { version: '24.1.0' } }))), false);
  });

  it('is the packages, in a fresh clone', (t) => {
    assert.equal(hasPackages(placeAt(clone(t, { 'package-lock.json': { packages: {} } }))), false);
  });

  it('is nothing, when the install is younger than the lock file', (t) => {
    const root = clone(t, {
      'package-lock.json': { packages: { 'node_modules/a': { version: '2.0.0' } } },
      'node_modules/.package-lock.json': { packages: {} },
    });
    age(root, 'package-lock.json', 60);
    age(root, 'node_modules/.package-lock.json', 0);
    assert.equal(hasPackages(placeAt(root)), true);
  });

  it('is nothing, when the lock file was written anew and names the same packages', (t) => {
    const packages = { 'node_modules/a': { version: '1.0.0' } };
    const root = clone(t, {
      'package-lock.json': { packages },
      'node_modules/.package-lock.json': { packages },
    });
    age(root, 'package-lock.json', 0);
    age(root, 'node_modules/.package-lock.json', 60);
    assert.equal(hasPackages(placeAt(root)), true);
    const written = statSync(join(root, 'node_modules/.package-lock.json')).mtimeMs;
    assert.equal(written, Date.UTC(2026, 0, 1), 'the next start need not compare again');
  });

  it('is the packages, when the lock file names other ones', (t) => {
    const root = clone(t, {
      'package-lock.json': { packages: { 'node_modules/a': { version: '2.0.0' } } },
      'node_modules/.package-lock.json': { packages: { 'node_modules/a': { version: '1.0.0' } } },
    });
    age(root, 'package-lock.json', 0);
    age(root, 'node_modules/.package-lock.json', 60);
    assert.equal(hasPackages(placeAt(root)), false);
  });
});

describe('what was installed', () => {
  const locked = {
    '': { version: '0.1.0' },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/for-others': { version: '1.0.0', optional: true },
    'node_modules/ours': { link: true },
    server: { version: '0.1.0' },
  };

  it('is what the lock file names, less the optional packages of other platforms', () => {
    assert.equal(
      firstDifference(locked, { 'node_modules/a': { version: '1.0.0' }, server: {} }),
      undefined,
    );
  });

  it('is found out when npm took an older package', () => {
    assert.equal(
      firstDifference(locked, { 'node_modules/a': { version: '0.9.0' } }),
      'node_modules/a',
    );
  });

  it('is found out when npm left one away', () => {
    assert.equal(firstDifference(locked, {}), 'node_modules/a');
  });

  it('is found out when an optional package is an older one', () => {
    const installed = {
      'node_modules/a': { version: '1.0.0' },
      'node_modules/for-others': { version: '0.1.0' },
    };
    assert.equal(firstDifference(locked, installed), 'node_modules/for-others');
  });

  it('is found out when there is more than the lock file names', () => {
    const installed = {
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b': { version: '1.0.0' },
    };
    assert.equal(firstDifference(locked, installed), 'node_modules/b');
  });
});

describe('bringing Node', () => {
  const machine = `node-${process.platform}-${process.arch}`;
  const runtime = join(import.meta.dirname, '../../runtime');

  /** An npm that writes down how it was called, and installs what it is told to. */
  function bench(t: TestContext, installs: Record<string, string>) {
    const root = clone(t, {
      'package-lock.json': { packages: {} },
      'node_modules/.package-lock.json': { packages: {} },
      'installs.json': installs,
    });
    age(root, 'package-lock.json', 60);
    const npm = join(root, 'npm-cli.js');
    writeFileSync(
      npm,
      `const { mkdirSync, readFileSync, writeFileSync } = require('node:fs');
      const { dirname } = require('node:path');
      writeFileSync('../called.json', JSON.stringify(process.argv.slice(2)));
      for (const [file, text] of Object.entries(JSON.parse(readFileSync('../installs.json', 'utf8')))) {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text, { mode: 0o755 });
      }`,
    );
    const place = placeAt(root);
    const wrong = prepare(place, () => {}, { PATH: process.env.PATH, npm_execpath: npm });
    const called = JSON.parse(readFileSync(join(root, 'called.json'), 'utf8')) as string[];
    return { place, wrong, called };
  }
  const manifest = { 'node_modules/node/package.json': '{"version":"24.1.0"}' };

  it('takes the binary of the package that is locked, and runs no script that fetches another', (t) => {
    const binary = { [`node_modules/${machine}/bin/node`]: 'the locked one' };
    const { place, wrong, called } = bench(t, { ...manifest, ...binary });
    assert.equal(wrong, undefined);
    assert.equal(called[0], 'ci');
    assert.ok(called.includes('--ignore-scripts'), called.join(' '));
    assert.equal(readFileSync(place.node, 'utf8'), 'the locked one');
    assert.ok(hasNode(place));
  });

  it('takes no other where none is locked for this machine, and says so', (t) => {
    const { wrong } = bench(t, { ...manifest, 'node_modules/node-bin-else/bin/node': 'another' });
    assert.match(wrong ?? '', new RegExp(`no Node .*${process.platform} .*${process.arch}`));
  });

  it('has each binary in the lock file, of the version that is wanted and with its hash', () => {
    const json = (file: string) => JSON.parse(readFileSync(join(runtime, file), 'utf8'));
    const { dependencies, optionalDependencies } = json('package.json');
    const { packages } = json('package-lock.json');
    assert.ok(machine in optionalDependencies, machine);
    for (const name of Object.keys(optionalDependencies)) {
      const { version, integrity } = packages[`node_modules/${name}`];
      assert.equal(version, dependencies.node, name);
      assert.match(integrity, /^sha512-/, name);
    }
  });
});

it('our Node comes first on the PATH, once', (t) => {
  const place = placeAt(clone(t, {}));
  const once = environment(place, { PATH: '/usr/bin', HOME: '/root' });
  assert.deepEqual(once, { PATH: `${place.nodeFolder}:/usr/bin`, HOME: '/root' });
  assert.deepEqual(environment(place, once), once);
});
