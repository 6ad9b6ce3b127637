/** Trees for tests: grown leaf by leaf through the record's edge and tiles, and by the recursion of the RFC itself. */
import { createHash } from 'node:crypto';
import { utf8 } from '../../../server/kernel/bytes.ts';
import { nodesOfTiles, openEdge } from '../../../server/record/tiles.ts';
import { leafHash, type ReadNode } from '../../../server/record/tree.ts';

export function someLeaf(index: number): Uint8Array {
  return utf8(`leaf ${index}`);
}

/** MTH as RFC 6962 §2.1 writes it, with other hashing calls than the code under test. */
export function mth(leaves: readonly Uint8Array[]): Uint8Array {
  const sha = (...parts: Uint8Array[]) => {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
  };
  const only = leaves[0];
  if (only === undefined) return sha();
  if (leaves.length === 1) return sha(Uint8Array.of(0), only);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha(Uint8Array.of(1), mth(leaves.slice(0, k)), mth(leaves.slice(k)));
}

export interface GrownTree {
  readonly tiles: Map<string, Uint8Array>;
  readonly node: ReadNode;
  readonly roots: readonly (Uint8Array | undefined)[];
}

/** The tree's tiles, and its root at each size from 0 on. `reopenEvery` leaves, the edge is taken up anew from the tiles. */
export async function growTree(size: number, reopenEvery: number): Promise<GrownTree> {
  const tiles = new Map<string, Uint8Array>();
  const readTile = async (level: number, n: number) => tiles.get(`${level}/${n}`);
  const roots: (Uint8Array | undefined)[] = [];
  let edge = await openEdge(0, readTile);
  for (let i = 0; i < size; i++) {
    roots.push(edge.root());
    edge.append(leafHash(someLeaf(i)));
    if (i % reopenEvery !== reopenEvery - 1) continue;
    for (const { level, n, hashes } of edge.changedTiles()) tiles.set(`${level}/${n}`, hashes);
    edge = await openEdge(edge.size, readTile);
  }
  for (const { level, n, hashes } of edge.changedTiles()) tiles.set(`${level}/${n}`, hashes);
  roots.push(edge.root());
  return { tiles, node: remembered(nodesOfTiles(readTile)), roots };
}

/** Complete subtrees never change: thousands of proofs of one tree need each only once. */
function remembered(node: ReadNode): ReadNode {
  const known = new Map<string, Promise<Uint8Array>>();
  return (level, index) => {
    const key = `${level}/${index}`;
    const found = known.get(key) ?? node(level, index);
    known.set(key, found);
    return found;
  };
}
