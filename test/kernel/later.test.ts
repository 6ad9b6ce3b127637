import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { systemLater } from '../../server/kernel/later.ts';

const standStill = (milliseconds: number) =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

describe('the machine’s timers', () => {
  it('give up nothing that was there in time, while the process was busy', async (t) => {
    const [asks, answers] = [createSocket('udp4'), createSocket('udp4')];
    t.after(() => [asks, answers].map((socket) => socket.close()));
    for (const socket of [asks, answers]) {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
    }
    const said: string[] = [];
    const cancel = systemLater()(20, () => said.push('late'));
    const heard = once(asks, 'message').then(() => said.push('heard'));
    asks.once('message', cancel);
    answers.send('here', asks.address().port, '127.0.0.1', () => standStill(60));
    await heard;
    for (let turns = 0; turns < 3; turns++) await turn();
    assert.deepEqual(said, ['heard']);
  });

  it('do what was left for later once its time is over', async () => {
    const done = Promise.withResolvers<void>();
    const alive = setTimeout(done.reject, 60_000); // They keep no process alive by themselves.
    systemLater()(1, done.resolve);
    await done.promise;
    clearTimeout(alive);
  });
});
