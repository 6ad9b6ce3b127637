import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Later } from '../../server/kernel/later.ts';
import { createSettling } from '../../server/kernel/settling.ts';

function house() {
  let now = 0;
  let waiting: { readonly at: number; readonly work: () => void } | undefined;
  let rounds = 0;
  const later: Later = (milliseconds, work) => {
    const mine = { at: now + milliseconds, work };
    waiting = mine;
    return () => {
      if (waiting === mine) waiting = undefined;
    };
  };
  const settling = createSettling({
    later,
    settle: async () => {
      rounds++;
    },
    report: (fault) => assert.fail(String(fault)),
  });
  return {
    settling,
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
      return rounds;
    },
  };
}

describe('what is settled soon', () => {
  it('is settled a moment after it was asked for, and each minute unasked', async () => {
    const { settling, pass } = house();
    settling.start();
    settling.wake();
    assert.equal(await pass(99), 0);
    assert.equal(await pass(1), 1);
    assert.equal(await pass(59_999), 1);
    assert.equal(await pass(1), 2);
  });

  it('is not put off by whoever asks without pause', async () => {
    const { settling, pass } = house();
    settling.start();
    let rounds = 0;
    for (let at = 0; at < 1000; at += 50) {
      settling.wake();
      rounds = await pass(50);
    }
    assert.equal(rounds, 10);
  });

  it('is left alone before the start and after the end', async () => {
    const { settling, pass } = house();
    settling.wake();
    assert.equal(await pass(60_000), 0);
    settling.start();
    settling.wake();
    await settling.stop();
    settling.wake();
    assert.equal(await pass(60_000), 0);
  });
});
