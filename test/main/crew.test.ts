/** Workers, kept at their number: when they start, when they are started again, and how they stop. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import { failed, ok } from '../../server/kernel/result.ts';
import {
  type CrewWorker,
  createCrew,
  LONGEST_PAUSE,
  SHORTEST_PAUSE,
  TO_END,
} from '../../server/main/workers/crew.ts';
import { manualClock } from '../support/clock.ts';

interface Made extends CrewWorker {
  readonly first: boolean;
  readonly alone: boolean;
  readonly told: string[];
  serves(): Promise<void>;
  fails(what: string): Promise<void>;
  ends(how: string): Promise<void>;
}

function bench(count: number) {
  const clock = manualClock();
  const made: Made[] = [];
  /** Those that do nothing any more. */
  const hung = new Set<Made>();
  const pauses: { milliseconds: number; work: () => void; cancelled: boolean }[] = [];
  const lines: Record<string, unknown>[] = [];
  const crew = createCrew(
    {
      clock,
      log: pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) }),
      later(milliseconds, work) {
        const pause = { milliseconds, work, cancelled: false };
        pauses.push(pause);
        return () => {
          pause.cancelled = true;
        };
      },
      startWorker({ first, alone }) {
        const up = Promise.withResolvers<Awaited<CrewWorker['up']>>();
        const ended = Promise.withResolvers<string>();
        const told: string[] = [];
        const worker: Made = {
          pid: 100 + made.length,
          first,
          alone,
          told,
          up: up.promise,
          ended: ended.promise,
          stop() {
            told.push('stop');
            if (!hung.has(worker)) ended.resolve('with 0');
          },
          kill() {
            told.push('kill');
            ended.resolve('SIGKILL');
          },
          async serves() {
            const firstLink = first ? 'the link' : undefined;
            up.resolve(ok({ origin: 'http://localhost:1', firstLink }));
            await turn();
          },
          async fails(what) {
            up.resolve(failed({ what }));
            ended.resolve('with 5');
            await turn();
          },
          async ends(how) {
            ended.resolve(how);
            await turn();
          },
        };
        made.push(worker);
        return worker;
      },
    },
    count,
  );
  return { crew, clock, made, hung, pauses, lines };
}

/** A worker that the test knows to be there. */
function at(made: readonly Made[], place: number): Made {
  const worker = made.at(place);
  assert.ok(worker, `there is no worker ${place}`);
  return worker;
}

async function upAndRunning(count: number) {
  const all = bench(count);
  const started = all.crew.start();
  await at(all.made, 0).serves();
  for (const worker of all.made.slice(1)) await worker.serves();
  assert.ok((await started).ok);
  return all;
}

describe('a crew', () => {
  it('starts one that makes what is made once, and the others when that one serves', async () => {
    const { crew, made } = bench(3);
    const started = crew.start();
    await turn();
    assert.deepEqual(
      made.map(({ first }) => first),
      [true],
    );
    await at(made, 0).serves();
    assert.deepEqual(
      made.map(({ first }) => first),
      [true, false, false],
    );
    await at(made, 1).serves();
    await at(made, 2).serves();
    assert.deepEqual(await started, ok({ origin: 'http://localhost:1', firstLink: 'the link' }));
  });

  it('starts no other when the first can’t come up, and says why', async () => {
    const { crew, made, pauses } = bench(3);
    const started = crew.start();
    await at(made, 0).fails('The port is taken.');
    assert.deepEqual(await started, failed({ what: 'The port is taken.' }));
    assert.deepEqual([made.length, pauses.filter(({ cancelled }) => !cancelled).length], [1, 0]);
  });

  it('takes down those that came up when another can’t', async () => {
    const { crew, made } = bench(3);
    const started = crew.start();
    await at(made, 0).serves();
    await at(made, 1).serves();
    await at(made, 2).fails('No more connections.');
    assert.deepEqual(await started, failed({ what: 'No more connections.' }));
    assert.deepEqual(
      made.map(({ told }) => told),
      [['stop'], ['stop'], ['stop']],
    );
  });

  it('puts another in the place of one that ended, and logs how it ended', async () => {
    const { made, pauses, lines } = await upAndRunning(2);
    await at(made, 1).ends('SIGKILL');
    assert.equal(made.length, 2);
    assert.equal(pauses[0]?.milliseconds, SHORTEST_PAUSE);
    const said = lines.find(({ how }) => how === 'SIGKILL');
    assert.deepEqual([said?.worker, said?.process, said?.level], [2, 101, 50]);
    pauses[0]?.work();
    assert.deepEqual([made.length, at(made, 2).first], [3, false]);
    await at(made, 2).serves();
    assert.ok(lines.some(({ process, msg }) => process === 102 && msg === 'A worker serves.'));
  });

  it('has whoever takes the place of the first have what one alone can have, and make nothing anew', async () => {
    const { made, pauses } = await upAndRunning(2);
    assert.deepEqual([at(made, 0).alone, at(made, 1).alone], [true, false]);
    await at(made, 0).ends('SIGKILL');
    pauses[0]?.work();
    assert.deepEqual([at(made, 2).alone, at(made, 2).first], [true, false]);
  });

  it('waits twice as long each time, up to half a minute, while it ends again soon', async () => {
    const { made, pauses } = await upAndRunning(2);
    for (let times = 0; times < 10; times++) {
      await at(made, -1).ends('with 1');
      pauses.at(-1)?.work();
    }
    const waited = pauses.map(({ milliseconds }) => milliseconds);
    assert.deepEqual(waited.slice(0, 3), [250, 500, 1000]);
    assert.deepEqual(waited.slice(-2), [LONGEST_PAUSE, LONGEST_PAUSE]);
  });

  it('waits shortly again once one has stayed', async () => {
    const { made, pauses, clock } = await upAndRunning(2);
    for (let times = 0; times < 4; times++) {
      await at(made, -1).ends('with 1');
      pauses.at(-1)?.work();
    }
    clock.advance(60_000);
    await at(made, -1).ends('with 1');
    assert.equal(pauses.at(-1)?.milliseconds, SHORTEST_PAUSE);
  });

  it('stops all of them, starts none again, and forgets one that it was about to start', async () => {
    const { crew, made, pauses } = await upAndRunning(3);
    await at(made, 2).ends('SIGKILL');
    await crew.stop();
    const toStart = pauses.filter(({ milliseconds }) => milliseconds !== TO_END);
    assert.deepEqual([toStart.length, toStart[0]?.cancelled], [1, true]);
    assert.deepEqual([at(made, 0).told, at(made, 1).told], [['stop'], ['stop']]);
    const before = pauses.length;
    await turn();
    assert.deepEqual([made.length, pauses.length], [3, before]);
    assert.ok(pauses.every(({ cancelled }) => cancelled));
  });

  it('kills one that does nothing any more, once it was waited for long enough', async () => {
    const { crew, made, pauses, hung, lines } = await upAndRunning(2);
    hung.add(at(made, 1));
    const stopped = crew.stop();
    await turn();
    const waited = pauses.filter(({ milliseconds }) => milliseconds === TO_END);
    assert.deepEqual(
      waited.map(({ cancelled }) => cancelled),
      [true, false],
    );
    waited[1]?.work();
    await stopped;
    assert.deepEqual([at(made, 0).told, at(made, 1).told], [['stop'], ['stop', 'kill']]);
    assert.match(String(lines.at(-1)?.msg), /it is killed/);
  });
});
