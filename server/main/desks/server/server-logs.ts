/** The logs of a server elsewhere, as they are exported by its API: their leaves. Their tiles are made of those again. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { utf8 } from '../../../kernel/bytes.ts';
import { readBundle } from '../../../record/bundle.ts';
import { readCheckpoint } from '../../../record/checkpoint.ts';
import type { RecordSource } from '../../../record/source.ts';
import { edgeTile, subtreeRoot, TILE_WIDTH, tilePath } from '../../../record/tiles.ts';
import { leafHash } from '../../../record/tree.ts';
import type { Connection, Refused } from '../../remote/connection.ts';

/** The server said no in the middle of it. */
export class RefusedMeanwhile extends Error {
  readonly refused: Refused;
  constructor(refused: Refused) {
    super('the server refused to go on');
    this.refused = refused;
  }
}

/** At once: what a slow line carries in half a minute. */
const TOGETHER = 2048;

const NO_COLUMNS = { event: null, type: null, outcome: null, subject: null, actor: null };

/** `folder` is where it is exported to: tiles are made of the entries that stand there already (record/export.ts). */
export function serverLogs(server: Connection, folder: string): RecordSource {
  const sizes = new Map<number, number>();
  /** What came last, of one log from a place on. */
  let kept:
    | { readonly log: number; readonly from: number; readonly leaves: Uint8Array[] }
    | undefined;

  async function fetched(log: number, from: number): Promise<Uint8Array[]> {
    const size = sizes.get(log) ?? 0;
    const limit = Math.min(TOGETHER, size - from);
    const page = await server.lines(`/record/export?log=${log}&from=${from}&limit=${limit}`);
    if (!page.ok) throw new RefusedMeanwhile(page.error);
    const leaves: Uint8Array[] = [];
    for await (const line of page.value.text) if (line !== '') leaves.push(utf8(line));
    return leaves;
  }

  const standing = (log: number, level: number | 'entries', n: number, width: number) =>
    readFile(join(folder, String(log), tilePath(level, n, width)));

  /** How many of a tile's hashes there are in the tree that is exported. */
  function widthOf(log: number, level: number, n: number): number {
    const edge = edgeTile(sizes.get(log) ?? 0, level);
    return n === edge.n ? edge.width : TILE_WIDTH;
  }

  return {
    async logs() {
      const listed = await server.call('listLogs');
      if (!listed.ok) throw new RefusedMeanwhile(listed.error);
      return listed.value.items.map(({ log, origin, key, checkpoint }) => {
        sizes.set(log, readCheckpoint(checkpoint)?.size ?? 0);
        return { log, origin, vkey: key, checkpoint };
      });
    },

    async leaves(log, from, to) {
      const end = (kept?.from ?? 0) + (kept?.leaves.length ?? 0);
      if (kept?.log !== log || from < kept.from || to > end) {
        kept = { log, from, leaves: await fetched(log, from) };
      }
      const start = from - kept.from;
      return kept.leaves
        .slice(start, start + to - from)
        .map((leaf, i) => ({ idx: from + i, leaf, ...NO_COLUMNS }));
    },

    async tile(log, level, n, width) {
      if (level === 0) {
        const entries = readBundle(await standing(log, 'entries', n, width));
        return entries && Buffer.concat(entries.map(leafHash));
      }
      const roots: Uint8Array[] = [];
      for (let i = 0; i < width; i++) {
        const below = n * TILE_WIDTH + i;
        const hashes = await standing(log, level - 1, below, widthOf(log, level - 1, below));
        roots.push(subtreeRoot(hashes, 0, TILE_WIDTH));
      }
      return Buffer.concat(roots);
    },

    loose: async () => ({ pending: 0 }),
  };
}
