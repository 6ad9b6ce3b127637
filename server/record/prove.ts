/**
 * Proofs for those who trust only their own tools: that an event stands in the log that a checkpoint vouches for, and that a
 * newer checkpoint's log begins with an older one's. docs/verify-inclusion.mjs checks the first with nothing of ours.
 */
import { base64, fromBase64 } from '../kernel/bytes.ts';
import { type Checkpoint, openCheckpoint, readCheckpoint } from './checkpoint.ts';
import type { NoteKey } from './note.ts';
import { parseVkey } from './note.ts';
import type { LogView, RecordSource } from './source.ts';
import { edgeTile, nodesOfTiles, TILE_WIDTH } from './tiles.ts';
import {
  consistencyProof,
  HASH,
  inclusionProof,
  leafHash,
  type ReadNode,
  rootFromInclusion,
  same,
} from './tree.ts';

const FORMAT = 'c2sp.org/tlog-proof@v1';

export interface InclusionProof {
  readonly index: number;
  readonly leaf: Uint8Array;
  readonly path: readonly Uint8Array[];
  /** A signed note. */
  readonly checkpoint: string;
}

/** The text of https://c2sp.org/tlog-proof, with the leaf as extra data: the verifier hashes it, so it need not be trusted. */
export function proofText({ index, leaf, path, checkpoint }: InclusionProof): string {
  const lines = [FORMAT, `extra ${base64(leaf)}`, `index ${index}`, ...path.map(base64)];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

export function parseProof(text: string): InclusionProof | undefined {
  const gap = text.indexOf('\n\n');
  const [format, extra, place, ...lines] = text.slice(0, gap).split('\n');
  const leaf = /^extra (\S+)$/.exec(extra ?? '')?.[1];
  const index = /^index (0|[1-9][0-9]{0,15})$/.exec(place ?? '')?.[1];
  if (gap < 0 || format !== FORMAT || leaf === undefined || index === undefined) return undefined;
  const bytes = fromBase64(leaf);
  const path = lines.map(fromBase64);
  if (bytes === undefined || lines.length > 64) return undefined;
  const hashes = path.filter((hash) => hash?.length === HASH) as Uint8Array[]; // Those of 32 bytes are defined.
  if (hashes.length !== path.length) return undefined;
  return { index: Number(index), leaf: bytes, path: hashes, checkpoint: text.slice(gap + 2) };
}

/** Whether the proof shows its leaf in the log of this key. */
export function proofHolds(proof: InclusionProof, key: NoteKey): boolean {
  const opened = openCheckpoint(proof.checkpoint, key);
  if (opened.state !== 'signed' || opened.checkpoint.origin !== key.name) return false;
  const { size, root } = opened.checkpoint;
  const found = rootFromInclusion(leafHash(proof.leaf), proof.index, size, proof.path);
  return found !== undefined && same(found, root);
}

export type Proven =
  | { readonly state: 'proven'; readonly proof: InclusionProof; readonly vkey: string }
  /** The record is broken there: `record verify` tells where. */
  | { readonly state: 'broken' }
  | { readonly state: 'not-there' };

/** Proves the event at a place, by the log's last checkpoint. */
export async function proveInclusion(
  source: RecordSource,
  log: number,
  index: number,
): Promise<Proven> {
  const view = (await source.logs()).find((candidate) => candidate.log === log);
  const checkpoint = view && readCheckpoint(view.checkpoint);
  const key = view && parseVkey(view.vkey);
  if (view === undefined || checkpoint === undefined || key === undefined) {
    return { state: 'not-there' };
  }
  if (index >= checkpoint.size) return { state: 'not-there' };
  const [place] = await source.leaves(log, index, index + 1);
  if (place?.idx !== index || place.leaf === null) return { state: 'broken' };
  const path = await inclusionProof(index, checkpoint.size, nodesOf(source, view, checkpoint));
  const proof = { index, leaf: place.leaf, path, checkpoint: view.checkpoint };
  return proofHolds(proof, key) ? { state: 'proven', proof, vkey: view.vkey } : { state: 'broken' };
}

/**
 * That the log still begins with the events of an older checkpoint: `old <size>`, hashes, and the newer checkpoint, in the form
 * in which https://c2sp.org/tlog-witness takes it. Undefined when it does not, or is another log.
 */
export async function proveConsistency(
  source: RecordSource,
  older: string,
): Promise<string | undefined> {
  const old = readCheckpoint(older);
  const view = (await source.logs()).find(({ origin }) => origin === old?.origin);
  const checkpoint = view && readCheckpoint(view.checkpoint);
  if (old === undefined || view === undefined || checkpoint === undefined) return undefined;
  if (old.size > checkpoint.size) return undefined;
  const node = nodesOf(source, view, checkpoint);
  const path = await consistencyProof(old.size, checkpoint.size, node);
  return `${[`old ${old.size}`, ...path.map(base64)].join('\n')}\n\n${view.checkpoint}`;
}

function nodesOf(source: RecordSource, { log }: LogView, { size }: Checkpoint): ReadNode {
  return nodesOfTiles((level, n) => {
    const edge = edgeTile(size, level);
    return source.tile(log, level, n, edge.n === n ? edge.width : TILE_WIDTH);
  });
}
