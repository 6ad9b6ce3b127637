/**
 * A real server lives through a day with every kind of secret; then every byte of what it keeps and of what it logged is
 * searched for each of them. What the root key's own file holds is the one thing that is where it has to be.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ServedProcess, startServe } from '../support/served.ts';
import { isPostgres, openEmptyStore, type TestStore } from '../support/store.ts';
import { type Needle, needlesFor, type Secret, searchBytes } from './byte-search.ts';
import { everyColumn, everyFile } from './everything-stored.ts';
import { keysOfTheHouse } from './keys-of-the-house.ts';
import { liveThrough, type Scenario } from './scenario.ts';

const CLI = fileURLToPath(import.meta.resolve('../../server/main/cli.ts'));
const ROOT_KEY = 'root.key';

describe('after a day with every kind of secret', () => {
  let test: TestStore;
  let folder: string;
  let environment: Record<string, string>;
  let scenario: Scenario;
  let rootKeys: Secret[];
  let secrets: Secret[];
  let needles: Needle[];
  let log = '';
  /** What was stored while the server ran, and after it had ended. */
  const stored: Map<string, Buffer>[] = [];

  before(async () => {
    test = await openEmptyStore();
    await test.store.close();
    folder = mkdtempSync(join(tmpdir(), 'sallyport-secrets-'));
    const yaml = [
      `data: ${test.folder}`,
      'database: { env: THE_DATABASE }',
      'listen: { trustedProxies: ["127.0.0.1", "::1"] }',
      'log: { level: debug, format: json }',
      'oidc: { registration: true }',
    ];
    writeFileSync(join(folder, 'sallyport.yaml'), yaml.join('\n'));
    environment = { THE_DATABASE: test.database, PATH: process.env.PATH ?? '' };
    const node: ServedProcess = await startServe({ folder, environment });
    const rootKey = () => rootKeySecrets(readFileSync(join(test.folder, ROOT_KEY), 'utf8'));
    try {
      rootKeys = rootKey();
      const before = await keysOfTheHouse(test, rootKeys);
      scenario = await liveThrough(node);
      await everythingStored();
      sallyport('key', 'rotate');
      sallyport('key', 'rotate', '--root');
      const renewed = rootKey();
      const after = await keysOfTheHouse(test, renewed);
      secrets = [...scenario.secrets, ...rootKeys, ...renewed, ...before, ...after];
      rootKeys = renewed;
      await everythingStored();
    } finally {
      await node.kill('SIGTERM');
      log = node.log();
    }
    await everythingStored();
    needles = secrets.flatMap(needlesFor);
  });
  after(async () => {
    await test?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function sallyport(...args: string[]): void {
    log += execFileSync(process.execPath, [CLI, ...args], { cwd: folder, env: environment });
  }

  async function everythingStored(): Promise<void> {
    stored.push(everyFile(test.folder));
    if (isPostgres()) stored.push(await everyColumn(test.database));
  }

  function search(places: ReadonlyMap<string, Buffer>, wanted: readonly Needle[]) {
    return [...places].flatMap(([where, bytes]) => {
      const own = where === ROOT_KEY ? rootKeys.map(({ name }) => name) : [];
      return searchBytes(
        where,
        bytes,
        wanted.filter(({ name }) => !own.includes(name)),
      );
    });
  }

  it('none of them stands in anything that is kept', () => {
    for (const places of stored) assert.deepEqual(search(places, needles), []);
  });

  it('none of them stands in a log', () => {
    assert.deepEqual(searchBytes('log', Buffer.from(log), needles), []);
    // It was a log in full: every request is in it.
    assert.ok(log.split('\n').filter((line) => line.includes('"level":20')).length > 20);
  });

  it('every kind of secret came up', () => {
    const kinds = new Set(secrets.map(({ name }) => name.replace(/ \d+$/, '')));
    for (const kind of [
      ...['password', 'mistyped password', 'TOTP key', 'recovery code', 'code of a pass'],
      ...['token (session)', 'token (attempt)', 'token (known-device)', 'token (token)', 'words'],
      ...['name', 'display name', 'mail address', 'browser', 'address', 'root key'],
      ...['token (invitation)', 'token (registration)', 'secret of an application'],
      ...['cookie sallyport-session', 'ring key', 'data key', 'signing seed'],
    ]) {
      assert.ok(kinds.has(kind), `${kind} did not come up: ${[...kinds].join(', ')}`);
    }
  });

  it('the search finds what is there: an id that is no secret, and a secret that was planted', () => {
    const id = needlesFor({ name: 'id', value: scenario.person });
    for (const places of stored) {
      const isPlace = [...places.keys()].some(
        (name) => name.includes('subject.') || name.endsWith('.db'),
      );
      if (isPlace) assert.notDeepEqual(search(places, id), []);
    }
    const password = scenario.secrets.find(({ name }) => name === 'password');
    assert.ok(typeof password?.value === 'string');
    const file = join(test.folder, 'planted');
    writeFileSync(file, `{"kept":"${Buffer.from(`x${password.value}`).toString('base64')}"}`);
    const found = search(everyFile(test.folder), needles);
    rmSync(file);
    assert.deepEqual(
      [...new Set(found.map(({ name, where }) => `${name} in ${where}`))],
      ['password in planted'],
    );
  });
});

function rootKeySecrets(text: string): Secret[] {
  const words = text.replaceAll(/#.*$/gm, '').split(/\s+/).filter(Boolean);
  assert.ok(words.length > 0);
  return words.map((word) => ({
    name: 'root key',
    value: new Uint8Array(Buffer.from(word, 'hex')),
  }));
}
