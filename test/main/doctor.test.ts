import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { loadConfig } from '../../server/config/load-config.ts';
import { hex } from '../../server/kernel/bytes.ts';
import { DAY } from '../../server/kernel/clock.ts';
import { lookAtClock } from '../../server/main/doctor/clock-look.ts';
import { lookAtConfig } from '../../server/main/doctor/config-look.ts';
import { lookAtDataFolder } from '../../server/main/doctor/data-folder-look.ts';
import { lookAtDatabase } from '../../server/main/doctor/database-look.ts';
import { lookAtDisk } from '../../server/main/doctor/disk-look.ts';
import { lookAtMail } from '../../server/main/doctor/mail-look.ts';
import { lookAtPolicy } from '../../server/main/doctor/policy-look.ts';
import { lookAtRecord } from '../../server/main/doctor/record-look.ts';
import { lookAtRootKey } from '../../server/main/doctor/root-key-look.ts';
import { lookAtTls } from '../../server/main/doctor/tls-look.ts';
import { openHouse } from '../../server/main/open-house.ts';
import { look, NOW, states } from '../support/doctor.ts';
import { seededRandom } from '../support/random.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-doctor-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function dataFolder(t: TestContext, mode = 0o700): string {
  const folder = folderOf(t);
  mkdirSync(join(folder, 'data'));
  chmodSync(join(folder, 'data'), mode);
  return folder;
}

describe('doctor, looking at the configuration', () => {
  it('passes on what makes it less safe', async (t) => {
    assert.deepEqual(states(await look(lookAtConfig, folderOf(t))), ['ok']);
    assert.deepEqual(states(await look(lookAtConfig, folderOf(t), 'log: { level: debug }')), [
      'warn',
    ]);
  });
});

describe('doctor, looking at the clock', () => {
  it('finds one that can’t be right', async (t) => {
    const [found] = await look(lookAtClock, folderOf(t), '', {}, Date.UTC(2020, 0, 1));
    assert.equal(found?.state, 'bad');
  });

  it('finds one that was set back behind what was written', async (t) => {
    const folder = dataFolder(t);
    const file = join(folder, 'data/sallyport.db');
    writeFileSync(file, '');
    utimesSync(file, NOW / 1000 + 3600, NOW / 1000 + 3600);
    assert.equal((await look(lookAtClock, folder))[0]?.state, 'bad');
    utimesSync(file, NOW / 1000 - 3600, NOW / 1000 - 3600);
    assert.notEqual((await look(lookAtClock, folder))[0]?.state, 'bad');
  });
});

describe('doctor, looking at the data folder', () => {
  it('is content with one for its owner only, and with none yet', async (t) => {
    assert.deepEqual(states(await look(lookAtDataFolder, dataFolder(t))), ['ok']);
    assert.deepEqual(states(await look(lookAtDataFolder, folderOf(t))), ['ok']);
  });

  it('finds one that others can look into', async (t) => {
    const [found] = await look(lookAtDataFolder, dataFolder(t, 0o755));
    assert.equal(found?.state, 'bad');
    assert.match(found?.what ?? '', /can look into/);
    assert.match(found?.mend ?? '', /^chmod 700 /);
    const [open] = await look(lookAtDataFolder, dataFolder(t, 0o777));
    assert.match(open?.what ?? '', /can write into \S+, and put a database or a root key/);
    assert.match(open?.mend ?? '', /^chmod 700 /);
  });

  it('finds a file that others can read by its own permissions, and names it', async (t) => {
    const folder = dataFolder(t);
    writeFileSync(join(folder, 'data/sallyport.db'), '', { mode: 0o600 });
    writeFileSync(join(folder, 'data/sallyport.db-wal'), '', { mode: 0o644 });
    const [found] = await look(lookAtDataFolder, folder);
    assert.equal(found?.state, 'warn');
    assert.match(found?.mend ?? '', /^chmod 600 \S+sallyport\.db-wal$/);
  });

  it('finds a file in its place', async (t) => {
    const folder = folderOf(t);
    writeFileSync(join(folder, 'data'), '');
    assert.equal((await look(lookAtDataFolder, folder))[0]?.state, 'bad');
  });
});

it('doctor, looking at the disk, tells what is free', async (t) => {
  const [found] = await look(lookAtDisk, folderOf(t));
  assert.match(found?.what ?? '', /\d+ [MG]iB are free/);
});

describe('doctor, looking at the root key', () => {
  const KEY = hex(seededRandom('root key').bytes(32));

  it('waits for the first start', async (t) => {
    assert.deepEqual(states(await look(lookAtRootKey, folderOf(t))), ['ok']);
  });

  it('is content with a key for its owner only', async (t) => {
    const folder = dataFolder(t);
    writeFileSync(join(folder, 'data/root.key'), KEY, { mode: 0o600 });
    assert.deepEqual(states(await look(lookAtRootKey, folder)), ['ok']);
  });

  it('finds one that others can read, and shows none of it', async (t) => {
    const folder = dataFolder(t);
    writeFileSync(join(folder, 'data/root.key'), KEY, { mode: 0o644 });
    const [found] = await look(lookAtRootKey, folder);
    assert.equal(found?.state, 'bad');
    assert.ok(!JSON.stringify(found).includes(KEY.slice(0, 8)));
  });

  it('finds that it is gone while the database is there', async (t) => {
    const folder = dataFolder(t);
    writeFileSync(join(folder, 'data/sallyport.db'), '');
    assert.equal((await look(lookAtRootKey, folder))[0]?.state, 'bad');
  });

  it('looks at a variable that should hold it', async (t) => {
    const yaml = 'vault: { rootKey: { env: THE_KEY } }';
    assert.equal((await look(lookAtRootKey, folderOf(t), yaml))[0]?.state, 'bad');
    assert.equal((await look(lookAtRootKey, folderOf(t), yaml, { THE_KEY: KEY }))[0]?.state, 'ok');
  });
});

describe('doctor, looking at TLS', () => {
  let folder = '';
  const yaml =
    'listen: { origin: "https://signin.example.com", tls: { certificate: a.pem, key: a.key } }';
  const make = (name: string, host: string, days: number) =>
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-subj',
        `/CN=${host}`,
        '-addext',
        `subjectAltName=DNS:${host}`,
        '-days',
        String(days),
        '-keyout',
        join(folder, `${name}.key`),
        '-out',
        join(folder, `${name}.pem`),
      ],
      { stdio: 'ignore' },
    );
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-tls-'));
    make('a', 'signin.example.com', 30);
    make('b', 'other.example.com', 30);
  });
  after(() => rmSync(folder, { recursive: true }));
  const made = () => Date.now();

  it('is content with a certificate for the right name, its own key, and time left', async () => {
    assert.deepEqual(await look(lookAtTls, folder, yaml, {}, made()).then(states), ['ok']);
  });

  it('finds one that ends soon, has ended, or has not begun', async () => {
    const at = async (days: number) =>
      states(await look(lookAtTls, folder, yaml, {}, made() + days * DAY));
    assert.deepEqual([await at(20), await at(31), await at(-2)], [['warn'], ['bad'], ['bad']]);
  });

  it('finds one for another name', async () => {
    const [found] = await look(
      lookAtTls,
      folder,
      yaml.replace('a.pem', 'b.pem').replace('a.key', 'b.key'),
      {},
      made(),
    );
    assert.match(found?.what ?? '', /not for signin\.example\.com/);
  });

  it('finds a key that is not its own', async () => {
    const [found] = await look(lookAtTls, folder, yaml.replace('a.key', 'b.key'), {}, made());
    assert.match(found?.what ?? '', /is not the key of/);
  });

  it('finds a key that others can read', async () => {
    chmodSync(join(folder, 'a.key'), 0o644);
    const [found] = await look(lookAtTls, folder, yaml, {}, made());
    chmodSync(join(folder, 'a.key'), 0o600);
    assert.match(found?.mend ?? '', /^chmod 600/);
  });

  it('finds files that are missing or are something else', async () => {
    const swapped = yaml.replace('a.pem', 'x').replace('a.key', 'a.pem').replace('x', 'a.key');
    for (const wrong of [
      yaml.replace('a.pem', 'no.pem'),
      yaml.replace('a.key', 'no.key'),
      swapped,
    ]) {
      assert.deepEqual(states(await look(lookAtTls, folder, wrong, {}, made())), ['bad']);
    }
  });
});

describe('doctor, looking at mail', () => {
  const mailYaml = (port: number) =>
    `mail: { host: localhost, port: ${port}, from: a@example.com }`;

  it('is content when none is wanted', async (t) => {
    assert.deepEqual(states(await look(lookAtMail, folderOf(t))), ['ok']);
  });

  it('finds a server that offers no TLS', async (t) => {
    const server = createServer((socket) => {
      socket.write('220 plain.example ESMTP\r\n');
      socket.on('data', () => socket.write('250 plain.example\r\n'));
      socket.on('error', () => {});
    });
    await new Promise<void>((done) => server.listen(0, 'localhost', done));
    t.after(() => server.close());
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const yaml = mailYaml(address.port);
    const [found] = await look(lookAtMail, folderOf(t), yaml, {}, NOW, true);
    assert.equal(found?.state, 'bad');
  });

  it('speaks to none unless it is asked to', async (t) => {
    let reached = false;
    const server = createServer(() => {
      reached = true;
    });
    await new Promise<void>((done) => server.listen(0, 'localhost', done));
    t.after(() => server.close());
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const [found] = await look(lookAtMail, folderOf(t), mailYaml(address.port));
    assert.deepEqual([found?.state, reached], ['ok', false]);
    assert.match(found?.what ?? '', /doctor --online/);
  });

  it('finds a password that is not where it should be', async (t) => {
    const yaml =
      'mail: { host: localhost, from: a@example.com, user: u, password: { env: NOT_SET } }';
    assert.match((await look(lookAtMail, folderOf(t), yaml))[0]?.what ?? '', /NOT_SET is not set/);
  });
});

describe('doctor, looking into the database', () => {
  const LOOKS = [lookAtDatabase, lookAtPolicy, lookAtRecord];

  /** A house that was opened once, as by a first start, and closed again. */
  async function lived(t: TestContext): Promise<string> {
    const folder = folderOf(t);
    const loaded = loadConfig({ environment: {}, folder });
    assert.ok(loaded.ok);
    const { config } = loaded.value;
    const opened = await openHouse({ config, environment: {}, notice: () => {} });
    assert.ok(opened.ok);
    const { house, close } = opened.value;
    await house.sequencer.start();
    await house.sequencer.settle();
    await house.sequencer.stop();
    await close();
    return folder;
  }

  it('makes none where there is none yet', async (t) => {
    const folder = folderOf(t);
    for (const one of LOOKS) assert.deepEqual(states(await look(one, folder)), ['ok']);
    assert.ok(!existsSync(join(folder, 'data')));
  });

  it('is content with a house that was opened before', async (t) => {
    const folder = await lived(t);
    for (const one of [lookAtDatabase, lookAtRecord]) {
      assert.deepEqual(states(await look(one, folder)), ['ok'], one.name);
    }
  });

  it('finds one that does not answer, and shows no password', async (t) => {
    const yaml = 'database: "postgres://u:hunter2@127.0.0.1:1/d"\n';
    const [found] = await look(lookAtDatabase, folderOf(t), yaml);
    assert.equal(found?.state, 'bad');
    assert.doesNotMatch(JSON.stringify(found), /hunter2/);
    assert.deepEqual(states(await look(lookAtPolicy, folderOf(t), yaml)), ['unknown']);
    assert.deepEqual(states(await look(lookAtRecord, folderOf(t), yaml)), ['unknown']);
  });

  it('finds one that is older than what this machine saw signed', async (t) => {
    const folder = await lived(t);
    const file = join(folder, 'data/checkpoint');
    const [origin, , ...rest] = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, [origin, '1000', ...rest].join('\n'));
    const [found] = await look(lookAtRecord, folder);
    assert.equal(found?.state, 'bad');
    assert.match(found?.what ?? '', /but 1,000 were signed/);
  });

  it('finds pages that are damaged, though SQLite opens the file', async (t) => {
    const folder = await lived(t);
    const file = join(folder, 'data/sallyport.db');
    const bytes = readFileSync(file);
    // Two pages that an open does not look at.
    bytes.fill(0xa5, 3 * 4096, 5 * 4096);
    writeFileSync(file, bytes);
    const [found] = await look(lookAtDatabase, folder);
    assert.equal(found?.state, 'bad');
    assert.match(found?.mend ?? '', /put a backup in its place \(docs\/backup\.md\)/);
  });

  it('finds a database that is none', async (t) => {
    const folder = dataFolder(t);
    writeFileSync(join(folder, 'data/sallyport.db'), 'x'.repeat(5000));
    assert.deepEqual(states(await look(lookAtDatabase, folder)), ['bad']);
  });
});
