import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  createHashingPool,
  type HashingLimits,
} from '../../server/proofs/password/hashing-pool.ts';
import { manualClock } from '../support/clock.ts';

/** Work that ends when it is told to. */
function benchOf(limits: Partial<HashingLimits> = {}) {
  const clock = manualClock();
  const pool = createHashingPool(clock, {
    inFlight: 2,
    queueLength: 4,
    queueMilliseconds: 1000,
    ...limits,
  });
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const ask = (door: string, name: string) =>
    pool.run(door, async () => {
      started.push(name);
      await new Promise<void>((resolve) => ends.push(resolve));
      return name;
    });
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    clock,
    pool,
    started,
    ask,
    turn,
    async end() {
      ends.shift()?.();
      await turn();
    },
  };
}

test('no more is in flight than the limit; the rest waits and is served in order', async () => {
  const { pool, started, ask, end, turn } = benchOf();
  const all = ['a', 'b', 'c', 'd'].map((name) => ask('web', name));
  await turn();
  assert.deepEqual(started, ['a', 'b']);
  assert.deepEqual([pool.inFlight, pool.waiting], [2, 2]);
  for (let i = 0; i < 4; i++) await end();
  assert.deepEqual(started, ['a', 'b', 'c', 'd']);
  const results = await Promise.all(all);
  assert.deepEqual(
    results.map((result) => !result.busy && result.value),
    ['a', 'b', 'c', 'd'],
  );
  assert.deepEqual([pool.inFlight, pool.waiting], [0, 0]);
});

test('doors take turns: one request through a quiet door waits for one of a flooded door, not for all', async () => {
  const { started, ask, end, turn } = benchOf({ inFlight: 1 });
  for (const name of ['w1', 'w2', 'w3', 'w4']) void ask('web', name);
  void ask('radius', 'r1');
  await turn();
  for (let i = 0; i < 5; i++) await end();
  assert.deepEqual(started, ['w1', 'w2', 'r1', 'w3', 'w4']);
});

test('while several doors ask, the last place is kept for one that has nothing in flight', async () => {
  const { clock, started, ask, end, turn } = benchOf({
    inFlight: 3,
    queueLength: 8,
    queueMilliseconds: 5000,
  });
  for (const name of ['r1', 'r2', 'r3', 'r4']) void ask('radius', name);
  await turn();
  assert.deepEqual(started, ['r1', 'r2', 'r3'], 'a door that asks alone has every place');
  void ask('web', 'w1');
  await end();
  assert.equal(started.at(-1), 'w1');
  await end();
  await end();
  assert.deepEqual(started.slice(4), ['r4']);
  for (const name of ['r5', 'r6', 'r7']) void ask('radius', name);
  await turn();
  assert.deepEqual(started.slice(5), [], 'w1 and r4 are in flight, and the last place is kept');
  await end();
  await turn();
  assert.deepEqual(started.slice(5), ['r5']);
  void ask('web', 'w2');
  await turn();
  assert.deepEqual(started.slice(6), ['w2'], 'it does not wait for the crowd');
  clock.advance(1001);
  void ask('radius', 'r8');
  for (let i = 0; i < 3; i++) await end();
  await turn();
  assert.deepEqual(started.slice(7), ['r6', 'r7', 'r8'], 'nobody else asked of late');
});

test('results are handed out a few at a time while more of their door wait, and to another door at once', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] }); // They are kept for less than a busy machine may take for this.
  const { ask, end, turn } = benchOf({ inFlight: 1, queueLength: 10 });
  const answered: string[] = [];
  const answer = (door: string, name: string) =>
    void ask(door, name).then(() => answered.push(name));
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) answer('web', name);
  await turn();
  for (let i = 0; i < 4; i++) await end();
  assert.deepEqual(answered, []);
  answer('radius', 'r');
  await end();
  assert.deepEqual(answered, ['a', 'b', 'c', 'd', 'e']);
  await end();
  await end();
  assert.deepEqual(answered.slice(5), ['r'], 'f is kept');
  await end();
  assert.deepEqual(answered.slice(6).sort(), ['f', 'g'], 'nobody waits any more');
  await end();
  assert.equal(answered.at(-1), 'h');
});

test('a result is not kept for long', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { ask, end, turn } = benchOf({ inFlight: 1 });
  let answered = false;
  void ask('web', 'a').then(() => {
    answered = true;
  });
  void ask('web', 'b');
  void ask('web', 'c');
  await turn();
  await end();
  assert.equal(answered, false);
  t.mock.timers.tick(30);
  await turn();
  assert.equal(answered, true);
  await end();
  await end();
});

test('a full queue is busy at once, for its own door only, with a time to come back', async () => {
  const { clock, ask, turn } = benchOf({ inFlight: 1, queueLength: 2 });
  void ask('web', 'a');
  void ask('web', 'b');
  void ask('web', 'c');
  const refused = await ask('web', 'd');
  assert.ok(refused.busy && refused.retryAt > clock.now());
  let settled = false;
  void ask('radius', 'e').then(() => {
    settled = true;
  });
  await turn();
  assert.equal(settled, false, 'another door has its own queue');
});

test('what waited too long is not started', async () => {
  const { clock, started, ask, end } = benchOf({ inFlight: 1 });
  void ask('web', 'a');
  const waited = ask('web', 'b');
  clock.advance(1001);
  await end();
  assert.equal((await waited).busy, true);
  assert.deepEqual(started, ['a']);
});

test('work that throws gives its place to the next, and its error to its caller', async () => {
  const { pool, ask, end, turn } = benchOf({ inFlight: 1 });
  const failing = pool.run('web', () => Promise.reject(new Error('no memory')));
  const next = ask('web', 'b');
  await assert.rejects(failing, /no memory/);
  await turn();
  await end();
  assert.deepEqual(await next, { busy: false, value: 'b' });
});

test('slow hashing is foretold: what could not start in time is not made to wait', async () => {
  const { clock, ask, end } = benchOf({ inFlight: 1, queueLength: 100, queueMilliseconds: 100 });
  for (let i = 0; i < 8; i++) {
    const slow = ask('web', `slow ${i}`);
    clock.advance(400);
    await end();
    await slow;
  }
  void ask('web', 'a');
  assert.equal((await ask('web', 'b')).busy, true);
});

test('whatever the order of asking and ending, the limit holds and everything is answered', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.constantFrom('web', 'api', 'radius'), fc.constant('end')), {
        maxLength: 60,
      }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, inFlight) => {
        const { pool, ask, end, turn } = benchOf({ inFlight });
        const all: Promise<unknown>[] = [];
        for (const step of steps) {
          if (step === 'end') await end();
          else all.push(ask(step, step));
          assert.ok(pool.inFlight <= inFlight);
        }
        for (let i = 0; i <= all.length; i++) {
          await turn();
          await end();
        }
        await Promise.all(all);
        assert.deepEqual([pool.inFlight, pool.waiting], [0, 0]);
      },
    ),
    { numRuns: 50 },
  );
});
