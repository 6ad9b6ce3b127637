/**
 * Taking up the record where it ended: at start, and whenever this node becomes the sequencer.
 *
 * A log that was signed is never signed shorter or otherwise. What the database holds is compared with the last checkpoint
 * kept outside it; when the database is behind, or differs, or what it signs with was spoilt, it is an older copy (or was altered),
 * and a new log begins whose first event names the old one and both checkpoints. The old log stays as it is, for `record verify` to
 * judge. Where another node has begun a new one already, what this one kept is put on record in that.
 */
import type { Clock } from '../kernel/clock.ts';
import type { Notice } from '../kernel/notice.ts';
import type { Random } from '../kernel/random.ts';
import type { Lease } from '../store/lease.ts';
import type { Store, Tx } from '../store/store.ts';
import type { Vault } from '../vault/vault.ts';
import { checkpointText, readCheckpoint } from './checkpoint.ts';
import { type Break, compare, numberOf } from './compare.ts';
import { growLog, type OpenLog, seedPlace, tilesOf, writeGrowth } from './log.ts';
import { insertLog, type LogRow, leafOf } from './log-table.ts';
import { noteSigner } from './note.ts';
import type { Recorder } from './record.ts';
import { openEdge } from './tiles.ts';
import { EMPTY_ROOT } from './tree.ts';

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
  /** What was kept does not fit, and that stands on record. */
  readonly refused: boolean;
}

export async function takeUp(
  deps: TakeUpDeps,
  lease: Lease,
  kept: string | undefined,
): Promise<TakenUp> {
  const { store, notice } = deps;
  const compared = await compare(deps, kept);
  if (compared.state === 'none') return beginLog(deps, lease, 1, undefined);
  if (compared.state === 'sound') {
    const { newest, signer, older } = compared;
    if (older !== undefined) await tellOfOlder(deps, older, kept);
    const edge = await store.read((q) => openEdge(newest.size, tilesOf(q, newest.log)));
    const { log, origin, checkpoint } = newest;
    return { log: { log, origin, signer, edge }, checkpoint, refused: older !== undefined };
  }

  const { newest, broken } = compared;
  const keptOrigin = kept === undefined ? undefined : readCheckpoint(kept)?.origin;
  // A log that this database has forgotten had its number too.
  const before = keptOrigin === undefined ? 0 : (numberOf(keptOrigin, deps.origin) ?? 1);
  const number = Math.max(newest?.log ?? 0, before) + 1;
  notice('error', `The record begins a new log (${number}): ${broken.detail}.`);
  return beginLog(deps, lease, number, {
    row: newest,
    kept,
    origin: keptOrigin ?? newest?.origin ?? deps.origin,
    broken,
  });
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
        broken: Break;
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
          kept: asText(previous.kept),
        },
      },
    });
    if (previous) await refuse(record, tx, previous.broken, previous.origin);
    const edge = await openEdge(0, async () => undefined);
    const log: OpenLog = { log: number, origin, signer, edge };
    const leaf = (await tx.one(leafOf, { id }))!.leaf; // Appended just above.
    const growth = growLog(log, [{ id, leaf }]);
    await writeGrowth(tx, lease, number, growth, clock);
    return { log, checkpoint: growth.checkpoint, refused: previous !== undefined };
  });
}

/** Puts on record that what was kept of a log, or stands in it, is not what was signed. */
async function refuse(
  record: Recorder,
  tx: Tx,
  { origin, found, signed, detail }: Break,
  otherwise: string,
  kept?: string,
): Promise<void> {
  await record.append(tx, {
    type: 'record.checkpoint-refused',
    outcome: 'refused',
    reason: 'restored',
    data: { origin: origin ?? otherwise, found, signed, detail, kept },
  });
}

/** A log that others have gone on from lost what this process kept a checkpoint of: that stands in the one that goes on. */
export async function tellOfOlder(
  deps: TakeUpDeps,
  older: Break,
  kept: string | undefined,
): Promise<void> {
  const { store, record, notice } = deps;
  notice('error', `The record has lost what was signed as ${older.origin}: ${older.detail}.`);
  await store.write((tx) => refuse(record, tx, older, deps.origin, asText(kept)));
}

/** As much of what was kept as an event takes. */
const asText = (kept: string | undefined) => kept?.slice(0, 4096).toWellFormed();
