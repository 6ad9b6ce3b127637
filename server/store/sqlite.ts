/**
 * The embedded database: one file, one writer, many readers (WAL).
 *
 * Group commit: requests that want to write wait in one queue. Each runs inside the open transaction, and one sync of the log
 * makes all of them durable before any of them is answered (sqlite-log.ts). When one fails, all of it is taken back, and those
 * before it run again, now behind savepoints: these cost more than most of what they would take back. Meanwhile the next group
 * is under way, open to whoever comes, and commits when the disk is free again. What was committed moves into the main file
 * when nobody waits (sqlite-checkpointer.ts).
 */
import { closeSync, existsSync, openSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { Fault } from '../kernel/fault.ts';
import { runEffects } from './effects.ts';
import { createChanges } from './sqlite-changes.ts';
import { createCheckpointer } from './sqlite-checkpointer.ts';
import { connectSqlite, isBusy, type OpenTransaction, sqliteFault } from './sqlite-connection.ts';
import { openSyncedFile, type Sync } from './sqlite-log.ts';
import { createLull } from './sqlite-lull.ts';
import { createPatience } from './sqlite-patience.ts';
import type { Footing, Queries, Store, Tx, WriteOptions } from './store.ts';

/** How many transactions share a commit at most: bounds what a crash makes everyone repeat, and the wait of the first. */
const GROUP = 256;
/** Work that awaits something other than the database would hold up all others. */
const STUCK_AFTER = 10_000;
/** After a commit, those that are patient leave others this long to come. */
const PATIENCE = 20;
/** How long, and in what steps, to wait while another process holds the database. */
const BUSY_FOR = 5_000;
const BUSY_STEP = 20;

interface Job {
  readonly work: (tx: Tx) => Promise<unknown>;
  readonly durable: boolean;
  readonly patient: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

interface Finished {
  readonly job: Job;
  readonly value: unknown;
  readonly transaction: OpenTransaction;
}

export interface SqliteOptions {
  /** A file, or ':memory:' for tests that need no durability. */
  readonly file: string;
  /** Told after each sync of the log how many transactions it made durable. */
  readonly onCommit?: (transactions: number) => void;
  /** Milliseconds that work may hold up all others. */
  readonly stuckAfter?: number;
  /** Milliseconds after a commit in which those that are patient leave others to come. */
  readonly patience?: number;
  /** Milliseconds to wait, at least, for another process that writes. */
  readonly busyFor?: number;
  /** In place of the system's own sync, for tests of disks that are slow or fail. */
  readonly sync?: Sync;
}

export function openSqlite(options: SqliteOptions): Store {
  const inMemory = options.file === ':memory:';
  // Made here, since SQLite's own files take over the permissions that they find.
  if (!inMemory && !existsSync(options.file)) closeSync(openSync(options.file, 'a', 0o600));
  const writer = open(options.file);
  const reader = inMemory ? writer : open(options.file);
  if (!inMemory) reader.run('pragma query_only = on');

  /** The mark of this turn of the loop. All that is read in one turn had been asked for before it began. */
  let marked: number | undefined;
  function markOfTurn(): number {
    if (marked === undefined) {
      marked = reader.version();
      setImmediate(forgetMark);
    }
    return marked;
  }
  function forgetMark(): void {
    marked = undefined;
  }

  const changes = createChanges(writer.version());
  /** What others committed is looked for as often, by the one connection that does not see its own commits as theirs. */
  let looked = false;
  function lookForOthers(): void {
    if (looked) return;
    changes.seen(writer.version());
    looked = true;
    setImmediate(forgetLook);
  }
  function forgetLook(): void {
    looked = false;
  }

  /** For one read. Its mark is taken once: what is kept under it holds as of then, at the earliest. */
  function reading(): Queries {
    // With one connection there is no other to notice: its own commits change no version.
    if (inMemory) return reader.queries;
    let mark: number | undefined;
    return {
      one: reader.queries.one,
      all: reader.queries.all,
      mark() {
        mark ??= markOfTurn();
        return mark;
      },
      markOf,
    };
  }

  function markOf(footing: Footing): number | undefined {
    // As above; and where nothing can be read any more, nothing is taken from what was.
    if (inMemory || refusal() !== undefined) return undefined;
    lookForOthers();
    return changes.mark(footing);
  }
  // The log stays the same file for as long as a connection is open.
  const log = inMemory ? undefined : openSyncedFile(`${options.file}-wal`, options.sync);
  const main = inMemory ? undefined : openSyncedFile(options.file);
  const checkpointer =
    main &&
    createCheckpointer({ writer, holder: () => open(options.file), sync: () => main.sync() });

  const busyFor = options.busyFor ?? BUSY_FOR;
  let queue: Job[] = [];
  let running: Promise<void> | undefined;
  /** Committed, and answered as soon as a sync that began afterwards is done. */
  let committed: Finished[] = [];
  let syncing: Promise<void> | undefined;
  /** Tells the group that is open that somebody came, or that the sync it waits for is done. */
  let wake: (() => void) | undefined;
  let broken: Fault | undefined;
  let closing: Promise<void> | undefined;
  const watch = createWatch(options.stuckAfter ?? STUCK_AFTER);
  const patience = createPatience(options.patience ?? PATIENCE);
  const lull = checkpointer && createLull(checkpointer, () => !running && !syncing && !closing);

  async function drain(): Promise<void> {
    // One turn of the loop: what arrived together commits together.
    await new Promise<void>((resolve) => setImmediate(resolve));
    watch.start();
    while (queue.length > 0) {
      if (queue.length < GROUP && queue.every(({ patient }) => patient)) await patience.wait();
      await commitGroup();
      checkpointer?.checkpoint(false);
    }
    watch.stop();
    running = undefined;
    lull?.begins();
  }

  function take(most: number): readonly Job[] {
    const some = queue.slice(0, most);
    queue = queue.slice(most);
    return some;
  }

  async function commitGroup(): Promise<void> {
    let some = take(GROUP);
    const group = [...some];
    let finished: Finished[] = [];
    let behindSavepoints = false;
    try {
      await begin();
      for (;;) {
        for (let i = 0; i < some.length; i++) {
          const outcome = await runJob(some[i]!, behindSavepoints);
          if (outcome === 'to be taken back') {
            writer.rollback();
            // Whoever ran before runs again; who failed does not.
            some = [...finished.map(({ job }) => job), ...some.slice(i + 1)];
            finished = [];
            behindSavepoints = true;
            i = -1;
          } else if (outcome !== 'left nothing') finished.push(outcome);
          if (writer.inTransaction()) continue;
          // Rolled back: by us, or by SQLite, since the disk failed, and with all before it.
          rejectAll(finished, new Fault('store.unavailable', 'the database failed in this group'));
          finished = [];
          await begin();
        }
        // Who waits for no disk is not kept until it is free.
        if (finished.some(({ job }) => !job.durable)) break;
        if (group.length >= GROUP || !(await more())) break;
        some = take(GROUP - group.length);
        group.push(...some);
      }
      if (broken) throw broken;
      writer.run('commit');
      changes.committed();
      forgetMark();
      patience.committed();
      lull?.committed();
    } catch (cause) {
      // Nobody knows what of it is there.
      changes.committed();
      writer.rollback();
      const why = isBusy(cause)
        ? 'another process has been writing to the database for too long'
        : 'the database did not commit';
      const fault = new Fault('store.unavailable', why, { cause });
      // Rejecting again those who were rejected above changes nothing.
      for (const job of group) job.reject(fault);
      return;
    }
    answer(finished.filter(({ job }) => !job.durable));
    committed.push(...finished.filter(({ job }) => job.durable));
    if (committed.length > 0) syncing ??= syncAll();
  }

  /** While the disk is busy with the commit before, whoever comes can still be part of this one. */
  async function more(): Promise<boolean> {
    while (syncing !== undefined && queue.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return queue.length > 0;
  }

  async function syncAll(): Promise<void> {
    while (committed.length > 0) {
      const these = committed;
      committed = [];
      try {
        await log?.sync();
      } catch (cause) {
        // What of it is on the disk nobody can tell, and asking again would not: the system may have forgotten what it could
        // not write. Only opening the database anew shows what is there.
        broken = new Fault('store.unavailable', 'the disk failed to keep what was committed', {
          cause,
        });
        rejectAll([...these, ...committed], broken);
        break;
      }
      options.onCommit?.(these.length);
      answer(these);
      // Their turn comes first, so that what they go on to write is part of the commit that waited for this.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    syncing = undefined;
    wake?.();
  }

  function answer(finished: readonly Finished[]): void {
    for (const { job, value, transaction } of finished) {
      try {
        runEffects(transaction.effects);
        job.resolve(value);
      } catch (reason) {
        job.reject(reason);
      }
    }
  }

  function refusal(): Fault | undefined {
    return closing ? new Fault('store.misuse', 'the database is closed') : broken;
  }

  /** Another process may be writing: that is waited for without holding up this one. */
  async function begin(): Promise<void> {
    for (let waited = 0; ; waited += BUSY_STEP) {
      try {
        writer.run('begin immediate');
        changes.begun(writer.version());
        return;
      } catch (error) {
        if (!isBusy(error) || waited >= busyFor) throw error;
        await wait(BUSY_STEP);
      }
    }
  }

  /** Runs one job, and rejects it when it fails. */
  async function runJob(
    job: Job,
    behindSavepoint: boolean,
  ): Promise<Finished | 'left nothing' | 'to be taken back'> {
    const transaction = writer.transaction(changes);
    if (behindSavepoint) writer.run('savepoint job');
    try {
      const value = await watch.over(job.work(transaction.tx));
      if (transaction.failure() !== undefined) throw transaction.failure();
      if (behindSavepoint) writer.run('release job');
      return { job, value, transaction };
    } catch (reason) {
      job.reject(reason);
      if (!writer.inTransaction()) return 'left nothing';
      if (!behindSavepoint) return transaction.changed() ? 'to be taken back' : 'left nothing';
      writer.run('rollback to job');
      writer.run('release job');
      return 'left nothing';
    } finally {
      transaction.end();
    }
  }

  return {
    dialect: 'sqlite',
    async read(work) {
      const refused = refusal();
      if (refused) throw refused;
      return work(reading());
    },
    markOf,
    write<T>(
      work: (tx: Tx) => Promise<T>,
      { durable = true, patient = false }: WriteOptions = {},
    ): Promise<T> {
      const refused = refusal();
      if (refused) return Promise.reject(refused);
      return new Promise<T>((resolve, reject) => {
        queue.push({
          work,
          durable,
          patient,
          resolve: resolve as (value: unknown) => void,
          reject,
        });
        wake?.();
        if (!patient || queue.length >= GROUP) patience.hurry();
        running ??= drain();
      });
    },
    close() {
      closing ??= (async () => {
        patience.end();
        await running;
        await syncing;
        lull?.end();
        await checkpointer?.end();
        if (reader !== writer) reader.close();
        writer.close();
        log?.close();
        main?.close();
      })();
      return closing;
    },
  };
}

function open(file: string) {
  try {
    return connectSqlite(file);
  } catch (cause) {
    throw new Fault('store.unavailable', `the database ${file} can’t be opened`, {
      cause: sqliteFault(cause),
    });
  }
}

function rejectAll(finished: readonly Finished[], reason: unknown): void {
  for (const { job } of finished) job.reject(reason);
}

/** Lets go of work that hangs. It looks at intervals: a timer for each piece of work would cost more than most of them do. */
function createWatch(milliseconds: number) {
  let timer: NodeJS.Timeout | undefined;
  let current: ((reason: Fault) => void) | undefined;
  let before: typeof current;

  function look() {
    if (current !== undefined && current === before) {
      const message = 'a transaction waited for something other than the database';
      current(new Fault('store.misuse', message));
    }
    before = current;
  }

  return {
    start() {
      timer = setInterval(look, milliseconds / 2);
    },
    over<T>(work: Promise<T>): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        current = reject;
        work.then(resolve, reject);
      });
    },
    stop() {
      clearInterval(timer);
      current = undefined;
    },
  };
}
