/**
 * The record as files: one folder a log, each a tree of https://c2sp.org/tlog-tiles that any web server can serve and any tool
 * for it can read. What is personal in it stays sealed. An export that was stopped goes on where it was: full tiles never
 * change, and the checkpoint is written last. It takes the place of an older one of the same history alone: an export is kept
 * to show what the database no longer does.
 */
import { existsSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Fault } from '../kernel/fault.ts';
import { makeFolder } from '../kernel/make-folder.ts';
import { writeBundle } from './bundle.ts';
import { type Checkpoint, readCheckpoint } from './checkpoint.ts';
import type { LogView, RecordSource } from './source.ts';
import { edgeTile, nodesOfTiles, TILE_WIDTH, tileLevels, tilePath } from './tiles.ts';
import { same, treeRoot } from './tree.ts';

export interface Exported {
  readonly origin: string;
  readonly folder: string;
  readonly size: number;
}

export async function exportRecord(
  source: RecordSource,
  folder: string,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Exported[]> {
  const logs = (await source.logs()).map((view) => ({ view, size: sizeOf(view) }));
  const total = logs.reduce((sum, { size }) => sum + size, 0);
  const standing = new Map<LogView, Checkpoint>();
  for (const { view } of logs) {
    const before = await exportedBefore(view, join(folder, String(view.log)));
    if (before !== undefined) standing.set(view, before);
  }
  const exported: Exported[] = [];
  let done = 0;
  for (const { view, size } of logs) {
    const target = join(folder, String(view.log));
    for (let from = 0; from < size; from += TILE_WIDTH) {
      const width = Math.min(TILE_WIDTH, size - from);
      const file = join(target, tilePath('entries', from / TILE_WIDTH, width));
      if (!existsSync(file)) await write(file, await bundle(source, view, from, width));
      done += width;
      onProgress(done, total);
    }
    // After the entries, which some sources make them of.
    await exportTiles(source, view, size, target);
    const before = standing.get(view);
    if (before !== undefined) await checkContinued(view, before, target);
    await write(join(target, 'key'), `${view.vkey}\n`);
    await write(join(target, 'checkpoint'), view.checkpoint);
    exported.push({ origin: view.origin, folder: target, size });
  }
  return exported;
}

export function sizeOf({ origin, checkpoint }: LogView): number {
  const size = readCheckpoint(checkpoint)?.size;
  if (size === undefined) throw new Fault('record.tree', `${origin} has no readable checkpoint`);
  return size;
}

/** What the folder vouches for already. Throws where that is more than the record has, or another's. */
async function exportedBefore(view: LogView, target: string): Promise<Checkpoint | undefined> {
  if (!existsSync(join(target, 'checkpoint'))) return undefined;
  const before = readCheckpoint(await readFile(join(target, 'checkpoint'), 'utf8'));
  const key = await readFile(join(target, 'key'), 'utf8');
  if (key.trim() !== view.vkey) throw inTheWay(target, 'another record');
  if (before !== undefined && before.size > sizeOf(view)) {
    const more = `${before.size} events of ${view.origin}, of which the record has only ${sizeOf(view)}`;
    throw inTheWay(target, more);
  }
  return before;
}

/** With the tiles of before among those of now, they lead to both roots only where one history is the beginning of the other. */
async function checkContinued(view: LogView, before: Checkpoint, target: string): Promise<void> {
  const now = readCheckpoint(view.checkpoint)!; // As was looked at above.
  const node = nodesOfTiles((level, n) => {
    const edge = edgeTile(now.size, level);
    const width = edge.n === n ? edge.width : TILE_WIDTH;
    return readFile(join(target, tilePath(level, n, width)));
  });
  for (const { size, root } of [before, now]) {
    if (same(await treeRoot(size, node), root)) continue;
    throw inTheWay(target, `another history of ${view.origin} than the record`);
  }
}

function inTheWay(target: string, what: string): Fault {
  return new Fault(
    'record.tree',
    `${target} holds ${what}: keep it, it tells what was lost or changed, and export into another folder`,
  );
}

async function exportTiles(source: RecordSource, view: LogView, size: number, target: string) {
  for (let level = 0; level < tileLevels(size); level++) {
    const edge = edgeTile(size, level);
    for (let n = 0; n <= edge.n; n++) {
      const width = n === edge.n ? edge.width : TILE_WIDTH;
      const path = tilePath(level, n, width);
      if (width === 0 || existsSync(join(target, path))) continue;
      const hashes = await source.tile(view.log, level, n, width);
      if (!hashes) throw new Fault('record.tree', `${path} of ${view.origin} is missing`);
      await write(join(target, path), hashes);
    }
  }
}

async function bundle(source: RecordSource, view: LogView, from: number, width: number) {
  return writeBundle(await leavesBetween(source, view, from, width));
}

/** So many leaves from a place on; that one is missing is a fault of the record. */
export async function leavesBetween(
  source: RecordSource,
  view: Pick<LogView, 'log' | 'origin'>,
  from: number,
  width: number,
): Promise<Uint8Array[]> {
  const leaves = (await source.leaves(view.log, from, from + width)).map(({ idx, leaf }) => {
    if (leaf === null) throw new Fault('record.tree', `event ${idx} of ${view.origin} is missing`);
    return leaf;
  });
  if (leaves.length !== width) {
    throw new Fault('record.tree', `events are missing from ${from} on in ${view.origin}`);
  }
  return leaves;
}

/** A file has its name only once it is whole, on the disk too: the next export takes it as it is. */
async function write(file: string, content: Uint8Array | string): Promise<void> {
  makeFolder(dirname(file));
  // Of an export that was stopped; what somebody else put there is not written through.
  await rm(`${file}.part`, { force: true });
  const part = await open(`${file}.part`, 'wx');
  try {
    await part.writeFile(content);
    await part.sync();
  } finally {
    await part.close();
  }
  await rename(`${file}.part`, file);
}
