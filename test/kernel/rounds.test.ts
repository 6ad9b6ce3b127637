import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Later } from '../../server/kernel/later.ts';
import { createRounds } from '../../server/kernel/rounds.ts';

function house() {
  let now = 0;
  let waiting: { readonly at: number; readonly work: () => void } | undefined;
  let count = 0;
  const later: Later = (milliseconds, work) => {
    const mine = { at: now + milliseconds, work };
    waiting = mine;
    return () => {
      if (waiting === mine) waiting = undefined;
    };
  };
  const rounds = createRounds({
    later,
    round: async () => {
      count++;
    },
    report: (fault) => assert.fail(String(fault)),
  });
  return {
    rounds,
    async pass(milliseconds: number) {
      const until = now + milliseconds;
      while (waiting !== undefined && waiting.at <= until) {
        const { at, work } = waiting;
        now = at;
        waiting = undefined;
        work();
        await new Promise(setImmediate);
      }
      now = until;
      return count;
    },
  };
}

describe('what is done in rounds', () => {
  it('is done a moment after it was asked for, and each minute unasked', async () => {
    const { rounds, pass } = house();
    rounds.start();
    rounds.wake();
    assert.equal(await pass(99), 0);
    assert.equal(await pass(1), 1);
    assert.equal(await pass(59_999), 1);
    assert.equal(await pass(1), 2);
  });

  it('is not put off by whoever asks without pause', async () => {
    const { rounds, pass } = house();
    rounds.start();
    let made = 0;
    for (let at = 0; at < 1000; at += 50) {
      rounds.wake();
      made = await pass(50);
    }
    assert.equal(made, 10);
  });

  it('is left alone before the start and after the end', async () => {
    const { rounds, pass } = house();
    rounds.wake();
    assert.equal(await pass(60_000), 0);
    rounds.start();
    rounds.wake();
    await rounds.stop();
    rounds.wake();
    assert.equal(await pass(60_000), 0);
  });
});
