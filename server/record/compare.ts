/**
 * What the database holds, compared with what was signed: by whoever is to sign next, by nodes that do not sign, and by `doctor`.
 * Nothing here writes.
 */
import { Fault } from '../kernel/fault.ts';
import type { Queries, Store } from '../store/store.ts';
import type { Vault } from '../vault/vault.ts';
import { openCheckpoint, readCheckpoint } from './checkpoint.ts';
import { openSigner, tilesOf } from './log.ts';
import { allLogs, type LogRow } from './log-table.ts';
import { type NoteSigner, parseVkey } from './note.ts';
import { nodesOfTiles } from './tiles.ts';
import { same, treeRoot } from './tree.ts';

/** Why a log is not what was signed of it. */
export interface Break {
  /** In which log; undefined where nothing names one. */
  readonly origin: string | undefined;
  readonly found: number;
  readonly signed: number;
  readonly detail: string;
  /** Another log follows it already: it is never signed again, and so none has to begin. */
  readonly over: boolean;
}

export type Compared =
  /** No log has begun, and nothing was kept of any. */
  | { readonly state: 'none' }
  | {
      readonly state: 'sound';
      readonly newest: LogRow;
      readonly signer: NoteSigner;
      /** What was kept is of an older log, and does not fit. */
      readonly older: Break | undefined;
    }
  /** The newest log can't be continued. */
  | {
      readonly state: 'broken';
      readonly newest: LogRow | undefined;
      readonly broken: Break;
    };

/** Whether the newest log can be continued, by us. */
export async function compare(
  { store, vault }: { readonly store: Store; readonly vault: Vault },
  kept: string | undefined,
): Promise<Compared> {
  return store.read(async (q) => {
    const logs = await q.all(allLogs, {});
    const newest = logs.at(-1);
    const broken = await findBreak(q, logs, kept);
    if (broken !== undefined && !broken.over) return { state: 'broken', newest, broken };
    if (newest === undefined) return { state: 'none' };
    const signer = signerOf(vault, newest);
    if (signer !== undefined) return { state: 'sound', newest, signer, older: broken };
    const { origin, size } = newest;
    const detail = 'its signing key does not open, or is not the one that it was begun with';
    return {
      state: 'broken',
      newest,
      broken: { origin, found: size, signed: size, detail, over: false },
    };
  });
}

/** Undefined where a log was not begun by this house, or somebody spoilt what it signs with. */
export function signerOf(vault: Vault, row: LogRow): NoteSigner | undefined {
  try {
    const signer = openSigner(vault, row);
    return signer.vkey === row.vkey ? signer : undefined;
  } catch (cause) {
    if (cause instanceof Fault && cause.code === 'vault.sealed') return undefined;
    throw cause;
  }
}

/** Undefined when the newest log and what was kept are as they were signed; whose key it is that signed is not looked at. */
export async function findBreak(
  q: Queries,
  logs: readonly LogRow[],
  kept: string | undefined,
): Promise<Break | undefined> {
  const newest = logs.at(-1);
  if (newest !== undefined) {
    const { origin, size } = newest;
    const broken = (signed: number, detail: string): Break => ({
      origin,
      found: size,
      signed,
      detail,
      over: false,
    });
    const key = parseVkey(newest.vkey);
    const opened = key && openCheckpoint(newest.checkpoint, key);
    if (opened?.state !== 'signed') return broken(size, 'the last checkpoint is not signed by it');
    const { checkpoint } = opened;
    if (checkpoint.origin !== origin || checkpoint.size !== size) {
      return broken(checkpoint.size, 'the last checkpoint is of another log or size');
    }
    if (!(await endsWith(q, newest.log, size, checkpoint.root))) {
      return broken(size, 'its tiles do not lead to the root that was signed');
    }
  }
  return kept === undefined ? undefined : findLost(q, logs, kept);
}

/** Whether what was kept of a log is still in it. */
async function findLost(
  q: Queries,
  logs: readonly LogRow[],
  kept: string,
): Promise<Break | undefined> {
  const newest = logs.at(-1);
  const claimed = readCheckpoint(kept);
  if (claimed === undefined) {
    const found = newest?.size ?? 0;
    const detail = 'the checkpoint kept outside is unreadable';
    return { origin: newest?.origin, found, signed: found, detail, over: false };
  }
  const { origin, size: signed, root } = claimed;
  const row = logs.find((log) => log.origin === origin);
  const number = row?.log ?? (newest && numberOf(origin, firstOrigin(newest)));
  const over = newest !== undefined && number !== undefined && number < newest.log;
  const found = (row ?? newest)?.size ?? 0;
  const broken = (detail: string): Break => ({ origin, found, signed, detail, over });
  const key = row && parseVkey(row.vkey);
  if (row === undefined || key === undefined || openCheckpoint(kept, key).state !== 'signed') {
    return broken(`the database knows no log that signed as ${origin}`);
  }
  if (signed > row.size) return broken('the database is an older copy');
  if (!(await endsWith(q, row.log, signed, root))) {
    return broken('the database holds another history than the one signed');
  }
  return undefined;
}

/** Which log of a house has this name, by the name of its first; undefined where it is of another house. */
export function numberOf(origin: string, first: string): number | undefined {
  if (origin === first) return 1;
  const [, digits] = /\/([1-9][0-9]{0,8})$/.exec(origin) ?? [];
  return digits !== undefined && origin === `${first}/${digits}` ? Number(digits) : undefined;
}

/** Logs after the first add their number. */
function firstOrigin({ log, origin }: LogRow): string {
  const number = `/${log}`;
  return log > 1 && origin.endsWith(number) ? origin.slice(0, -number.length) : origin;
}

/** Whether the first `size` leaves of a log have this root, as far as its tiles tell. */
async function endsWith(q: Queries, log: number, size: number, root: Uint8Array): Promise<boolean> {
  try {
    return same(await treeRoot(size, nodesOfTiles(tilesOf(q, log))), root);
  } catch (cause) {
    if (cause instanceof Fault && cause.code === 'record.tree') return false; // A tile is missing or too short.
    throw cause; // A database that does not answer has altered nothing.
  }
}
