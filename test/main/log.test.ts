/** The log as people read it: one line for each thing that happened, whatever others put into words of theirs. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLog } from '../../server/main/start/log.ts';

describe('the log for people', () => {
  function lines(level: 'info' | 'warn', facts: object, message: string): string[] {
    const written: string[] = [];
    const out = { write: (text: string) => written.push(text), isTTY: true };
    createLog({ level: 'info', format: 'auto' }, out as unknown as NodeJS.WriteStream)[level](
      facts,
      message,
    );
    return written;
  }

  /** As a mail server, a database or a file of another issuer may say it. */
  const SAID = 'no\r\n12:00:00 info  Listening.\u001b[2J\u009b2J\u0007\u202e';

  for (const [where, facts, message] of [
    ['an error', { err: new Error(SAID) }, 'Mail could not be sent.'],
    ['the cause of an error', { err: new Error('x', { cause: new Error(SAID) }) }, 'It failed.'],
    ['a fact', { how: SAID }, 'A worker ended.'],
    ['a fact of several', { all: { how: SAID } }, 'A worker ended.'],
    ['the message', {}, SAID],
  ] as const) {
    it(`has no other line and no command to a terminal from ${where}`, () => {
      const [line = '', ...more] = lines('warn', facts, message);
      assert.deepEqual(more, []);
      assert.match(line, /^\d\d:\d\d:\d\d warn {2}[^\p{Cc}\p{Bidi_Control}]+\n$/u);
      assert.match(line, /no.*12:00:00/);
    });
  }

  it('tells what is harmless as it stands', () => {
    const [line] = lines('info', { door: 'radius', port: 1812 }, 'Zoë’s Tür: listening.');
    assert.match(line ?? '', / info {2}Zoë’s Tür: listening\. door=radius port=1812\n$/);
  });
});
