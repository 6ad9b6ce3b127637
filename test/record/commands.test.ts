import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadConfig } from '../../server/config/load-config.ts';
import { type OpenedHouse, openHouse } from '../../server/main/open-house.ts';
import { runCommandLine } from '../../server/main/terminal/command-line.ts';
import { goneOnWith } from './gone-on-with.ts';
import { openHouse as openOtherHouse } from './house.ts';
import { alter, copyOf, restore, rowsOf } from './record-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-record-'));
const environment = { TERM: 'dumb' };

async function withHouse<T>(work: (opened: OpenedHouse) => Promise<T>): Promise<T> {
  const loaded = loadConfig({ environment, folder, file: undefined });
  assert.ok(loaded.ok);
  const { config } = loaded.value;
  const opened = await openHouse({ config, environment, notice: () => {} });
  assert.ok(opened.ok);
  try {
    return await work(opened.value);
  } finally {
    await opened.value.close();
  }
}

const append = (count: number) =>
  withHouse(async ({ house }) => {
    for (let n = 0; n < count; n++) {
      await house.store.write((tx) =>
        house.record.append(tx, {
          type: 'signin.refused',
          outcome: 'refused',
          reason: 'throttled',
          door: 'web',
          personal: { address: `192.0.2.${n}` },
        }),
      );
    }
    await house.sequencer.settle();
    await house.sequencer.stop();
  });

async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommandLine({
    args: ['record', ...args],
    environment,
    folder,
    stdout: { write: (text) => out.push(text), columns: 400 },
    stderr: { write: (text) => err.push(text), columns: 400 },
  });
  return { code, out: out.join(''), err: err.join('') };
}

before(() => append(5));
after(() => rmSync(folder, { recursive: true }));

test('search tells events in sentences, a page at a time, and suggests what was meant', async () => {
  const all = await run('search', '--type', 'signin.refused');
  assert.equal(all.code, 0);
  assert.match(all.out, /^5 events/);
  assert.match(
    all.out,
    /■ refused .*Someone unknown was refused at the web door: too many attempts\./,
  );
  const page = JSON.parse((await run('search', '--limit', '4', '--oldest-first', '--json')).out);
  assert.equal(page.events.length, 4);
  const rest = await run('search', '--cursor', page.next, '--oldest-first', '--json');
  assert.equal(JSON.parse(rest.out).events.length, 2);
  const wrong = await run('search', '--type', 'signin.refuse');
  assert.deepEqual([wrong.code, /Did you mean signin.refused\?/.test(wrong.err)], [2, true]);
  for (const args of [
    ['--since', 'soon'],
    ['--limit', '0'],
    ['--outcome', 'fine'],
    ['--cursor', 'ada'],
  ]) {
    assert.equal((await run('search', ...args)).code, 2, args.join(' '));
  }
  assert.match((await run('search', '--until', '1h')).out, /Nothing on record/);
});

test('what is personal is shown when asked for, and that it was is on record', async () => {
  const closed = await run('tail', '--json');
  assert.ok(!closed.out.includes('192.0.2.'));
  for (const how of ['-n', '--lines', '--limit']) {
    const counted = await run('tail', how, '2', '--json');
    assert.equal(counted.out.trim().split('\n').length, 2, how);
    const found = JSON.parse((await run('search', how, '2', '--json')).out);
    assert.equal(found.events.length, 2, how);
  }
  const open = await run('tail', '--personal');
  assert.match(open.out, /address 192\.0\.2\.4/);
  const told = await run('search', '--type', 'access.granted');
  assert.match(told.out, /One event.*\n[\s\S]*record\.read/);
});

test('export writes through no link that stands in its way, and ends where no folder can be made', async () => {
  const target = join(folder, 'linked', '1');
  const mine = join(folder, 'mine');
  writeFileSync(mine, 'mine');
  mkdirSync(target, { recursive: true });
  for (const name of ['key.part', 'checkpoint.part']) symlinkSync(mine, join(target, name));
  const exported = await run('export', 'linked');
  assert.equal(exported.code, 0, exported.err);
  assert.equal(readFileSync(mine, 'utf8'), 'mine');
  assert.equal((await run('verify', '--folder', 'linked')).code, 0);
  if (process.platform === 'linux') {
    const nowhere = await run('export', '/proc/nowhere');
    assert.equal(nowhere.code, 5);
    assert.match(nowhere.err, /is not there, and can’t be made there/);
  }
});

test('verify finds the record sound, also as an exported folder and against a checkpoint kept before', async () => {
  cpSync(join(folder, 'data/checkpoint'), join(folder, 'kept'));
  await append(3);
  const verified = await run('verify', '--checkpoint', 'kept', '--json');
  assert.equal(verified.code, 0, verified.err);
  const { state, logs } = JSON.parse(verified.out);
  assert.equal(state, 'sound');
  const exported = await run('export', 'out');
  assert.equal(exported.code, 0, exported.err);
  const again = await run(
    'verify',
    '--folder',
    'out',
    '--checkpoint',
    'kept',
    '--key',
    logs[0].vkey,
  );
  assert.match(again.out, /^The record is sound: \d+ events, from the first to the last\./);
  assert.equal((await run('verify', '--folder', 'nowhere')).code, 2);
  assert.equal((await run('verify', '--checkpoint', 'nowhere')).code, 2);
  writeFileSync(join(folder, 'none.txt'), 'localhost/record\n');
  const none = await run('verify', '--checkpoint', 'kept', '--checkpoint', 'none.txt');
  assert.equal(none.code, 2);
  assert.match(none.err, /--checkpoint wants a checkpoint that was kept, and none\.txt is none/);
});

test('prove writes a proof of an event, and says how to check it', async () => {
  const { events } = JSON.parse((await run('search', '--type', 'signin.refused', '--json')).out);
  const { id } = events[2];
  const proven = await run('prove', id);
  assert.equal(proven.code, 0, proven.err);
  assert.ok(existsSync(join(folder, `${id}.tlog-proof`)));
  assert.match(proven.out, /node docs\/verify-inclusion\.mjs/);
  assert.equal((await run('prove', '0199e1c2-8f00-7abc-8def-0123456789ab')).code, 4);
});

test('verify does not take a log that somebody else began; a key or a checkpoint of it that was kept vouches for one', async () => {
  const record = await withHouse(({ house }) => copyOf(house.store));
  const vkey = String(record.record_log[0]?.vkey);
  const other = await openOtherHouse('another');
  try {
    const forged = await goneOnWith(other, record);
    await withHouse(({ house }) => restore(house.store, forged));
  } finally {
    await other.close();
  }
  const refused = await run('verify');
  assert.equal(refused.code, 1, 'not ours');
  assert.match(refused.err, /record\/2 is signed with a key that this house can’t open/);
  const begun = (await run('verify', '--key', vkey)).code;
  assert.equal(begun, 1, 'the key of another log vouches for nothing');

  assert.equal((await run('export', 'forged')).code, 0);
  assert.equal((await run('verify', '--folder', 'forged')).code, 0, 'alone it can’t be seen');
  const named = await run('verify', '--folder', 'forged', '--key', vkey);
  assert.equal(named.code, 1);
  const [, second = ''] = /with a key that was not named.*--key\s+(\S+)/s.exec(named.err) ?? [];
  const both = await run('verify', '--folder', 'forged', '--key', vkey, '--key', second);
  assert.equal(both.code, 0, both.err);

  await withHouse(({ house }) => restore(house.store, record));
  assert.equal((await run('verify')).code, 0);
});

test('a log whose signing key was spoilt is vouched for by what was kept of it, before and after the next one begins', async () => {
  const record = await withHouse(({ house }) => copyOf(house.store));
  const file = join(folder, 'data/checkpoint');
  const kept = readFileSync(file, 'utf8');
  const spoil = ({ house }: OpenedHouse) =>
    alter(house.store, 'record_log', { log: 1 }, { seed: new Uint8Array(80) });
  await withHouse(spoil);
  rmSync(file);
  assert.equal((await run('verify')).code, 1, 'nothing tells that it was ours');
  writeFileSync(file, kept);
  assert.equal((await run('verify')).code, 0);
  await append(2);
  const after = await run('verify');
  assert.equal(after.code, 0, after.err);
  assert.match(after.err, /record\/2 began because/);

  await withHouse(({ house }) => restore(house.store, record));
  writeFileSync(file, kept);
  assert.equal((await run('verify')).code, 0);
});

test('verify names what is wrong, and its exit code tells scripts', async () => {
  await withHouse(async ({ house }) => {
    const places = await rowsOf(house.store, 'record_sequence');
    const rows = await rowsOf(house.store, 'record_event');
    const row = rows.find(({ id }) => id === places[3]!.event)!;
    await alter(house.store, 'record_event', row, { outcome: 'granted' });
  });
  const broken = await run('verify');
  assert.equal(broken.code, 1);
  assert.match(
    broken.err,
    /^The record is broken\. Event 3 [\s\S]*is not what its leaf says\.\n3 events before it are sound/,
  );
});
