import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createTurns } from '../../server/doors/spiffe/turns.ts';

describe('turns', () => {
  const work = () => {
    const held = Promise.withResolvers<string>();
    return { ...held, begun: false };
  };

  it('are so many at once for each user, in the order of their coming, and others wait for none of them', async () => {
    const turns = createTurns(2);
    const all = [work(), work(), work(), work()];
    const done = all.map((one) =>
      turns(7, () => {
        one.begun = true;
        return one.promise;
      }),
    );
    assert.deepEqual(
      all.map(({ begun }) => begun),
      [true, true, false, false],
    );
    assert.equal(await turns(8, async () => 'at once'), 'at once');
    all[1]?.resolve('second');
    assert.equal(await done[1], 'second');
    await turn();
    assert.deepEqual(
      all.map(({ begun }) => begun),
      [true, true, true, false],
    );
    for (const one of all) one.resolve('rest');
    assert.deepEqual(await Promise.all(done), ['rest', 'second', 'rest', 'rest']);
  });

  it('are free again after what failed', async () => {
    const turns = createTurns(1);
    const failing = turns(7, async () => {
      throw new Error('no');
    });
    const next = turns(7, async () => 'next');
    await assert.rejects(failing, /no/);
    assert.equal(await next, 'next');
    assert.equal(await turns(7, async () => 'later'), 'later');
  });
});
