import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { databaseSource } from '../../server/record/database-source.ts';
import { noteSigner } from '../../server/record/note.ts';
import { verifyRecord } from '../../server/record/verify.ts';
import { type House, ORIGIN, openHouse, type RecordNode, refusal } from './house.ts';
import {
  alter,
  copyOf,
  put,
  type RecordTable,
  type Row,
  recordTables,
  remove,
  restore,
  rowsOf,
} from './record-rows.ts';

let house: House;
let node: RecordNode;
/** A checkpoint that was given away before the last events came. */
let earlier: string;
let last: string;

before(async () => {
  house = await openHouse();
  node = house.node('a');
  const ada = await house.person();
  const some = (count: number) =>
    node.append(...Array.from({ length: count }, (_, n) => refusal(n % 3 ? ada : undefined, n)));
  await some(300);
  await node.sequencer.settle();
  await node.sequencer.stop();
  earlier = (await node.kept.read())!;
  await node.append({
    type: 'person.changed',
    outcome: 'done',
    subject: ada,
    actor: await house.person(),
    data: { fields: ['roles'] },
  });
  await some(400);
  await node.sequencer.settle();
  await node.sequencer.stop();
  last = (await node.kept.read())!;
  await some(3);
});
after(() => house.close());

async function verdict(checkpoints: string[] = [], keys: string[] = []): Promise<string> {
  const result = await verifyRecord(databaseSource(house.store), { checkpoints, keys });
  return result.state === 'sound' ? 'sound' : result.wrong;
}

/** Does something to the record, tells what the verifier says of it, and undoes it. */
async function verdictAfter(
  tampering: () => Promise<void>,
  checkpoints: string[] = [],
): Promise<string> {
  const copy = await copyOf(house.store);
  try {
    await tampering();
    return await verdict(checkpoints);
  } finally {
    await restore(house.store, copy);
  }
}

test('untouched, it is sound, with every checkpoint that was ever given away', async () => {
  assert.equal(await verdict([earlier, last]), 'sound');
});

/** Columns that no proof covers, and why that is right. */
const uncovered: Partial<Record<RecordTable, readonly string[]>> = {
  // When the database says it was signed; the checkpoint itself has no time. The seed is sealed by the vault, which finds any
  // change when it is next opened; nobody else can judge it.
  record_log: ['signed_at', 'seed'],
};

function flipped(value: Row[string], position: number): Row[string] {
  if (value instanceof Uint8Array) {
    const bytes = new Uint8Array(value);
    bytes[position % bytes.length]! ^= 1 << (position % 8);
    return bytes;
  }
  if (typeof value === 'number') return value + 1 + (position % 3);
  if (value === null) return 'x';
  const at = position % value.length;
  return value.slice(0, at) + (value[at] === 'a' ? 'b' : 'a') + value.slice(at + 1);
}

for (const table of Object.keys(recordTables) as RecordTable[]) {
  test(`a change of any stored field of ${table} is found`, async () => {
    const rows = await rowsOf(house.store, table);
    assert.ok(rows.length > 0);
    const wanted = table === 'record_event' || table === 'record_sequence' ? 12 : 6;
    const step = Math.max(1, Math.floor(rows.length / wanted));
    let position = 1;
    for (let i = 0; i < rows.length; i += step) {
      const row = rows[i]!;
      for (const column of Object.keys(row)) {
        if (uncovered[table]?.includes(column)) continue;
        const samples = row[column] instanceof Uint8Array ? 5 : 1;
        for (let n = 0; n < samples; n++) {
          position = position * 31 + 7;
          const altered = { ...row, [column]: flipped(row[column]!, position % 100_003) };
          await alter(house.store, table, row, { [column]: altered[column]! }).catch(() => {
            // The database itself refuses a key that is there already.
            altered[column] = row[column]!;
          });
          if (altered[column] === row[column]) continue;
          const said = await verdict();
          assert.notEqual(said, 'sound', `${table}.${column} of row ${i}`);
          await alter(house.store, table, altered, { [column]: row[column]! });
        }
      }
    }
    assert.equal(await verdict(), 'sound', 'all was put back');
  });
}

test('an altered event is named, with its place and the tile that tells', async () => {
  const places = await rowsOf(house.store, 'record_sequence');
  const events = await rowsOf(house.store, 'record_event');
  const id = places[300]!.event!;
  const row = events.find((event) => event.id === id)!;
  const leaf = new TextDecoder()
    .decode(row.leaf as Uint8Array)
    .replace('"kind":"password"', '"kind":"webauthn"');
  const said = await verdictAfter(() =>
    alter(house.store, 'record_event', row, { leaf: new TextEncoder().encode(leaf) }),
  );
  assert.equal(
    said,
    `Event 300 (${id}) of ${ORIGIN} was altered: its hash is not the one in tile/0/001.`,
  );
  const moved = await verdictAfter(() =>
    alter(house.store, 'record_event', row, { outcome: 'granted' }),
  );
  assert.match(moved, /^Event 300 .* outcome, subject or actor is not what its leaf says/);
});

test('a removed event is named; so is one that was put in behind the record’s back', async () => {
  const places = await rowsOf(house.store, 'record_sequence');
  const events = await rowsOf(house.store, 'record_event');
  const id = places[77]!.event!;
  const row = events.find((event) => event.id === id)!;
  assert.equal(
    await verdictAfter(() => remove(house.store, 'record_event', row)),
    `Event 77 (${id}) of ${ORIGIN} was removed.`,
  );
  assert.equal(
    await verdictAfter(() => remove(house.store, 'record_sequence', places[77]!)),
    `Place 77 of ${ORIGIN} is empty: an event was removed.`,
  );
  const forged = house.ids.next();
  assert.equal(
    await verdictAfter(() => put(house.store, 'record_event', { ...row, id: forged })),
    `Event ${forged} stands in no log, and does not wait for a place in one.`,
  );
  assert.match(
    await verdictAfter(() => put(house.store, 'record_pending', { id: forged })),
    /waits for its place, but is not there/,
  );
});

test('an event that was put in with a place in a log that is not there is named', async () => {
  const row = (await rowsOf(house.store, 'record_event'))[77]!;
  const id = house.ids.next();
  const leaf = new TextDecoder().decode(row.leaf as Uint8Array).replace(row.id as string, id);
  const said = await verdictAfter(async () => {
    await put(house.store, 'record_event', { ...row, id, leaf: new TextEncoder().encode(leaf) });
    await put(house.store, 'record_sequence', { log: 2, idx: 0, event: id });
    if (row.subject !== null)
      await put(house.store, 'record_about', { subject: row.subject!, event: id });
  });
  assert.equal(said, `Event ${id} has a place in a log 2, which is not there.`);
});

test('two events that changed places are found', async () => {
  const places = await rowsOf(house.store, 'record_sequence');
  const said = await verdictAfter(async () => {
    await alter(house.store, 'record_sequence', places[10]!, { event: 'aside' });
    await alter(house.store, 'record_sequence', places[11]!, { event: places[10]!.event! });
    await alter(house.store, 'record_sequence', places[10]!, { event: places[11]!.event! });
  });
  assert.match(said, /^Event 10 /);
});

test('a cut tail is found even where the last checkpoint was put back too, if a later one was kept', async () => {
  const [log] = await rowsOf(house.store, 'record_log');
  const cut = async () => {
    for (const place of (await rowsOf(house.store, 'record_sequence')).slice(301)) {
      await remove(house.store, 'record_sequence', place);
      const event = { id: place.event! };
      await remove(house.store, 'record_event', event);
    }
    for (const tile of await rowsOf(house.store, 'record_tile')) {
      const hashes = tile.hashes as Uint8Array;
      if (tile.level === 0 && tile.n === 1) {
        await alter(house.store, 'record_tile', tile, { hashes: hashes.subarray(0, 45 * 32) });
      } else if (tile.level === 0 && tile.n === 2) await remove(house.store, 'record_tile', tile);
      else if (tile.level === 1) {
        await alter(house.store, 'record_tile', tile, { hashes: hashes.subarray(0, 32) });
      }
    }
  };
  assert.match(await verdictAfter(cut), /missing|bytes/);
  const cutCleanly = async () => {
    await cut();
    await alter(house.store, 'record_log', log!, { size: 301, checkpoint: earlier });
  };
  assert.equal(await verdictAfter(cutCleanly), 'sound', 'alone it can’t be seen');
  assert.equal(await verdictAfter(cutCleanly, [earlier]), 'sound');
  assert.equal(
    await verdictAfter(cutCleanly, [last]),
    `${ORIGIN} ends after 301 events, but a checkpoint of 702 was kept: 401 events were cut off.`,
  );
});

test('a record made anew with another key is found by a kept checkpoint, and by a key known from elsewhere', async () => {
  const { vkey } = noteSigner(ORIGIN, new Uint8Array(32));
  const own = ((await rowsOf(house.store, 'record_log'))[0]!.vkey as string).trim();
  assert.equal(await verdict([], [own]), 'sound');
  assert.match(await verdict([], [vkey]), /not the one that you know: it was replaced/);

  const other = await openHouse('forger');
  try {
    const forger = other.node('a');
    await forger.append(...Array.from({ length: 800 }, (_, n) => refusal(undefined, n)));
    await forger.sequencer.settle();
    const forged = await copyOf(other.store);
    const said = await verdictAfter(() => restore(house.store, forged), [earlier]);
    assert.match(said, /not signed by the key that is here/);
  } finally {
    await other.close();
  }
});

test('a checkpoint of a log that is gone is not overlooked', async () => {
  const signer = noteSigner('elsewhere.example/record', new Uint8Array(32).fill(7));
  const note = signer.sign(`elsewhere.example/record\n1\n${'A'.repeat(43)}=\n`);
  assert.match(await verdict([note]), /which is not here: it was lost or removed/);
});
