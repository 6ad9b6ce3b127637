import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PeerCredentials } from '../../server/doors/spiffe/peer-credentials.ts';
import { createPeerQueue, MOST_AT_ONCE } from '../../server/doors/spiffe/peer-queue.ts';

const peerOf = (descriptor: number): PeerCredentials => ({
  pid: descriptor,
  uid: 0,
  gid: 0,
  start: undefined,
});

/** A queue whose helper answers when it is told to, and what it was asked. */
function slowHelper() {
  const asked: number[][] = [];
  let answer: (() => void) | undefined;
  const faults: unknown[] = [];
  const queue = createPeerQueue(
    (descriptors) =>
      new Promise((resolve, reject) => {
        asked.push([...descriptors]);
        answer = () =>
          descriptors.includes(13) ? reject(new Error('no')) : resolve(descriptors.map(peerOf));
      }),
    (fault) => faults.push(fault),
  );
  return {
    asked,
    faults,
    queue,
    /** The helper that is at work answers. */
    async next() {
      answer?.();
      await new Promise(setImmediate);
    },
  };
}

describe('the queue of those who call on the socket', () => {
  it('has one helper at a time, for all who wait', async () => {
    const { asked, queue, next } = slowHelper();
    const first = queue(() => 100);
    const others = Array.from({ length: 200 }, (_, each) => queue(() => 200 + each));
    assert.deepEqual(asked, [[100]]);
    await next();
    assert.equal((await first.peer)?.pid, 100);
    assert.equal(asked.length, 2);
    await next();
    assert.deepEqual(
      (await Promise.all(others.map(({ peer }) => peer))).map((peer) => peer?.pid),
      others.map((_, each) => 200 + each),
    );
    assert.equal(asked.length, 2);
  });

  it('asks for so many at once, and for the rest by the next', async () => {
    const { asked, queue, next } = slowHelper();
    for (let each = 0; each < 2 * MOST_AT_ONCE; each++) queue(() => 100 + each);
    await next();
    await next();
    assert.deepEqual(
      asked.map(({ length }) => length),
      [1, MOST_AT_ONCE, MOST_AT_ONCE - 1],
    );
  });

  it('asks nobody about who has gone', async () => {
    const { asked, queue, next } = slowHelper();
    queue(() => 100);
    const left = queue(() => 101);
    const closed = queue(() => undefined);
    const stays = queue(() => 102);
    left.leave();
    assert.equal(await left.peer, undefined);
    await next();
    assert.equal(await closed.peer, undefined);
    assert.deepEqual(asked, [[100], [102]]);
    await next();
    assert.equal((await stays.peer)?.pid, 102);
  });

  it('knows nobody of those whom a fault was about, and goes on', async () => {
    const { faults, queue, next } = slowHelper();
    const first = queue(() => 13);
    const second = queue(() => 14);
    await next();
    assert.equal(await first.peer, undefined);
    assert.equal(faults.length, 1);
    await next();
    assert.equal((await second.peer)?.pid, 14);
  });
});
