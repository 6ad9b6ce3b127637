/** Streams of programs that were shut out at another node: they end within seconds, and others go on. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createWatching } from '../../server/doors/spiffe/watching.ts';
import { SECOND } from '../../server/kernel/clock.ts';
import type { TestHouse } from '../support/house.ts';
import { addProcess } from '../support/processes.ts';
import { OWN_UID, openSpiffeHouse, type SpiffeHouse } from '../support/spiffe-house.ts';

const CLI = { door: 'cli' } as const;

describe('a stream of the Workload API', {
  skip: process.platform !== 'linux' && 'only Linux tells who calls',
}, () => {
  let test: SpiffeHouse;
  let other: TestHouse;
  before(async () => {
    test = await openSpiffeHouse();
    other = await test.beside();
  });
  after(async () => {
    await test.close();
  });

  /** Lets what is due within seconds happen, until something is so. */
  async function until(done: () => boolean): Promise<void> {
    const until = performance.now() + 60_000;
    for (let round = 0; performance.now() < until; round++) {
      if (done()) return;
      if (round % 100 === 99) test.wake(5 * SECOND);
      await setImmediate();
    }
    assert.fail('nothing happened');
  }

  it('ends or goes on with what is left within seconds of a change at another node', async () => {
    const [one, two] = [await addProcess(test, 'one'), await addProcess(test, 'two')];
    const mine = await test.register(one, `uid:${OWN_UID}`);
    const also = await test.register(two, `uid:${OWN_UID}`);
    const stream = test.client.open('FetchX509SVID');
    assert.equal((await stream.next()).svids.length, 2);
    let told: readonly unknown[] | undefined;
    void stream.next().then(({ svids }) => {
      told = svids;
    });
    await other.house.store.write((tx) => other.house.workloadActs.remove(tx, also.id, CLI));
    await until(() => told !== undefined);
    assert.equal(told?.length, 1);

    let over: unknown;
    stream.next().catch((error: unknown) => {
      over = error;
    });
    await other.house.store.write((tx) => other.house.processes.disable(tx, one.id, CLI));
    await until(() => over !== undefined);
    assert.match(String(over), /PERMISSION_DENIED/);
    await other.house.store.write((tx) => other.house.processes.enable(tx, one.id, CLI));
    assert.equal((await test.client.ask('FetchX509SVID')).svids.length, 1);
    assert.ok(mine.id);
  });
});

describe('looking at what other nodes changed', () => {
  it('is one read every few seconds while a stream is open, and none otherwise', async () => {
    let [reads, told, open, mark] = [0, 0, true, 'a'];
    const due: (() => void)[] = [];
    const faults: unknown[] = [];
    let broken = false;
    const watching = createWatching({
      mark: async () => {
        reads += 1;
        if (broken) throw new Error('away');
        return mark;
      },
      later: (milliseconds, work) => {
        assert.equal(milliseconds, 3 * SECOND);
        due.push(work);
        return () => {
          const at = due.indexOf(work);
          if (at >= 0) due.splice(at, 1);
        };
      },
      wanted: () => open,
      changed: () => {
        told += 1;
      },
      report: (fault) => faults.push(fault),
    });
    const tick = async () => {
      for (const work of due.splice(0)) work();
      for (let i = 0; i < 5; i++) await setImmediate();
    };
    watching.begin();
    watching.begin();
    assert.equal(due.length, 1);
    await tick();
    assert.deepEqual(
      [reads, told],
      [1, 1],
      'what changed before the first look may have been missed',
    );
    await tick();
    assert.deepEqual([reads, told], [2, 1]);
    mark = 'b';
    await tick();
    assert.deepEqual([reads, told], [3, 2]);
    broken = true;
    await tick();
    assert.deepEqual([reads, told, faults.length, due.length], [4, 2, 1, 1]);
    open = false;
    await tick();
    assert.deepEqual([reads, due.length], [4, 0]);
    watching.begin();
    watching.end();
    assert.equal(due.length, 0);
  });
});
