/**
 * Taking up the record where it ended: at start, and whenever this node becomes the sequencer.
 *
 * A log that was signed is never signed shorter or otherwise. What the database holds is compared with the last checkpoint
 * kept outside it; when the database is behind, or differs, it is an older copy (or was altered), and a new log begins whose
 * first event names the old one and both checkpoints. The old log stays as it is, for `record verify` to judge.
 */
import type { Clock } from '../kernel/clock.ts';
import type { Notice } from '../kernel/notice.ts';
import type { Random } from '../kernel/random.ts';
import type { Lease } from '../store/lease.ts';
import type { Queries, Store } from '../store/store.ts';
import type { Vault } from '../vault/vault.ts';
import { checkpointText, openCheckpoint, readCheckpoint } from './checkpoint.ts';
import { growLog, type OpenLog, openSigner, seedPlace, tilesOf, writeGrowth } from './log.ts';
import { allLogs, insertLog, type LogRow, leafOf } from './log-table.ts';
import { noteSigner, parseVkey } from './note.ts';
import type { Recorder } from './record.ts';
import { nodesOfTiles, openEdge } from './tiles.ts';
import { EMPTY_ROOT, same, treeRoot } from './tree.ts';

export interface TakeUpDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  readonly record: Recorder;
  /** The first log's origin; those after it add their number. A schema-less URL, such as `sallyport.example.com/record`. */
  readonly origin: string;
  readonly notice: Notice;
}

export interface TakenUp {
  readonly log: OpenLog;
  /** The checkpoint that the database ends with. */
  readonly checkpoint: string;
}

/** Why a log can't be continued. */
export interface Break {
  readonly found: number;
  readonly signed: number;
  readonly detail: string;
}

export async function takeUp(
  deps: TakeUpDeps,
  lease: Lease,
  kept: string | undefined,
): Promise<TakenUp> {
  const { store, vault, notice } = deps;
  const logs = await store.read((q) => q.all(allLogs, {}));
  const newest = logs.at(-1);
  if (newest === undefined && kept === undefined) return beginLog(deps, lease, 1, undefined);

  const broken = await store.read((q) => findBreak(q, logs, kept));
  if (newest !== undefined && broken === undefined) {
    const signer = openSigner(vault, newest);
    const edge = await store.read((q) => openEdge(newest.size, tilesOf(q, newest.log)));
    const { log, origin, checkpoint } = newest;
    return { log: { log, origin, signer, edge }, checkpoint };
  }

  const keptOrigin = kept === undefined ? undefined : readCheckpoint(kept)?.origin;
  // A log that this database has forgotten had its number too.
  const number = Math.max(newest?.log ?? 0, numberOf(keptOrigin, deps.origin)) + 1;
  notice('error', `The record begins a new log (${number}): ${broken?.detail}.`);
  return beginLog(deps, lease, number, {
    row: newest,
    kept,
    origin: keptOrigin ?? newest?.origin ?? deps.origin,
    broken,
  });
}

function numberOf(origin: string | undefined, first: string): number {
  if (origin === undefined) return 0;
  const [, digits] = /\/([1-9][0-9]{0,8})$/.exec(origin) ?? [];
  return digits !== undefined && origin === `${first}/${digits}` ? Number(digits) : 1;
}

/** Compares what the database holds with what was signed; undefined when the newest log can be continued. */
export async function findBreak(
  q: Queries,
  logs: readonly LogRow[],
  kept: string | undefined,
): Promise<Break | undefined> {
  const newest = logs.at(-1);
  const found = newest?.size ?? 0;
  const broken = (signed: number, detail: string): Break => ({ found, signed, detail });

  if (newest !== undefined) {
    const key = parseVkey(newest.vkey);
    const opened = key && openCheckpoint(newest.checkpoint, key);
    if (opened?.state !== 'signed') return broken(found, 'the last checkpoint is not signed by it');
    const { origin, size, root } = opened.checkpoint;
    if (origin !== newest.origin || size !== newest.size) {
      return broken(size, 'the last checkpoint is of another log or size');
    }
    if (!(await endsWith(q, newest.log, size, root))) {
      return broken(size, 'its tiles do not lead to the root that was signed');
    }
  }

  if (kept === undefined) return undefined;
  const claimed = readCheckpoint(kept);
  if (claimed === undefined) return broken(found, 'the checkpoint kept outside is unreadable');
  const row = logs.find(({ origin }) => origin === claimed.origin);
  const key = row && parseVkey(row.vkey);
  if (row === undefined || key === undefined || openCheckpoint(kept, key).state !== 'signed') {
    return broken(claimed.size, `the database knows no log that signed as ${claimed.origin}`);
  }
  if (claimed.size > row.size) return broken(claimed.size, 'the database is an older copy');
  if (!(await endsWith(q, row.log, claimed.size, claimed.root))) {
    return broken(claimed.size, 'the database holds another history than the one signed');
  }
  return undefined;
}

/** Whether the first `size` leaves of a log have this root, as far as its tiles tell. */
async function endsWith(q: Queries, log: number, size: number, root: Uint8Array): Promise<boolean> {
  try {
    return same(await treeRoot(size, nodesOfTiles(tilesOf(q, log))), root);
  } catch {
    return false; // A tile is missing or too short.
  }
}

async function beginLog(
  deps: TakeUpDeps,
  lease: Lease,
  number: number,
  previous:
    | {
        row: LogRow | undefined;
        kept: string | undefined;
        origin: string;
        broken: Break | undefined;
      }
    | undefined,
): Promise<TakenUp> {
  const { store, vault, clock, random, record } = deps;
  const origin = number === 1 ? deps.origin : `${deps.origin}/${number}`;
  const seed = random.bytes(32);
  const signer = noteSigner(origin, seed);
  const sealed = vault.system('signing').seal(seedPlace(number), seed);
  const empty = signer.sign(checkpointText({ origin, size: 0, root: EMPTY_ROOT }));

  return store.write(async (tx) => {
    await tx.run(insertLog, {
      log: number,
      origin,
      vkey: signer.vkey,
      seed: sealed,
      size: 0,
      checkpoint: empty,
      signed_at: clock.now(),
    });
    const id = await record.append(tx, {
      type: 'record.log-started',
      outcome: 'done',
      reason: previous && 'restored',
      data: {
        origin,
        key: signer.vkey,
        previous: previous && {
          origin: previous.origin,
          database: previous.row?.checkpoint,
          kept: previous.kept?.slice(0, 4096).toWellFormed(),
        },
      },
    });
    if (previous?.broken) {
      await record.append(tx, {
        type: 'record.checkpoint-refused',
        outcome: 'refused',
        reason: 'restored',
        data: { origin: previous.origin, ...previous.broken },
      });
    }
    const edge = await openEdge(0, async () => undefined);
    const log: OpenLog = { log: number, origin, signer, edge };
    const leaf = (await tx.one(leafOf, { id }))!.leaf; // Appended just above.
    const growth = growLog(log, [{ id, leaf }]);
    await writeGrowth(tx, lease, number, growth, clock);
    return { log, checkpoint: growth.checkpoint };
  });
}
