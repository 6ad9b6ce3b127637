/**
 * A bound on hashing: so many in flight, one more than there are processors, and a short queue for each door.
 *
 * A password hash takes ten milliseconds and nineteen mebibytes, and anyone may ask for one. So work beyond the processors
 * waits, but for one hash that is at hand when another ends, lest a processor be idle until the loop hands it the next. Doors take
 * turns, so that a flood through one does not starve another, and while several ask, that last place is kept for a door that has
 * nothing in flight: its people need not wait until a hash of the flood ends. What could not start in time is not started at all,
 * but answered with a time to come back.
 *
 * While more of a door wait, its results are handed out a few at a time. A hash leaves the processor's caches cold, and whoever goes
 * on with its result finds them so: one after the other they take a third longer than a few in a row.
 */
import type { Clock } from '../../kernel/clock.ts';

export interface Busy {
  readonly busy: true;
  readonly retryAt: number;
}

export interface HashingPool {
  /** Runs `work` when its turn comes. What `work` throws, this throws. */
  run<T>(door: string, work: () => Promise<T>): Promise<{ readonly busy: false; value: T } | Busy>;
  readonly waiting: number;
  readonly inFlight: number;
}

export interface HashingLimits {
  readonly inFlight: number;
  /** For each door. */
  readonly queueLength: number;
  readonly queueMilliseconds: number;
}

/** Milliseconds for which a door is remembered as one that asks. */
const RECENT = 1000;

/** So many results are handed out at a time. */
const TOGETHER = 5;
/** Milliseconds for which a result is kept for that at most. */
const KEPT = 30;

interface Waiting {
  readonly since: number;
  start(): void;
  giveUp(): void;
}

export function createHashingPool(clock: Clock, limits: HashingLimits): HashingPool {
  const queues = new Map<string, Waiting[]>();
  /** Of each door; of doors there are few. */
  const doors = new Map<string, { inFlight: number; asked: number }>();
  let inFlight = 0;
  let waiting = 0;
  /** How long a piece of work takes, smoothed: what the waiting time is foretold from. */
  let usual = 10;

  function doorOf(name: string) {
    let door = doors.get(name);
    if (door === undefined) {
      door = { inFlight: 0, asked: clock.now() };
      doors.set(name, door);
    }
    return door;
  }

  /** Where it says no though a place is free, the door has work in flight, whose end asks again. */
  function mayStart(name: string): boolean {
    if (inFlight >= limits.inFlight) return false;
    if (inFlight === 0 || inFlight < limits.inFlight - 1 || doorOf(name).inFlight === 0)
      return true;
    const since = clock.now() - RECENT;
    for (const [other, { asked }] of doors) if (other !== name && asked > since) return false;
    return true;
  }

  /** Doors in turn: the first in the map is served, and goes to the end while it has more. */
  function next(): { readonly door: string; readonly first: Waiting } | undefined {
    for (const [door, queue] of queues) {
      if (!mayStart(door)) continue;
      const first = queue.shift();
      queues.delete(door);
      if (queue.length > 0) queues.set(door, queue);
      if (first === undefined) continue;
      waiting--;
      if (clock.now() - first.since <= limits.queueMilliseconds) return { door, first };
      first.giveUp();
    }
    return undefined;
  }

  function busy(): Busy {
    const wait = Math.max(1000, ((waiting + inFlight) * usual) / limits.inFlight);
    return { busy: true, retryAt: clock.now() + Math.ceil(wait) };
  }

  function take(door: string): void {
    inFlight++;
    doorOf(door).inFlight++;
  }

  let finished: (() => void)[] = [];
  let keeping: NodeJS.Timeout | undefined;
  function handOut(): void {
    clearTimeout(keeping);
    keeping = undefined;
    const these = finished;
    finished = [];
    for (const go of these) go();
  }

  /** Resolves when a result of this door is to be handed out. */
  async function withOthers(door: string): Promise<void> {
    if (!queues.has(door)) {
      if (waiting === 0) handOut();
      return;
    }
    await new Promise<void>((resolve) => {
      finished.push(resolve);
      if (finished.length >= TOGETHER) handOut();
      else keeping ??= setTimeout(handOut, KEPT);
    });
  }

  async function perform<T>(
    door: string,
    work: () => Promise<T>,
  ): Promise<{ busy: false; value: T }> {
    const started = clock.now();
    let value: T;
    try {
      value = await work();
    } finally {
      usual += (clock.now() - started - usual) / 16;
      inFlight--;
      doorOf(door).inFlight--;
      for (let turn = next(); turn !== undefined; turn = next()) {
        take(turn.door);
        turn.first.start();
      }
    }
    await withOthers(door);
    return { busy: false, value };
  }

  return {
    async run(door, work) {
      doorOf(door).asked = clock.now();
      const queue = queues.get(door) ?? [];
      if (queue.length === 0 && mayStart(door)) {
        take(door);
        return perform(door, work);
      }
      // With every door taking its turn, a place in this queue comes up once a round.
      const ahead = (queue.length + 1) * Math.max(1, queues.size);
      const foretold = (ahead * usual) / limits.inFlight;
      if (queue.length >= limits.queueLength || foretold > limits.queueMilliseconds) return busy();
      const since = clock.now();
      const ready = await new Promise<boolean>((resolve) => {
        queue.push({ since, start: () => resolve(true), giveUp: () => resolve(false) });
        queues.set(door, queue);
        waiting++;
      });
      return ready ? perform(door, work) : busy();
    },
    get waiting() {
      return waiting;
    },
    get inFlight() {
      return inFlight;
    },
  };
}
