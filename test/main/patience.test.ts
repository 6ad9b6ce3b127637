import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Later } from '../../server/kernel/later.ts';
import { createGivenUp } from '../../server/main/remote/patience.ts';

const MINUTE = 60_000;

describe('a command that waits for its person', () => {
  const notices: string[] = [];
  let due: { after: number; work: () => void } | undefined;
  const later: Later = (after, work) => {
    due = { after, work };
    return () => {
      due = undefined;
    };
  };
  const begin = () => createGivenUp(later, { notice: (text) => notices.push(text) })(5 * MINUTE);

  it('says each minute that it does, and gives up after the last', async () => {
    const waiting = begin();
    let waited = 0;
    for (let minutes = 0; minutes < 5; minutes++) {
      waited += due?.after ?? 0;
      due?.work();
    }
    assert.equal(await waiting.done, 'late');
    assert.equal(waited, 5 * MINUTE);
    assert.deepEqual(notices, [
      'Still waiting for the browser, for 4 minutes more.',
      'Still waiting for the browser, for 3 minutes more.',
      'Still waiting for the browser, for 2 minutes more.',
      'Still waiting for the browser, for 1 minute more.',
    ]);
    waiting.stop();
  });

  it('ends with Ctrl-C, and leaves the next one to whoever comes after', async () => {
    const before = process.listenerCount('SIGINT');
    const waiting = begin();
    assert.equal(process.listenerCount('SIGINT'), before + 1);
    process.emit('SIGINT');
    assert.equal(await waiting.done, 'stopped');
    waiting.stop();
    assert.equal(process.listenerCount('SIGINT'), before);
    assert.equal(due, undefined);
  });
});
