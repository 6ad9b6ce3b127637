import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromBase64 } from '../../../server/kernel/bytes.ts';
import { tilePath } from '../../../server/record/tiles.ts';
import {
  consistencyProof,
  EMPTY_ROOT,
  inclusionProof,
  isConsistent,
  leafHash,
  nodeHash,
  type ReadNode,
  rootFromInclusion,
  same,
  treeRoot,
} from '../../../server/record/tree.ts';
import { growTree, mth, someLeaf } from './grown-tree.ts';
import { consistency, inclusion, leaves, nodes, roots } from './vectors.ts';

const vectorNode: ReadNode = async (level, index) => nodes[level]![index]!;
const flip = (bytes: Uint8Array, bit: number) => {
  const copy = new Uint8Array(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
};

test('the empty tree has the root that the RFC gives it', () => {
  assert.deepEqual(new Uint8Array(EMPTY_ROOT), roots[0]);
});

test('leaves and nodes hash to the reference vectors', () => {
  for (const [i, leaf] of leaves.entries()) assert.ok(same(leafHash(leaf), nodes[0]![i]!));
  for (const level of [1, 2, 3]) {
    for (const [i, node] of nodes[level]!.entries()) {
      assert.ok(same(nodeHash(nodes[level - 1]![2 * i]!, nodes[level - 1]![2 * i + 1]!), node));
    }
  }
});

test('trees of one to eight leaves have the reference roots', async () => {
  for (let size = 0; size <= 8; size++) {
    assert.ok(same(await treeRoot(size, vectorNode), roots[size]!), `size ${size}`);
  }
});

test('the reference inclusion proofs are made and verified', async () => {
  for (const { index, size, proof } of inclusion) {
    assert.deepEqual(await inclusionProof(index, size, vectorNode), proof);
    const root = rootFromInclusion(nodes[0]![index]!, index, size, proof);
    assert.ok(root && same(root, roots[size]!));
  }
});

test('the reference consistency proofs are made and verified', async () => {
  for (const { first, second, proof } of consistency) {
    assert.deepEqual(await consistencyProof(first, second, vectorNode), proof);
    const old = { size: first, root: roots[first]! };
    assert.ok(isConsistent(old, { size: second, root: roots[second]! }, proof));
  }
});

test('proofs of a public Certificate Transparency log of 961,984,013 certificates verify', () => {
  const vector = JSON.parse(readFileSync(new URL('argon2020.json', import.meta.url), 'utf8'));
  const bytes = (text: string) => fromBase64(text)!;
  const size: number = vector.tree_size;
  const root = bytes(vector.sha256_root_hash);
  const path: Uint8Array[] = vector.audit_path.map(bytes);
  const leaf = leafHash(bytes(vector.leaf_input));
  const found = rootFromInclusion(leaf, vector.leaf_index, size, path);
  assert.ok(found && same(found, root));
  const wrong = rootFromInclusion(leaf, vector.leaf_index + 1, size, path);
  assert.ok(wrong && !same(wrong, root));
  const old = { size: vector.first, root: bytes(vector.first_root_hash) };
  const proof: Uint8Array[] = vector.consistency.map(bytes);
  assert.ok(isConsistent(old, { size, root }, proof));
  assert.ok(!isConsistent({ ...old, size: old.size - 1 }, { size, root }, proof));
});

const SIZE = 300;

test('a tree grown through tiles has the root of the RFC at every size, also when taken up anew', async () => {
  const all = Array.from({ length: SIZE }, (_, i) => someLeaf(i));
  for (const reopenEvery of [1, 7, 256, 1000]) {
    const tree = await growTree(SIZE, reopenEvery);
    for (let size = 1; size <= SIZE; size += reopenEvery === 7 ? 1 : 37) {
      assert.ok(same(tree.roots[size]!, mth(all.slice(0, size))), `size ${size}`);
    }
  }
});

test('a tree of 66,000 leaves keeps its tiles on three levels, and their widths', async () => {
  const tree = await growTree(66_000, 1021);
  const width = (key: string) => (tree.tiles.get(key)?.length ?? 0) / 32;
  assert.deepEqual(['0/0', '0/257', '1/0', '1/1', '2/0'].map(width), [
    256,
    66_000 - 257 * 256,
    256,
    1,
    1,
  ]);
  assert.equal(tree.tiles.size, 258 + 2 + 1);
  assert.ok(same(await treeRoot(66_000, tree.node), tree.roots[66_000]!));
});

test('every inclusion proof up to 300 leaves verifies, and no altered one does', async () => {
  const tree = await growTree(SIZE, 64);
  for (let size = 1; size <= SIZE; size++) {
    const root = tree.roots[size]!;
    for (let index = 0; index < size; index++) {
      const leaf = leafHash(someLeaf(index));
      const proof = await inclusionProof(index, size, tree.node);
      const holds = (i: number, n: number, p: readonly Uint8Array[]) => {
        const found = rootFromInclusion(leaf, i, n, p);
        return found !== undefined && same(found, root);
      };
      assert.ok(holds(index, size, proof), `${index} of ${size}`);
      if ((index + size) % 11 !== 0) continue;
      for (const other of [index - 1, index + 1, index ^ 2]) {
        assert.ok(!holds(other, size, proof), `${index} as ${other} of ${size}`);
      }
      assert.ok(!holds(index, size * 2, proof));
      assert.ok(!holds(index, Math.floor(size / 2), proof));
      assert.ok(!holds(index, size, [...proof, root]));
      assert.ok(!holds(index, size, [root, ...proof]));
      if (proof.length > 0) assert.ok(!holds(index, size, proof.slice(0, -1)));
      for (const [i, hash] of proof.entries()) {
        assert.ok(!holds(index, size, proof.with(i, flip(hash, (index * 7 + size) % 256))));
      }
    }
  }
});

test('every consistency proof up to 300 leaves verifies, and no altered one does', async () => {
  const tree = await growTree(SIZE, 64);
  for (let second = 1; second <= SIZE; second++) {
    for (let first = 1; first <= second; first++) {
      const proof = await consistencyProof(first, second, tree.node);
      const one = { size: first, root: tree.roots[first]! };
      const two = { size: second, root: tree.roots[second]! };
      assert.ok(isConsistent(one, two, proof), `${first} to ${second}`);
      if ((first * 3 + second) % 13 !== 0 || first === second) continue;
      assert.ok(!isConsistent(two, one, proof));
      assert.ok(!isConsistent({ ...one, root: two.root }, two, proof));
      assert.ok(!isConsistent(one, { ...two, root: one.root }, proof));
      assert.ok(!isConsistent(one, { ...two, size: second * 2 }, proof));
      assert.ok(!isConsistent({ ...one, size: first ^ 2 }, two, proof));
      assert.ok(!isConsistent(one, two, []));
      assert.ok(!isConsistent(one, two, proof.slice(0, -1)));
      assert.ok(!isConsistent(one, two, [...proof, one.root]));
      assert.ok(!isConsistent(one, two, [one.root, ...proof]));
      for (const [i, hash] of proof.entries()) {
        const altered = proof.with(i, flip(hash, (first * 5 + second) % 256));
        assert.ok(!isConsistent(one, two, altered), `${first} to ${second}, step ${i}`);
      }
    }
  }
});

test('tile paths are those of tlog-tiles', () => {
  assert.equal(tilePath(0, 1234067, 256), 'tile/0/x001/x234/067');
  assert.equal(tilePath(0, 0, 256), 'tile/0/000');
  assert.equal(tilePath(1, 1, 17), 'tile/1/001.p/17');
  assert.equal(tilePath('entries', 1000, 256), 'tile/entries/x001/000');
  assert.equal(tilePath(63, 999999, 1), 'tile/63/x999/999.p/1');
});
