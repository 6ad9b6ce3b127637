/**
 * The Merkle tree of RFC 6962 §2.1: hashes and proofs, pure. Indexes and sizes are whole numbers up to 2^53, so halving is
 * done by division: JavaScript's shifts stop at 32 bits.
 */
import { Buffer } from 'node:buffer';
import { sha256 } from '../kernel/digest.ts';

export const HASH = 32;

/** MTH({}) = SHA-256(). */
export const EMPTY_ROOT: Uint8Array = sha256('');

/** MTH({d}) = SHA-256(0x00 || d). */
export function leafHash(leaf: Uint8Array): Uint8Array {
  const input = Buffer.allocUnsafe(1 + leaf.length);
  input[0] = 0;
  input.set(leaf, 1);
  return sha256(input);
}

/** SHA-256(0x01 || left || right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const input = Buffer.allocUnsafe(1 + 2 * HASH);
  input[0] = 1;
  input.set(left, 1);
  input.set(right, 1 + HASH);
  return sha256(input);
}

/** Reads the root of a complete subtree: the `index`th of those that span 2^level leaves. */
export type ReadNode = (level: number, index: number) => Promise<Uint8Array>;

/** The largest power of two smaller than n, and its exponent. */
function split(n: number): { k: number; level: number } {
  let k = 1;
  let level = 0;
  while (k * 2 < n) {
    k *= 2;
    level += 1;
  }
  return { k, level };
}

/** MTH(D[from:to]) for ranges that the recursion of RFC 6962 visits: `from` is aligned to the largest subtree inside. */
async function rangeRoot(from: number, to: number, node: ReadNode): Promise<Uint8Array> {
  const n = to - from;
  if (n === 1) return node(0, from);
  const { k, level } = split(n);
  if (k * 2 === n) return node(level + 1, from / n);
  return nodeHash(await node(level, from / k), await rangeRoot(from + k, to, node));
}

export async function treeRoot(size: number, node: ReadNode): Promise<Uint8Array> {
  return size === 0 ? EMPTY_ROOT : rangeRoot(0, size, node);
}

/** PATH(index, D[0:size]), from the leaf's sibling up (§2.1.1). */
export async function inclusionProof(
  index: number,
  size: number,
  node: ReadNode,
): Promise<Uint8Array[]> {
  const proof: Uint8Array[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + split(to - from).k;
    if (index < middle) {
      proof.push(await rangeRoot(middle, to, node));
      to = middle;
    } else {
      proof.push(await rangeRoot(from, middle, node));
      from = middle;
    }
  }
  return proof.reverse();
}

/** PROOF(first, D[0:second]) (§2.1.2): that the tree of `second` leaves begins with that of `first`. */
export async function consistencyProof(
  first: number,
  second: number,
  node: ReadNode,
): Promise<Uint8Array[]> {
  if (first === 0 || first === second) return [];
  const proof: Uint8Array[] = [];
  let from = 0;
  let to = second;
  // Whether the old tree is the whole of what is looked at, so that its root is known to the verifier.
  let whole = true;
  while (first !== to) {
    const middle = from + split(to - from).k;
    if (first <= middle) {
      proof.push(await rangeRoot(middle, to, node));
      to = middle;
    } else {
      proof.push(await rangeRoot(from, middle, node));
      from = middle;
      whole = false;
    }
  }
  if (!whole) proof.push(await rangeRoot(from, to, node));
  return proof.reverse();
}

const half = (n: number) => Math.floor(n / 2);
const odd = (n: number) => n % 2 === 1;

/** The root that a leaf and its path lead to (RFC 9162 §2.1.3.2); undefined for a path of the wrong length. */
export function rootFromInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
): Uint8Array | undefined {
  if (index < 0 || index >= size) return undefined;
  let fn = index;
  let sn = size - 1;
  let root = leaf;
  for (const sibling of proof) {
    if (sn === 0) return undefined;
    if (odd(fn) || fn === sn) {
      root = nodeHash(sibling, root);
      while (!odd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      root = nodeHash(root, sibling);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 ? root : undefined;
}

/** Whether the tree with `secondRoot` begins with the one that had `firstRoot` (RFC 9162 §2.1.4.2). */
export function isConsistent(
  first: { readonly size: number; readonly root: Uint8Array },
  second: { readonly size: number; readonly root: Uint8Array },
  proof: readonly Uint8Array[],
): boolean {
  if (first.size > second.size) return false;
  if (first.size === second.size) return proof.length === 0 && same(first.root, second.root);
  if (first.size === 0) return proof.length === 0 && same(first.root, EMPTY_ROOT);
  let fn = first.size - 1;
  let sn = second.size - 1;
  while (odd(fn)) {
    fn = half(fn);
    sn = half(sn);
  }
  // A first tree that is complete is its own first step, and is not repeated in the proof.
  const steps = fn === 0 ? [first.root, ...proof] : proof;
  let oldRoot = steps[0];
  let newRoot = steps[0];
  if (oldRoot === undefined || newRoot === undefined) return false;
  for (const step of steps.slice(1)) {
    if (sn === 0) return false;
    if (odd(fn) || fn === sn) {
      oldRoot = nodeHash(step, oldRoot);
      newRoot = nodeHash(step, newRoot);
      while (!odd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      newRoot = nodeHash(newRoot, step);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && same(oldRoot, first.root) && same(newRoot, second.root);
}

/** Hashes in the open are compared plainly: there is no secret that time could tell of. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
