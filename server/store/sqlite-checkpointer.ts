/**
 * Moves what was committed from the write-ahead log into the main file. SQLite would do it within a commit, before those who
 * wrote are answered; here it is done after that, and rather when nobody waits. (A thread for it was measured: its syncs and
 * those of commits are in each other's way, and under load it never catches up.)
 */
import type { SqliteConnection } from './sqlite-connection.ts';

/** Pages of 4 KiB in the log. This many are worth a checkpoint when nobody waits: 4 MiB. */
const WORTHWHILE = 1_000;
/**
 * At this many somebody has to wait: 32 MiB. A page that changes often is copied once, however often it stands in the log, so
 * long logs cost less in all, and hold up fewer of those who come.
 */
const LONG = 8_000;
/** Asking how long the log is costs as much as a small commit. */
const LOOK_EVERY = 8;

export interface Checkpointer {
  /** To be called between transactions; `idle` when none is waiting. Never throws. */
  checkpoint(idle: boolean): void;
}

interface Log {
  /** Pages in the log, and how many of them the main file has. */
  readonly log: number;
  readonly checkpointed: number;
}

export function createCheckpointer(writer: SqliteConnection): Checkpointer {
  writer.run('pragma wal_autocheckpoint = 0');
  // Pages that a reader of another process keeps in the log: trying again at each commit would not help.
  let blocked = 0;
  let commits = 0;

  function pending(mode: 'noop' | 'passive'): number {
    const { log, checkpointed } = writer.row(`pragma wal_checkpoint(${mode})`) as Log; // As SQLite documents it.
    return log - checkpointed;
  }

  return {
    checkpoint(idle) {
      commits += 1;
      if (!idle && commits % LOOK_EVERY !== 0) return;
      try {
        const pages = pending('noop');
        blocked = Math.min(blocked, pages);
        if (pages - blocked >= (idle ? WORTHWHILE : LONG)) blocked = pending('passive');
      } catch {
        // A full disk, say. The log keeps everything, and the next commit asks again.
      }
    },
  };
}
