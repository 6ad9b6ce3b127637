import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { fromBase64, fromUtf8 } from '../../server/kernel/bytes.ts';
import { readBundle, writeBundle } from '../../server/record/bundle.ts';
import { checkpointText, openCheckpoint, readCheckpoint } from '../../server/record/checkpoint.ts';
import { databaseSource } from '../../server/record/database-source.ts';
import { exportRecord } from '../../server/record/export.ts';
import { folderSource } from '../../server/record/folder-source.ts';
import { recordHead } from '../../server/record/head.ts';
import { seedPlace } from '../../server/record/log.ts';
import { noteSigner, parseVkey } from '../../server/record/note.ts';
import {
  parseProof,
  proofHolds,
  proofText,
  proveConsistency,
  proveInclusion,
} from '../../server/record/prove.ts';
import type { RecordSource } from '../../server/record/source.ts';
import { isConsistent } from '../../server/record/tree.ts';
import { verifyRecord } from '../../server/record/verify.ts';
import { type House, ORIGIN, openHouse, type RecordNode, refusal } from './house.ts';
import {
  alter,
  type Copy,
  copyOf,
  type RecordTable,
  recordTables,
  remove,
  restore,
  rowsOf,
} from './record-rows.ts';

let house: House;
let node: RecordNode;
let source: RecordSource;
let earlier: string;
let vkey: string;

before(async () => {
  house = await openHouse();
  node = house.node('a');
  source = databaseSource(house.store);
  const some = (count: number) =>
    node.append(...Array.from({ length: count }, (_, n) => refusal(undefined, n)));
  await some(200);
  await node.sequencer.settle();
  await node.sequencer.stop();
  earlier = (await node.kept.read())!;
  await some(400);
  await node.sequencer.settle();
  await node.sequencer.stop();
  vkey = (await house.store.read(recordHead))!.vkey;
});
after(() => house.close());

async function proofOf(index: number): Promise<string> {
  const proven = await proveInclusion(source, 1, index);
  assert.ok(proven.state === 'proven');
  return proofText(proven.proof);
}

test('each event’s proof holds for its log’s key, and for no other', async () => {
  const key = parseVkey(vkey)!;
  const other = parseVkey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW')!;
  for (let index = 0; index < 601; index += 13) {
    const proof = parseProof(await proofOf(index))!;
    assert.equal(proof.index, index);
    assert.ok(proofHolds(proof, key));
    assert.ok(!proofHolds(proof, other));
    assert.ok(!proofHolds({ ...proof, index: index + 1 }, key));
    assert.ok(!proofHolds({ ...proof, leaf: new Uint8Array([...proof.leaf, 32]) }, key));
  }
});

test('what is not in the log is not proven', async () => {
  assert.equal((await proveInclusion(source, 1, 601)).state, 'not-there');
  assert.equal((await proveInclusion(source, 2, 0)).state, 'not-there');
});

test('no text makes the reader of proofs throw', async () => {
  const real = await proofOf(5);
  fc.assert(
    fc.property(fc.nat(real.length), fc.string({ maxLength: 3 }), (at, text) => {
      const proof = parseProof(real.slice(0, at) + text + real.slice(at + 1));
      if (proof) proofHolds(proof, parseVkey(vkey)!);
    }),
  );
});

test('the checkpoint of today is proven to begin with that of yesterday', async () => {
  const text = (await proveConsistency(source, earlier))!;
  const [head, checkpoint] = [
    text.slice(0, text.indexOf('\n\n')),
    text.slice(text.indexOf('\n\n') + 2),
  ];
  const [first, ...path] = head.split('\n');
  assert.equal(first, 'old 201');
  const key = parseVkey(vkey)!;
  const opened = openCheckpoint(checkpoint, key);
  assert.ok(opened.state === 'signed');
  const hashes = path.map((line) => fromBase64(line)!);
  assert.ok(isConsistent(readCheckpoint(earlier)!, opened.checkpoint, hashes));
  assert.equal(await proveConsistency(source, earlier.replace('\n201\n', '\n9999\n')), undefined);
});

const SCRIPT = fileURLToPath(new URL('../../docs/verify-inclusion.mjs', import.meta.url));

function runScript(proof: string, key: string) {
  const file = join(house.folder, 'event.tlog-proof');
  writeFileSync(file, proof);
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, file, key], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('the script in docs, which uses nothing of ours, verifies a real proof and prints its event', async () => {
  const imports = [...readFileSync(SCRIPT, 'utf8').matchAll(/from '([^']+)'/g)].map(
    ([, name]) => name,
  );
  assert.ok(imports.every((name) => name?.startsWith('node:')));
  for (const index of [0, 255, 256, 600]) {
    const { status, stdout, stderr } = runScript(await proofOf(index), vkey);
    assert.equal(status, 0, stderr);
    const [place] = await source.leaves(1, index, index + 1);
    assert.equal(stdout.trim(), fromUtf8(place!.leaf!));
    assert.match(stderr, new RegExp(`VERIFIED: event ${index} of 601 in ${ORIGIN}`));
  }
});

test('the script refuses a proof that was altered anywhere', async () => {
  const proof = await proofOf(300);
  const lines = proof.split('\n');
  const other = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
  assert.equal(runScript(proof, other).status, 1);
  assert.equal(runScript(proof, vkey.replace('+', 'x+')).status, 1);
  for (const [i, line] of lines.entries()) {
    if (line === '') continue;
    const at = line.length >> 1;
    const changed = line.slice(0, at) + (line[at] === 'B' ? 'C' : 'B') + line.slice(at + 1);
    const { status } = runScript(lines.with(i, changed).join('\n'), vkey);
    assert.equal(status, 1, `line ${i}: ${line}`);
  }
  const path = lines.filter((line) => /^[A-Za-z0-9+/]{43}=$/.test(line));
  assert.equal(runScript(proof.replace(`${path[0]}\n`, ''), vkey).status, 1);
  assert.equal(
    runScript(proof.replace(`${path[0]}\n`, `${path[0]}\n${path[0]}\n`), vkey).status,
    1,
  );
});

test('a bundle of entries is read as it was written, and not when it is cut short', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (entries) => {
      const bundle = writeBundle(entries);
      assert.deepEqual(
        readBundle(bundle)?.map((entry) => [...entry]),
        entries.map((entry) => [...entry]),
      );
      if (bundle.length > 0) assert.equal(readBundle(bundle.subarray(0, -1)), undefined);
    }),
  );
});

test('an exported record verifies without its database, and any altered file in it is named', async () => {
  const folder = join(house.folder, 'export');
  const progress: number[] = [];
  const exported = await exportRecord(source, folder, (done) => progress.push(done));
  assert.deepEqual(exported, [{ origin: ORIGIN, folder: join(folder, '1'), size: 601 }]);
  assert.deepEqual(progress, [256, 512, 601]);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
  assert.deepEqual(files, [
    '1/checkpoint',
    '1/key',
    '1/tile/0/000',
    '1/tile/0/001',
    '1/tile/0/002.p/89',
    '1/tile/1/000.p/2',
    '1/tile/entries/000',
    '1/tile/entries/001',
    '1/tile/entries/002.p/89',
  ]);
  const verdict = async (from: string, checkpoints: string[] = []) => {
    const result = await verifyRecord(folderSource(from), { checkpoints });
    return result.state === 'sound' ? 'sound' : result.wrong;
  };
  assert.equal(await verdict(folder, [earlier]), 'sound');

  for (const name of files) {
    const copy = join(house.folder, 'copy');
    cpSync(folder, copy, { recursive: true });
    const bytes = readFileSync(join(copy, name));
    bytes[Math.floor(bytes.length / 3)]! ^= 1;
    writeFileSync(join(copy, name), bytes);
    assert.notEqual(await verdict(copy), 'sound', name);
    rmSync(join(copy, name));
    if (!/checkpoint|key/.test(name))
      assert.match(await verdict(copy), /missing|removed|agree/, name);
    rmSync(copy, { recursive: true });
  }
});

test('an export that was stopped goes on, and one of yesterday grows', async () => {
  const folder = join(house.folder, 'growing');
  let calls = 0;
  const failing: RecordSource = {
    ...source,
    leaves: (log, from, to) => {
      calls += 1;
      if (calls === 2) throw new Error('unplugged');
      return source.leaves(log, from, to);
    },
  };
  await assert.rejects(exportRecord(failing, folder), /unplugged/);
  await assert.rejects(verifyRecord(folderSource(folder)), /no exported record/);
  calls = 10;
  await exportRecord(failing, folder);
  assert.equal(calls, 12, 'the first bundle was there already');
  await node.append(refusal(undefined, 1));
  await node.sequencer.settle();
  await exportRecord(source, folder);
  const result = await verifyRecord(folderSource(folder));
  assert.ok(result.state === 'sound');
  assert.equal(result.logs[0]?.size, 602);
});

/** Exports a record twice into one folder; `meanwhile`, something is done to it. */
async function exportedTwice(
  why: RegExp,
  meanwhile: (other: House, backup: Copy) => Promise<void>,
) {
  const other = await openHouse('twice');
  try {
    const folder = join(other.folder, 'export');
    const node = other.node('a');
    const some = (count: number) =>
      node.append(...Array.from({ length: count }, (_, n) => refusal(undefined, n)));
    await some(100);
    await node.sequencer.settle();
    const backup = await copyOf(other.store);
    await some(200);
    await node.sequencer.settle();
    await node.sequencer.stop();
    await exportRecord(databaseSource(other.store), folder);
    const checkpoint = readFileSync(join(folder, '1/checkpoint'), 'utf8');
    await meanwhile(other, backup);
    const again = exportRecord(databaseSource(other.store), folder);
    await assert.rejects(again, { code: 'record.tree', message: why });
    await assert.rejects(again, { message: /keep it, .* and export into another folder/ });
    // It still shows all that it did.
    const result = await verifyRecord(folderSource(folder), { checkpoints: [checkpoint] });
    assert.deepEqual(result.state === 'sound' && result.logs[0]?.size, 301);
    await exportRecord(databaseSource(other.store), join(other.folder, 'another'));
  } finally {
    await other.close();
  }
}

test('the export of an older copy does not take the place of one that holds what came after it', () =>
  exportedTwice(/holds 301 events of .*, of which the record has only 101/, (other, backup) =>
    restore(other.store, backup),
  ));

test('nor does that of a record that was written anew with its own key', () =>
  exportedTwice(/holds another history of test\.example\/record/, async (other) => {
    const [real] = await rowsOf(other.store, 'record_log');
    for (const table of Object.keys(recordTables) as RecordTable[]) {
      for (const row of await rowsOf(other.store, table)) await remove(other.store, table, row);
    }
    const forger = other.node('forger');
    await forger.append(...Array.from({ length: 400 }, (_, n) => refusal(undefined, n + 1)));
    await forger.sequencer.settle();
    const [log] = await rowsOf(other.store, 'record_log');
    const { vkey, seed } = real!;
    const key = other.vault.system('signing').open(seedPlace(1), seed as Uint8Array);
    const text = checkpointText(readCheckpoint(log!.checkpoint as string)!);
    const checkpoint = noteSigner(ORIGIN, key).sign(text);
    await alter(other.store, 'record_log', log!, { vkey: vkey!, seed: seed!, checkpoint });
  }));

test('nor does that of another house', () =>
  exportedTwice(/holds another record/, async (other) =>
    restore(other.store, await copyOf(house.store)),
  ));
