/**
 * Moves what was committed from the write-ahead log into the main file. SQLite would do it within a commit, before those who
 * wrote are answered; here it is done after that, and rather when nobody waits.
 *
 * Under load it is done in pieces. While a reader stands still, SQLite copies only what was committed before it came, and leaves the
 * main file unsynced, since the log keeps it all: such a piece takes a few milliseconds, and its sync runs beside the loop. What is
 * left for the end, when SQLite syncs the main file itself and begins the log anew, is little. In one go it held up everybody for
 * 15 to 30 ms. (A thread with a connection of its own was measured, too: it never catches up under load.)
 */
import type { SqliteConnection } from './sqlite-connection.ts';

/** Pages of 4 KiB in the log. This many are worth a checkpoint when nobody waits: 4 MiB. */
const WORTHWHILE = 1_000;
/** This many make a piece when somebody does. */
const PIECE = 2_000;
/** A log of so many, 32 MiB, is brought to its end: a page that changes often is copied once, however often it stands in a piece. */
const LONG = 8_000;
/** As many as may be left for the end; or the log has become too long, since the disk keeps no pace. */
const REST = 1_000;
const TOO_LONG = 2 * LONG;
/** Asking how long the log is costs as much as a small commit. */
const LOOK_EVERY = 8;

export interface Checkpointer {
  /** To be called between transactions; `idle` when none is waiting. Never throws. */
  checkpoint(idle: boolean): void;
  /**
   * To be called when none is waiting: copies all, and leaves nothing in the log, which SQLite otherwise only writes over as it grows
   * again. False where some other reader keeps it. Never throws.
   */
  empty(): boolean;
  /** Once nothing of it is under way; the connections may then be closed. */
  end(): Promise<void>;
}

export interface CheckpointerParts {
  readonly writer: SqliteConnection;
  /** A connection that does nothing else. Asked for once, when it is needed. */
  holder(): SqliteConnection;
  /** Syncs the main file beside the loop. */
  sync(): Promise<void>;
}

interface Log {
  /** Pages in the log, and how many of them the main file has. */
  readonly log: number;
  readonly checkpointed: number;
}

export function createCheckpointer({ writer, holder, sync }: CheckpointerParts): Checkpointer {
  writer.run('pragma wal_autocheckpoint = 0');
  /** Pages that a reader of another process keeps in the log: trying again at each commit would not help. */
  let blocked = 0;
  let commits = 0;
  let holding: SqliteConnection | undefined;
  /** How long the log was when the reader came to stand still. */
  let heldAt: number | undefined;
  let syncing: Promise<void> | undefined;

  /** How long the log is, and how much of it could be copied now. */
  function look(): { log: number; pages: number } {
    const { log, checkpointed } = writer.row('pragma wal_checkpoint(noop)') as Log; // As SQLite documents it.
    blocked = Math.min(blocked, log - checkpointed);
    return { log, pages: log - checkpointed - blocked };
  }

  /** Copies what may be copied. What else was to be had, some other reader keeps. */
  function copy(): void {
    const { log, checkpointed } = writer.row('pragma wal_checkpoint(passive)') as Log; // As above.
    blocked = Math.max(0, (heldAt ?? log) - checkpointed);
  }

  function hold(log: number): void {
    holding ??= holder();
    heldAt = log;
    holding.run('begin');
    holding.row('select 1 from sqlite_schema');
  }

  function letGo(): void {
    if (heldAt !== undefined) holding?.rollback();
    heldAt = undefined;
  }

  function copyPiece(): void {
    copy();
    letGo();
    // Where the disk fails, SQLite learns of it by its own sync at the end.
    syncing = sync()
      .catch(() => {})
      .finally(() => {
        syncing = undefined;
      });
  }

  return {
    checkpoint(idle) {
      commits += 1;
      if (!idle && heldAt === undefined && commits % LOOK_EVERY !== 0) return;
      try {
        if (idle) {
          letGo();
          if (look().pages >= WORTHWHILE) copy();
        } else if (heldAt !== undefined) copyPiece();
        else if (syncing === undefined) {
          const { log, pages } = look();
          const most = log < LONG ? PIECE : log < TOO_LONG ? REST : Number.POSITIVE_INFINITY;
          if (pages >= most) hold(log);
          else if (log >= LONG) copy();
        }
      } catch {
        // A full disk, say. The log keeps everything, and the next commit asks again.
      }
    },
    empty() {
      letGo();
      try {
        const { busy } = writer.row('pragma wal_checkpoint(truncate)') as { busy: number }; // As above.
        if (busy === 0) blocked = 0;
        return busy === 0;
      } catch {
        return false; // As above.
      }
    },
    async end() {
      letGo();
      await syncing;
      holding?.close();
    },
  };
}
