/**
 * The tree as tiles (https://c2sp.org/tlog-tiles): runs of up to 256 hashes at every eighth level. Full tiles never change;
 * the last of each level grows. A tree is read through its tiles, and grown at its right edge.
 */
import { Fault } from '../kernel/fault.ts';
import { HASH, nodeHash, type ReadNode } from './tree.ts';

export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;

export interface Tile {
  readonly level: number;
  readonly n: number;
  /** Up to 256 hashes, one after the other. */
  readonly hashes: Uint8Array;
}

/** `tile/<L>/<N>[.p/<W>]`, with N in groups of three digits, all but the last marked by an x. */
export function tilePath(level: number | 'entries', n: number, width: number): string {
  const groups = [String(n % 1000).padStart(3, '0')];
  for (let rest = Math.floor(n / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`);
  }
  return `tile/${level}/${groups.join('/')}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** How many hashes the last tile of a level holds in a tree of this size, and which it is; 0 when the last one is full. */
export function edgeTile(size: number, level: number): { n: number; width: number } {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return { n: Math.floor(hashes / TILE_WIDTH), width: hashes % TILE_WIDTH };
}

export function tileLevels(size: number): number {
  let levels = 0;
  while (Math.floor(size / TILE_WIDTH ** levels) > 0) levels += 1;
  return levels;
}

export function tileHash(hashes: Uint8Array, index: number): Uint8Array {
  return hashes.subarray(index * HASH, (index + 1) * HASH);
}

/** The root over `count` hashes of a tile, a power of two, from `start` on. */
export function subtreeRoot(hashes: Uint8Array, start: number, count: number): Uint8Array {
  if (count === 1) return tileHash(hashes, start);
  const left = subtreeRoot(hashes, start, count / 2);
  return nodeHash(left, subtreeRoot(hashes, start + count / 2, count / 2));
}

export type ReadTile = (level: number, n: number) => Promise<Uint8Array | undefined>;

/** Reads any complete subtree's root out of tiles, each fetched once. */
export function nodesOfTiles(readTile: ReadTile): ReadNode {
  const kept = new Map<string, Uint8Array>();
  return async (level, index) => {
    const tileLevel = Math.floor(level / TILE_HEIGHT);
    const count = 2 ** (level % TILE_HEIGHT);
    const n = Math.floor((index * count) / TILE_WIDTH);
    const start = (index * count) % TILE_WIDTH;
    const key = `${tileLevel}/${n}`;
    const hashes = kept.get(key) ?? (await readTile(tileLevel, n));
    if (hashes === undefined || hashes.length < (start + count) * HASH) {
      throw new Fault('record.tree', `tile ${key} is missing or too short`);
    }
    kept.set(key, hashes);
    return subtreeRoot(hashes, start, count);
  };
}

/** The right edge of a tree: all that is needed to append to it. */
export interface Edge {
  readonly size: number;
  append(leafHash: Uint8Array): void;
  /** Undefined when the tree is empty. */
  root(): Uint8Array | undefined;
  /** The tiles that appended leaves made or changed since the last call. */
  changedTiles(): Tile[];
}

interface Growing {
  n: number;
  width: number;
  readonly hashes: Uint8Array;
  changed: boolean;
}

/** Takes up a tree where it ended: `readTile` gives the last tile of each level. */
export async function openEdge(startSize: number, readTile: ReadTile): Promise<Edge> {
  let size = startSize;
  // At each level of the tree the complete subtree that still waits for its right neighbour: bit k of the size.
  const waiting: (Uint8Array | undefined)[] = [];
  const growing: Growing[] = [];
  let full: Tile[] = [];

  for (let level = 0; level < tileLevels(size); level++) {
    const { n, width } = edgeTile(size, level);
    const tile = grow(level, n);
    if (width === 0) continue;
    const stored = await readTile(level, n);
    if (stored === undefined || stored.length < width * HASH) {
      throw new Fault('record.tree', `tile ${level}/${n} is missing or too short`);
    }
    tile.hashes.set(stored.subarray(0, width * HASH));
    tile.width = width;
    let start = 0;
    for (let bit = TILE_HEIGHT - 1; bit >= 0; bit--) {
      const count = 2 ** bit;
      if ((width & count) === 0) continue;
      waiting[level * TILE_HEIGHT + bit] = subtreeRoot(tile.hashes, start, count).slice();
      start += count;
    }
  }

  function grow(level: number, n: number): Growing {
    const tile = { n, width: 0, hashes: new Uint8Array(TILE_WIDTH * HASH), changed: false };
    growing[level] = tile;
    return tile;
  }

  function put(level: number, hash: Uint8Array): void {
    const tile = growing[level] ?? grow(level, 0);
    tile.hashes.set(hash, tile.width * HASH);
    tile.width += 1;
    tile.changed = true;
    if (tile.width < TILE_WIDTH) return;
    full.push({ level, n: tile.n, hashes: tile.hashes });
    grow(level, tile.n + 1);
  }

  return {
    get size() {
      return size;
    },
    append(leafHash) {
      put(0, leafHash);
      let hash = leafHash;
      let level = 0;
      for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) {
        // Bit `level` of the size is set, so a subtree waits there.
        hash = nodeHash(waiting[level]!, hash);
        waiting[level] = undefined;
        level += 1;
        if (level % TILE_HEIGHT === 0) put(level / TILE_HEIGHT, hash);
      }
      waiting[level] = hash;
      size += 1;
    },
    root() {
      let root: Uint8Array | undefined;
      for (const hash of waiting) {
        if (hash !== undefined) root = root === undefined ? hash : nodeHash(hash, root);
      }
      return root;
    },
    changedTiles() {
      const changed = full;
      full = [];
      for (const [level, tile] of growing.entries()) {
        if (tile.changed && tile.width > 0) {
          changed.push({ level, n: tile.n, hashes: tile.hashes.slice(0, tile.width * HASH) });
        }
        tile.changed = false;
      }
      return changed;
    },
  };
}
