/**
 * What every codec has to stand: bytes that somebody changed. Each of them is read or refused; nothing throws, nothing takes long,
 * nothing stays behind. Two seconds of it always, an hour with SLOW=1, and as many seconds as FUZZ_SECONDS says. The same SEED gives
 * the same bytes; what fails is told with them.
 *
 * A reader that never comes back can't be stopped by the thread that it runs in: another one watches, tells what was being read, and
 * ends the process.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { seededBelow } from './seeded.ts';

export type Below = (below: number) => number;
type Mutate = (from: Uint8Array) => Uint8Array;

export interface Fuzzed {
  /** Whole ones, of every kind that is read. */
  readonly seeds: readonly Uint8Array[];
  /** Gives them to every reader: whether any took them. Throws what must never be. */
  readonly read: (bytes: Uint8Array) => boolean;
  /** Octets that mean something in this format, beside those that do in most. */
  readonly edges?: readonly number[];
  /** Makes lengths fit again, say: what is refused at the first look tries nothing behind it. */
  readonly mend?: (bytes: Uint8Array, below: Below) => Uint8Array;
  /** As long as the door lets them be. */
  readonly most?: number;
}

const EDGES = [0, 1, 2, 3, 4, 127, 128, 254, 255];
const KEPT = 64;
const MOST = 16_384;
/** What takes longer is tried again, since machines are busy with other things, too. */
const SLOW_INPUT = 250;
const HANG = 20_000;
const GROWTH = 8 * 2 ** 20;

export function fuzzMilliseconds(): number {
  const { SLOW, FUZZ_SECONDS } = process.env;
  if (FUZZ_SECONDS !== undefined) return Number(FUZZ_SECONDS) * 1000;
  return SLOW === '1' ? 3_600_000 : 2000;
}

export function fuzzSeed(name: string): number {
  const { SEED } = process.env;
  return SEED === undefined ? createHash('sha256').update(name).digest().readUInt32BE() : +SEED;
}

/** One to four changes: a bit, an octet, a number of several octets; something cut off, taken out, put in, said often, or of another. */
export function mutation(below: Below, edges: readonly number[] = [], most = MOST) {
  const known = [...EDGES, ...edges];
  const edge = () => known[below(known.length)] ?? 0;
  const one = (bytes: Uint8Array, other: Uint8Array): Uint8Array => {
    const at = below(bytes.length + 1);
    const to = Math.min(bytes.length, at + 1 + below(32));
    const [before, piece, after] = [bytes.slice(0, at), bytes.slice(at, to), bytes.slice(to)];
    switch (below(9)) {
      case 0:
        piece[0] = (piece[0] ?? 0) ^ (1 << below(8));
        return Buffer.concat([before, piece, after]);
      case 1:
        return Buffer.concat([before, Buffer.of(edge()), bytes.subarray(at + 1)]);
      case 2:
        return Buffer.concat([before, piece.fill(edge()).subarray(0, 1 + below(8)), after]);
      case 3:
        return before;
      case 4:
        return Buffer.concat([before, after]);
      case 5:
        return Buffer.concat([before, Buffer.of(below(256)), piece, after]);
      case 6: {
        const times = below(4) === 0 ? below(most) : 1 + below(4);
        const room = Math.max(0, most - bytes.length);
        const often = Math.min(times, Math.floor(room / Math.max(1, piece.length)));
        return Buffer.concat([before, ...Array<Uint8Array>(often + 1).fill(piece), after]);
      }
      case 7:
        return Buffer.concat([before, other.subarray(below(other.length + 1))]);
      default:
        return Buffer.concat([before, other.subarray(0, below(other.length + 1)), after]);
    }
  };
  return (from: Uint8Array, other: Uint8Array = from): Uint8Array => {
    let bytes = from;
    for (let times = 1 + below(4); times > 0; times--) bytes = one(bytes, other);
    return Uint8Array.from(bytes.subarray(0, most));
  };
}

export function fuzz(what: string, { seeds, read, edges, mend, most = MOST }: Fuzzed): void {
  test(`${what}, changed at random, are read or refused: nothing throws, takes long or stays behind`, async (t) => {
    const seed = fuzzSeed(what);
    const below = seededBelow(seed);
    const spoil = mutation(below, edges, most);
    const pool = [...seeds];
    // Long ones take most of the time, and lead nowhere else.
    const longest = 512 + Math.max(...seeds.map(({ length }) => length));
    const anyOf = () => pool[below(pool.length)] ?? new Uint8Array();
    const mutate: Mutate = (from) => {
      const bytes = spoil(from, anyOf());
      // Mostly: that lengths which don't fit are refused is to be tried, too.
      return mend !== undefined && below(8) !== 0 ? mend(bytes, below) : bytes;
    };
    for (const each of seeds) assert.ok(read(each.slice()), 'a whole one is read');
    const watched = watch(most);
    const tell = (bytes: Uint8Array) => `seed ${seed}: ${Buffer.from(bytes).toString('hex')}`;
    let [runs, taken, slowest] = [0, 0, 0];
    const end = performance.now() + fuzzMilliseconds();
    let from = inUse();
    let isWarm = false;
    const half = performance.now() + fuzzMilliseconds() / 2;
    try {
      while (performance.now() < end) {
        // What waits for the end of a turn has one, and does not pile up.
        if (runs % 256 === 0) await setImmediate();
        const bytes = mutate(anyOf());
        watched.reads(bytes);
        const began = performance.now();
        let isTaken: boolean;
        try {
          isTaken = read(bytes);
        } catch (fault) {
          throw new Error(tell(bytes), { cause: fault });
        }
        const took = performance.now() - began;
        if (took > SLOW_INPUT) assert.ok(fastest(read, bytes) < SLOW_INPUT, tell(bytes));
        slowest = Math.max(slowest, took);
        runs += 1;
        if (isTaken) taken += 1;
        if (isTaken && bytes.length <= longest) {
          // What still is read leads further in than what is not.
          if (pool.length < seeds.length + KEPT) pool.push(bytes);
          else if (below(8) === 0) pool[seeds.length + below(KEPT)] = bytes;
        }
        if (!isWarm && performance.now() > half) {
          isWarm = true;
          from = inUse();
        }
      }
    } finally {
      watched.stop();
    }
    const grown = inUse() - from;
    const told = `${slowest.toFixed(1)} ms at most, ${Math.round(grown / 1024)} KiB more at the end`;
    t.diagnostic(`${runs} inputs, ${taken} taken, ${told}`);
    // Of few, where the machine is busy with other things, fewer: seventeen of 638, once.
    assert.ok(taken > Math.min(20, runs / 100), `${taken} of ${runs} were read at all`);
    assert.ok(grown < GROWTH, `${grown} bytes more after ${runs} inputs`);
  });
}

function fastest(read: Fuzzed['read'], bytes: Uint8Array): number {
  const times = [1, 2, 3].map(() => {
    const began = process.threadCpuUsage();
    read(bytes);
    const { user, system } = process.threadCpuUsage(began);
    return (user + system) / 1000;
  });
  return Math.min(...times);
}

/** Twice: what was let go of by what is let go of goes the second time. */
function inUse(): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const WATCHER = `
const { workerData: { heart, input, wait } } = require('node:worker_threads');
const { writeSync } = require('node:fs');
let last = -1;
setInterval(() => {
  const now = Atomics.load(heart, 0);
  if (now === last) {
    const hex = Buffer.from(input.slice(0, Atomics.load(heart, 1))).toString('hex');
    writeSync(2, 'this is read without end: ' + hex + '\\n');
    process.kill(process.pid, 'SIGKILL');
  }
  last = now;
}, wait);
`;

/** Another thread, which is told what is read before it is. */
function watch(most: number) {
  const heart = new Int32Array(new SharedArrayBuffer(8));
  const input = new Uint8Array(new SharedArrayBuffer(most));
  const watcher = new Worker(WATCHER, { eval: true, workerData: { heart, input, wait: HANG } });
  watcher.unref();
  return {
    reads(bytes: Uint8Array) {
      input.set(bytes);
      Atomics.store(heart, 1, bytes.length);
      Atomics.add(heart, 0, 1);
    },
    stop: () => void watcher.terminate(),
  };
}
