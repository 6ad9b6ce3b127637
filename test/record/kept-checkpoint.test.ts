import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { keptInFile } from '../../server/record/kept-checkpoint.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-kept-'));
  file = join(folder, 'checkpoint');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('two processes that write at once leave one of both, whole, and neither fails', async () => {
  const [worker, other] = [keptInFile(file), keptInFile(file)];
  const notes = ['long\n'.repeat(1000), 'short\n'];
  for (let i = 0; i < 20; i++) {
    await Promise.all([worker.write(notes[0]!), other.write(notes[1]!)]);
    assert.ok(notes.includes((await worker.read())!));
  }
  assert.deepEqual(readdirSync(folder), ['checkpoint']);
});

test('where it can’t be written, nothing is left behind', async () => {
  await mkdir(file);
  await assert.rejects(keptInFile(file).write('a note\n'), { code: 'record.tree' });
  rmdirSync(file);
  assert.deepEqual(readdirSync(folder), []);
});
