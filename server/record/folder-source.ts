import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../kernel/fault.ts';
import { readBundle } from './bundle.ts';
import { readCheckpoint } from './checkpoint.ts';
import type { LogView, PlacedLeaf, RecordSource } from './source.ts';
import { TILE_WIDTH, tilePath } from './tiles.ts';

const NO_COLUMNS = { event: null, type: null, outcome: null, subject: null, actor: null };

/** Reads what export.ts wrote: one folder a log, named by its number, each a tlog-tiles tree. */
export function folderSource(folder: string): RecordSource {
  const sizes = new Map<number, number>();
  const at = (log: number, path: string) => join(folder, String(log), path);

  async function bytes(file: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(file);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new Fault('record.tree', `${file} can’t be read`, { cause });
    }
  }

  async function bundle(log: number, n: number): Promise<readonly Uint8Array[]> {
    const width = Math.min(TILE_WIDTH, (sizes.get(log) ?? 0) - n * TILE_WIDTH);
    const read = width > 0 ? await bytes(at(log, tilePath('entries', n, width))) : undefined;
    return (read && readBundle(read)) ?? [];
  }

  return {
    async logs() {
      if (!existsSync(folder)) throw new Fault('record.tree', `there is no folder ${folder}`);
      const numbers = (await readdir(folder))
        .filter((name) => /^[1-9][0-9]*$/.test(name))
        .map(Number);
      const views: LogView[] = [];
      for (const log of numbers.sort((a, b) => a - b)) {
        if (!existsSync(at(log, 'checkpoint'))) continue;
        const checkpoint = await readFile(at(log, 'checkpoint'), 'utf8');
        const vkey = (await readFile(at(log, 'key'), 'utf8')).trim();
        const { origin, size } = readCheckpoint(checkpoint) ?? { origin: `log ${log}`, size: 0 };
        sizes.set(log, size);
        views.push({ log, origin, vkey, checkpoint });
      }
      if (views.length === 0) throw new Fault('record.tree', `${folder} holds no exported record`);
      return views;
    },
    async leaves(log, from, to) {
      const places: PlacedLeaf[] = [];
      for (let n = Math.floor(from / TILE_WIDTH); n * TILE_WIDTH < to; n++) {
        for (const [i, leaf] of (await bundle(log, n)).entries()) {
          const idx = n * TILE_WIDTH + i;
          if (idx >= from && idx < to) places.push({ idx, leaf, ...NO_COLUMNS });
        }
      }
      return places;
    },
    tile: (log, level, n, width) => bytes(at(log, tilePath(level, n, width))),
    loose: async () => ({ pending: 0 }),
  };
}
