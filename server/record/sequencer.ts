/**
 * The sequencer: gives events their places, grows the tree, signs checkpoints. One node at a time does it, under a lease whose
 * token is checked in the transaction of every batch.
 *
 * It is told of new events by `nudge`, and looks by itself every second, for events of other nodes and of commands. Batches
 * are small, so that the requests that share the database's one writer wait a few milliseconds at most.
 */
import { SECOND } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import type { Later } from '../kernel/later.ts';
import { holdLease, type Lease, releaseLease, seizeLease, takeLease } from '../store/lease.ts';
import { compare } from './compare.ts';
import type { KeptCheckpoint } from './kept-checkpoint.ts';
import type { EventId } from './leaf.ts';
import { growLog, LEASE, LEASE_TIME, type OpenLog, type PendingLeaf, writeGrowth } from './log.ts';
import { pendingIds, pendingLeaves } from './log-table.ts';
import { type TakeUpDeps, takeUp, tellOfOlder } from './take-up.ts';

const BATCH = 512;
/** Events of a tenth of a second share a checkpoint. */
const GATHER = 100;
const LOOK = SECOND;
/** How often the checkpoint is written outside the database, at most. */
const KEEP = 1000;
/** How often what is kept outside is compared with the database while another node does the work, at most. */
const COMPARE = 10 * SECOND;
/** How many leaves of our own wait in memory at most; beyond that they are read. */
const MOST_LEAVES = 8 * BATCH;

export interface SequencerDeps extends TakeUpDeps {
  readonly later: Later;
  readonly kept: KeptCheckpoint;
  /** Names this node in the lease. */
  readonly node: string;
  /** The database was found to be an older copy: what is known of it in memory may be of after that. */
  readonly restored: () => void;
}

/** `elsewhere`: another node does the work. `failing`: it did not succeed the last time; it tries again. */
export type SequencerState = 'stopped' | 'sequencing' | 'elsewhere' | 'failing';

export interface Sequencer {
  readonly state: SequencerState;
  /** Takes up the record, or begins it, and keeps at it until stopped. */
  start(): Promise<void>;
  /** Events were appended. Cheap, and safe to call from anywhere, at any time. */
  nudge(): void;
  /** One was, here: it need not be read again. The same as `nudge` besides. */
  appended(id: EventId, leaf: Uint8Array): void;
  /** Works until no event waits; for commands and tests. False when another node has the work. */
  settle(): Promise<boolean>;
  stop(): Promise<void>;
}

export function createSequencer(deps: SequencerDeps): Sequencer {
  const { store, clock, later, kept, node, notice } = deps;
  let state: SequencerState = 'stopped';
  let started = false;
  let lease: Lease | undefined;
  /** The log that is appended to; undefined until it is taken up, and again after any failure. */
  let open: OpenLog | undefined;
  /** The last checkpoint that this process saw become durable; what is kept outside may lag behind by a moment. */
  let signed: string | undefined;
  /** Of events that this process wrote and that wait for their places: as they were committed, whatever stands there since. */
  const leaves = new Map<EventId, Uint8Array>();
  let keptNote: string | undefined;
  let keptAt = 0;
  /** When what is kept was last found to agree while another node does the work; undefined at the start, and after any failure. */
  let comparedAt: number | undefined;
  /** What was kept, does not fit, and stands on record: it says no more, though nothing can be kept in its place. */
  let refused: string | undefined;
  /** The newest log when it was last looked at. Where it is another by now, some node found the database to be an older copy. */
  let goesOn: number | undefined;
  let turning: Promise<boolean> | undefined;
  let cancelTimer: (() => void) | undefined;
  let timerIsSoon = false;
  /** Whether events came while a turn was under way. */
  let nudged = false;

  /** A clock that was set back is not waited for. */
  function hasPassed(time: number, since: number): boolean {
    const passed = clock.now() - since;
    return passed < 0 || passed >= time;
  }

  /** Writes the last checkpoint outside the database. That it can't is told, but keeps no event from its place. */
  async function keep(): Promise<void> {
    if (signed === undefined || signed === keptNote) return;
    keptAt = clock.now();
    await write(signed);
  }

  async function write(note: string): Promise<void> {
    try {
      await kept.write(note);
      keptNote = note;
    } catch (cause) {
      notice('error', 'The last checkpoint can’t be kept outside the database.', cause);
    }
  }

  async function take(): Promise<Lease | undefined> {
    const now = clock.now();
    const mine = lease;
    return store.write(async (tx) => {
      if (mine !== undefined && (await holdLease(tx, mine, now, LEASE_TIME))) return mine;
      return takeLease(tx, { name: LEASE, holder: node }, now, LEASE_TIME);
    });
  }

  async function begin(): Promise<OpenLog | undefined> {
    const taken = await take();
    if (taken === undefined) {
      await giveUp();
      return undefined;
    }
    return beginUnder(taken, signed ?? (await known()));
  }

  async function beginUnder(taken: Lease, note: string | undefined): Promise<OpenLog> {
    lease = taken;
    const up = await takeUp(deps, taken, note);
    if (up.refused) refused = note;
    found(up.log.log, up.refused);
    signed = up.checkpoint;
    await keep();
    return up.log;
  }

  function found(log: number, lost: boolean): void {
    if (lost || (goesOn !== undefined && goesOn !== log)) deps.restored();
    goesOn = log;
  }

  async function known(): Promise<string | undefined> {
    const note = await kept.read();
    return note === refused ? undefined : note;
  }

  /**
   * Another node signs, and may not know that what it signs is an older copy: what this one keeps is a witness, too. Where the newest
   * log is not what was signed, the work is taken from whoever has it, so that nothing more is signed in that log.
   */
  async function witness(): Promise<OpenLog | undefined> {
    if (comparedAt !== undefined && !hasPassed(COMPARE, comparedAt)) return undefined;
    const note = await known();
    const compared = await compare(deps, note);
    if (compared.state === 'broken') {
      const holder = { name: LEASE, holder: node };
      const taken = await store.write((tx) => seizeLease(tx, holder, clock.now(), LEASE_TIME));
      // Another process of this machine may have begun a new log for the same, and keep that by now.
      return beginUnder(taken, await known());
    }
    if (compared.state === 'sound') {
      const { newest, older } = compared;
      if (older !== undefined) {
        await tellOfOlder(deps, older, note);
        refused = note;
      }
      found(newest.log, older !== undefined);
      // Another process of this machine may have kept a later one meanwhile.
      if (newest.checkpoint !== note && (await known()) === (older ? undefined : note)) {
        await write(newest.checkpoint);
      }
    }
    comparedAt = clock.now();
    return undefined;
  }

  /** Another node has the work: what this process signed is no longer the end of the log. */
  async function giveUp(): Promise<void> {
    await keep();
    signed = undefined;
    lease = undefined;
    leaves.clear();
    state = 'elsewhere';
  }

  /** Where what waits is not there, its place is left to those who come after it. */
  async function pending(whole: boolean): Promise<PendingLeaf[]> {
    return store.read(async (q) => {
      const ids = leaves.size > 0 ? await q.all(pendingIds, { limit: BATCH }) : [];
      const own = ownLeaves(ids);
      if (whole ? own.length === ids.length && ids.length > 0 : own.length > 0) return own;
      const rows = await q.all(pendingLeaves, { limit: BATCH });
      return rows.flatMap(({ id, leaf }) => (leaf === null ? [] : [{ id, leaf }]));
    });
  }

  /**
   * Up to the first that is not known here. It may be one of ours that is committed and not told of yet, which comes with the next
   * batch; one of others is the first of a batch sooner or later, and then all are read.
   */
  function ownLeaves(ids: readonly { readonly id: EventId }[]): PendingLeaf[] {
    const own: PendingLeaf[] = [];
    for (const { id } of ids) {
      const leaf = leaves.get(id);
      if (leaf === undefined) break;
      own.push({ id, leaf });
    }
    return own;
  }

  function nudge(): void {
    if (!started || timerIsSoon) return;
    if (turning === undefined) wake(GATHER);
    else nudged = true;
  }

  /** One batch; a `whole` one leaves none of those that wait for the next, unless there are too many. True when there may be more to do at once. */
  async function turn(whole: boolean): Promise<boolean> {
    let batch = await pending(whole);
    if (open === undefined && (batch.length > 0 || state !== 'elsewhere')) {
      open = await begin();
      batch = await pending(whole); // What a new log has to say of its beginning is among them.
    }
    if (open === undefined && started) {
      open = await witness();
      if (open !== undefined) batch = await pending(whole);
    }
    const log = open;
    if (log === undefined || lease === undefined) return false;
    if (batch.length > 0) {
      const held = lease;
      // When anything fails from here on, the edge in memory has leaves that the database may not have.
      open = undefined;
      const growth = growLog(log, batch);
      await store.write((tx) => writeGrowth(tx, held, log.log, growth, clock));
      signed = growth.checkpoint;
      open = log;
      for (const { id } of batch) leaves.delete(id);
    }
    state = 'sequencing';
    if (hasPassed(KEEP, keptAt)) await keep();
    return batch.length === BATCH;
  }

  /** Turns never overlap: a second caller waits for the first one's. */
  async function turnAlone(whole: boolean): Promise<boolean> {
    while (turning) await turning.catch(() => {});
    turning = turn(whole).finally(() => {
      turning = undefined;
    });
    return turning;
  }

  async function run(): Promise<void> {
    nudged = false;
    try {
      while (started && (await turnAlone(false)));
    } catch (cause) {
      if (isLost(cause)) await giveUp();
      else {
        state = 'failing';
        comparedAt = undefined;
        notice('error', 'The record can’t be sequenced now; it will be tried again.', cause);
      }
    }
    if (started) wake(nudged ? GATHER : LOOK);
  }

  function wake(milliseconds: number): void {
    cancelTimer?.();
    timerIsSoon = milliseconds <= GATHER;
    cancelTimer = later(milliseconds, () => {
      cancelTimer = undefined;
      timerIsSoon = false;
      void run();
    });
  }

  return {
    get state() {
      return state;
    },
    async start() {
      started = true;
      await run();
    },
    nudge,
    appended(id, leaf) {
      if (state === 'sequencing' && leaves.size < MOST_LEAVES) leaves.set(id, leaf);
      nudge();
    },
    async settle() {
      try {
        while (await turnAlone(true));
      } catch (cause) {
        if (!isLost(cause)) throw cause;
        await giveUp();
        // Whoever took it while nothing was to be done here may have given it back.
        while (await turnAlone(true));
      }
      await keep();
      return open !== undefined;
    },
    async stop() {
      started = false;
      cancelTimer?.();
      await turning?.catch(() => {});
      try {
        await keep();
        const held = lease;
        if (held) await store.write((tx) => releaseLease(tx, held));
      } catch (cause) {
        notice('warn', 'The record was not closed in good order.', cause);
      }
      open = undefined;
      lease = undefined;
      leaves.clear();
      state = 'stopped';
    },
  };
}

/** A lease that nobody used for a while is another's for the taking. */
function isLost(cause: unknown): boolean {
  return cause instanceof Fault && cause.code === 'record.lease';
}
