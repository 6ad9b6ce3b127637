/**
 * Verifies the whole record from what is stored, offline: nothing here writes, and no key but the public ones is used.
 *
 * From the top down: the signature vouches for the root, the root for the last tile of each level, each tile for those below
 * it, the lowest for the events. So when an event does not match, it is the event that was altered, and it can be named. That
 * nothing was cut off or written anew can only be seen with a checkpoint that was kept elsewhere.
 */
import { Fault } from '../kernel/fault.ts';
import { type Checkpoint, openCheckpoint, readCheckpoint } from './checkpoint.ts';
import { leafSays, readLeaf } from './leaf.ts';
import { type NoteKey, parseVkey } from './note.ts';
import type { LogView, PlacedLeaf, RecordSource } from './source.ts';
import {
  edgeTile,
  nodesOfTiles,
  subtreeRoot,
  TILE_WIDTH,
  tileHash,
  tileLevels,
  tilePath,
} from './tiles.ts';
import { HASH, leafHash, same, treeRoot } from './tree.ts';

const PAGE = 4 * TILE_WIDTH;

export interface VerifyOptions {
  /** Checkpoints kept elsewhere, as signed notes. */
  readonly checkpoints?: readonly string[];
  /** Public keys known from elsewhere, as vkeys; a log of the same name must have this key. */
  readonly keys?: readonly string[];
  /**
   * What is to be said of a log of which nobody here knows whether its key is ours; undefined where it is known. Such a log is wrong,
   * unless a checkpoint or a key from elsewhere vouches for it, or what our next log says was kept.
   */
  readonly stranger?: (log: LogView) => string | undefined;
  /** Told now and then how many events are verified, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface VerifiedLog {
  readonly origin: string;
  readonly vkey: string;
  readonly size: number;
  /** The checkpoint that was verified: the one to keep. */
  readonly checkpoint: string;
}

export type Verification =
  | {
      readonly state: 'sound';
      readonly logs: readonly VerifiedLog[];
      /** Events that wait for their places, and so are not vouched for yet. */
      readonly pending: number;
      /** What is right but worth knowing: a log that began after a restore, and what was lost. */
      readonly remarks: readonly string[];
    }
  /** `wrong` names the first thing found. */
  | { readonly state: 'broken'; readonly wrong: string; readonly verified: number };

/** A finding ends the verification from wherever it is made. */
class Wrong extends Error {
  /** How many events of the page that it was found in are sound. */
  readonly sound: number;

  constructor(message: string, sound: number) {
    super(message);
    this.sound = sound;
  }
}

function wrong(message: string, sound = 0): never {
  throw new Wrong(message, sound);
}

export async function verifyRecord(
  source: RecordSource,
  options: VerifyOptions = {},
): Promise<Verification> {
  let verified = 0;
  try {
    const logs = (await source.logs()).map((view) => openLog(view, options.keys ?? []));
    const kept = (options.checkpoints ?? []).map((note) => openKept(note, logs));
    const total = logs.reduce((sum, { checkpoint }) => sum + checkpoint.size, 0);
    options.onProgress?.(0, total);
    const beginnings: Beginning[] = [];
    for (const [i, log] of logs.entries()) {
      const tiles = await verifyTiles(source, log);
      for (let from = 0; from < log.checkpoint.size; from += PAGE) {
        const to = Math.min(from + PAGE, log.checkpoint.size);
        await verifyLeaves(source, log, tiles, from, to);
        verified += to - from;
        options.onProgress?.(verified, total);
      }
      await verifyKept(source, log, kept);
      const first = (await source.leaves(log.view.log, 0, 1))[0];
      beginnings.push(verifyBeginning(log, first, logs[i - 1]));
    }
    verifyStrangers(logs, beginnings, kept, options);
    const loose = await source.loose();
    if (loose.wrong !== undefined) wrong(loose.wrong);
    return {
      state: 'sound',
      logs: logs.map(({ view, checkpoint }) => ({
        origin: view.origin,
        vkey: view.vkey,
        size: checkpoint.size,
        checkpoint: view.checkpoint,
      })),
      pending: loose.pending,
      remarks: beginnings.flatMap(({ remark }) => remark ?? []),
    };
  } catch (cause) {
    if (!(cause instanceof Wrong)) throw cause;
    return { state: 'broken', wrong: cause.message, verified: verified + cause.sound };
  }
}

interface OpenedLog {
  readonly view: LogView;
  readonly key: NoteKey;
  readonly checkpoint: Checkpoint;
}

function openLog(view: LogView, known: readonly string[]): OpenedLog {
  const key = parseVkey(view.vkey);
  if (key === undefined) wrong(`The public key of ${view.origin} is malformed.`);
  for (const vkey of known) {
    const other = parseVkey(vkey);
    if (other === undefined) throw new Fault('record.tree', `"${vkey}" is not a key of a log`);
    if (other.name === view.origin && other.vkey !== key.vkey) {
      wrong(`The public key of ${view.origin} is not the one that you know: it was replaced.`);
    }
  }
  const opened = openCheckpoint(view.checkpoint, key);
  if (opened.state !== 'signed') {
    wrong(`The last checkpoint of ${view.origin} is ${opened.state}: it was altered.`);
  }
  const { checkpoint } = opened;
  if (checkpoint.origin !== view.origin || key.name !== view.origin) {
    wrong(`The last checkpoint of ${view.origin} is one of ${checkpoint.origin}.`);
  }
  return { view, key, checkpoint };
}

function openKept(note: string, logs: readonly OpenedLog[]): Checkpoint {
  const claimed = readCheckpoint(note);
  if (claimed === undefined) throw new Fault('record.tree', 'what was kept is not a checkpoint');
  const log = logs.find(({ view }) => view.origin === claimed.origin);
  if (log === undefined) {
    wrong(`A checkpoint was kept of ${claimed.origin}, which is not here: it was lost or removed.`);
  }
  if (openCheckpoint(note, log.key).state !== 'signed') {
    wrong(
      `The checkpoint that was kept of ${claimed.origin} is not signed by the key that is here: the log was made anew, or the checkpoint is forged.`,
    );
  }
  if (claimed.size > log.checkpoint.size) {
    const lost = claimed.size - log.checkpoint.size;
    wrong(
      `${claimed.origin} ends after ${log.checkpoint.size} events, but a checkpoint of ${claimed.size} was kept: ${lost} events were cut off.`,
    );
  }
  return claimed;
}

/** Gives level-0 tiles that the root vouches for. */
type VouchedTile = (level: number, n: number) => Promise<Uint8Array>;

async function verifyTiles(source: RecordSource, log: OpenedLog): Promise<VouchedTile> {
  const { size, root } = log.checkpoint;
  const number = log.view.log;
  async function stored(level: number, n: number, width: number): Promise<Uint8Array> {
    const path = tilePath(level, n, width);
    const hashes = await source.tile(number, level, n, width);
    if (hashes === undefined) wrong(`${path} of ${log.view.origin} is missing.`);
    if (hashes.length !== width * HASH) {
      wrong(`${path} of ${log.view.origin} holds ${hashes.length} bytes, not ${width * HASH}.`);
    }
    return hashes;
  }

  const edges = new Map<string, Uint8Array>();
  for (let level = 0; level < tileLevels(size); level++) {
    const { n, width } = edgeTile(size, level);
    if (width > 0) edges.set(`${level}/${n}`, await stored(level, n, width));
  }
  const atEdge = nodesOfTiles(async (level, n) => edges.get(`${level}/${n}`));
  if (!same(await treeRoot(size, atEdge), root)) {
    wrong(await edgeFault(source, log, edges));
  }

  const vouched = new Map<number, { n: number; hashes: Uint8Array }>();
  return async function tile(level, n) {
    const edge = edges.get(`${level}/${n}`);
    if (edge) return edge;
    const last = vouched.get(level);
    if (last?.n === n) return last.hashes;
    const hashes = await stored(level, n, TILE_WIDTH);
    const parent = await tile(level + 1, Math.floor(n / TILE_WIDTH));
    if (!same(subtreeRoot(hashes, 0, TILE_WIDTH), tileHash(parent, n % TILE_WIDTH))) {
      const above = tilePath(level + 1, Math.floor(n / TILE_WIDTH), TILE_WIDTH);
      wrong(
        `${tilePath(level, n, TILE_WIDTH)} of ${log.view.origin} was altered: its hash is not the one in ${above}.`,
      );
    }
    vouched.set(level, { n, hashes });
    return hashes;
  };
}

/** The last tiles don't lead to the root: what is under them tells which of them was altered. */
async function edgeFault(
  source: RecordSource,
  { view, checkpoint }: OpenedLog,
  edges: ReadonlyMap<string, Uint8Array>,
): Promise<string> {
  for (const [key, hashes] of edges) {
    const [level, n] = key.split('/').map(Number) as [number, number]; // Keys are made of two numbers.
    const width = hashes.length / HASH;
    const path = tilePath(level, n, width);
    for (let i = 0; i < width; i++) {
      const index = n * TILE_WIDTH + i;
      const held = tileHash(hashes, i);
      if (level === 0) {
        const [place] = await source.leaves(view.log, index, index + 1);
        if (place?.leaf && same(leafHash(place.leaf), held)) continue;
        return `Event ${index} of ${view.origin} and its hash in ${path} do not agree, and the root vouches for neither.`;
      }
      const below = await source.tile(view.log, level - 1, index, TILE_WIDTH);
      if (below?.length === TILE_WIDTH * HASH && same(subtreeRoot(below, 0, TILE_WIDTH), held))
        continue;
      const tile = tilePath(level - 1, index, TILE_WIDTH);
      return `${tile} and its hash in ${path} of ${view.origin} do not agree, and the root vouches for neither.`;
    }
  }
  return `The tiles of ${view.origin} do not lead to the root that was signed for ${checkpoint.size} events.`;
}

async function verifyLeaves(
  source: RecordSource,
  { view }: OpenedLog,
  tile: VouchedTile,
  from: number,
  to: number,
): Promise<void> {
  const places = await source.leaves(view.log, from, to);
  const of = `of ${view.origin}`;
  let hashes: Uint8Array | undefined;
  for (let index = from; index < to; index++) {
    const sound = index - from;
    const place = places[sound];
    if (place?.idx !== index) wrong(`Place ${index} ${of} is empty: an event was removed.`, sound);
    const { leaf, event: id, type, outcome, subject, actor } = place;
    if (leaf === null) wrong(`Event ${index} (${id}) ${of} was removed.`, sound);
    const n = Math.floor(index / TILE_WIDTH);
    if (hashes === undefined || index % TILE_WIDTH === 0) hashes = await tile(0, n);
    if (!same(leafHash(leaf), tileHash(hashes, index % TILE_WIDTH))) {
      const path = tilePath(0, n, hashes.length / HASH);
      const name = id ?? readLeaf(leaf)?.event.id ?? 'unreadable';
      wrong(
        `Event ${index} (${name}) ${of} was altered: its hash is not the one in ${path}.`,
        sound,
      );
    }
    if (id === null || type === null || outcome === null) continue;
    if (!leafSays(leaf, { id, type, outcome, subject, actor })) {
      wrong(
        `Event ${index} (${id}) ${of} was altered: its type, outcome, subject or actor is not what its leaf says.`,
        sound,
      );
    }
  }
}

async function verifyKept(
  source: RecordSource,
  { view, checkpoint }: OpenedLog,
  kept: readonly Checkpoint[],
): Promise<void> {
  const node = nodesOfTiles((level, n) => {
    const edge = edgeTile(checkpoint.size, level);
    return source.tile(view.log, level, n, edge.n === n ? edge.width : TILE_WIDTH);
  });
  for (const { origin, size, root } of kept) {
    if (origin !== view.origin) continue;
    if (!same(await treeRoot(size, node), root)) {
      wrong(
        `The first ${size} events of ${origin} are not those of the checkpoint that was kept: the log was written anew.`,
      );
    }
  }
}

/** What the first event of a log says of what came before. */
interface Beginning {
  readonly remark?: string;
  /** The size of the log before, by a checkpoint that was kept of it and that its key signed. */
  readonly keptBefore?: number;
}

/** A log's first event names the log and its key; that of a later one, what came before. */
function verifyBeginning(
  { view }: OpenedLog,
  first: PlacedLeaf | undefined,
  before: OpenedLog | undefined,
): Beginning {
  const event = first?.leaf && readLeaf(first.leaf)?.event;
  const data = event?.data as
    | {
        origin?: unknown;
        key?: unknown;
        previous?: { origin?: unknown; database?: unknown; kept?: unknown };
      }
    | undefined; // Read with care: a signed leaf, but of any writer.
  if (
    event?.type !== 'record.log-started' ||
    data?.origin !== view.origin ||
    data.key !== view.vkey
  ) {
    wrong(`${view.origin} does not begin with the event that names it and its key.`);
  }
  const { previous } = data;
  if (before === undefined) {
    if (previous === undefined) return {};
    // It was in the database when this one began, which nothing of ours takes out again.
    if (previous.database !== undefined) {
      wrong(`${view.origin} follows ${previous.origin}, which is not here: it was removed.`);
    }
    return { remark: `${view.origin} follows ${previous.origin}, which is not here.` };
  }
  if (previous === undefined) wrong(`${view.origin} does not name the log before it.`);
  if (previous.database !== before.view.checkpoint) {
    wrong(`${view.origin} began after another end of ${before.view.origin} than the one here.`);
  }
  const kept =
    typeof previous.kept === 'string' ? openCheckpoint(previous.kept, before.key) : undefined;
  const keptBefore = kept?.state === 'signed' ? kept.checkpoint.size : undefined;
  const lost = (keptBefore ?? 0) - before.checkpoint.size;
  const remark = `${view.origin} began because ${before.view.origin} was found restored from an older copy${
    lost > 0 ? `: at least the last ${lost} of its ${keptBefore} events are lost` : ', or altered'
  }.`;
  return keptBefore === undefined ? { remark } : { remark, keptBefore };
}

/** From the newest log back: one that is ours vouches for the key of the one before it, where a checkpoint of that was kept. */
function verifyStrangers(
  logs: readonly OpenedLog[],
  beginnings: readonly Beginning[],
  kept: readonly Checkpoint[],
  { keys = [], stranger }: VerifyOptions,
): void {
  let vouched = false;
  for (const [i, { view, key }] of [...logs.entries()].reverse()) {
    const problem = stranger?.(view);
    vouched =
      problem === undefined ||
      kept.some(({ origin }) => origin === view.origin) ||
      keys.some((vkey) => parseVkey(vkey)?.vkey === key.vkey) ||
      (vouched && beginnings[i + 1]?.keptBefore !== undefined);
    if (!vouched) wrong(`${problem}`);
  }
}
