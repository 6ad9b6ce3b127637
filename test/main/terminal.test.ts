import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Later } from '../../server/kernel/later.ts';
import { createOutput } from '../../server/main/terminal/output.ts';
import { createProgress } from '../../server/main/terminal/progress.ts';

function output({ json = false, tty = false, colours = true, columns = 60 } = {}) {
  let [out, err] = ['', ''];
  const made = createOutput({
    stdout: { write: (text) => (out += text), isTTY: tty, columns },
    stderr: { write: (text) => (err += text), isTTY: tty },
    json,
    colours,
  });
  return { made, out: () => out, err: () => err };
}

const ANSWER = {
  says: 'Two people are here.',
  table: {
    head: ['', 'who'],
    rows: [
      [['granted', 'active'] as const, 'ada'],
      [['refused', 'disabled'] as const, 'bob'],
    ],
  },
  data: { people: ['ada', 'bob'] },
};

describe('an answer', () => {
  it('is a sentence and a table whose columns line up', () => {
    const { made, out } = output();
    made.answer(ANSWER);
    assert.equal(
      out(),
      'Two people are here.\n\n            who\n● active    ada\n■ disabled  bob\n',
    );
  });

  it('is one JSON value for who asked for it', () => {
    const { made, out } = output({ json: true, tty: true });
    made.answer(ANSWER);
    assert.deepEqual(JSON.parse(out()), ANSWER.data);
  });

  it('has colours at a terminal only, and not where nobody wants them', () => {
    const coloured = (given: Parameters<typeof output>[0]) => {
      const { made, out } = output(given);
      made.answer(ANSWER);
      return out().includes('\u001b[');
    };
    assert.deepEqual(
      [
        coloured({ tty: true }),
        coloured({}),
        coloured({ tty: true, colours: false }),
        coloured({ tty: true, json: true }),
      ],
      [true, false, false, false],
    );
  });

  it('wraps its last column at the edge of the terminal', () => {
    const { made, out } = output({ columns: 40 });
    made.answer({
      says: 'x',
      table: { head: ['a', 'b'], rows: [['1', 'word '.repeat(12).trim()]] },
      data: 0,
    });
    for (const line of out().split('\n')) assert.ok(line.length <= 40, line);
  });

  it('is told line by line where its columns do not fit beside one another, at a terminal alone', () => {
    const id = '01a202ab-3b86-7653-82ee-7fc9f6829a13';
    const wide = {
      says: 'x',
      table: {
        head: ['who', 'state', 'zone', 'id'],
        rows: [
          ['ada', ['granted', 'active'] as const, '', id],
          ['bob', ['refused', 'disabled'] as const, 'plant', id],
        ],
      },
      data: 0,
    };
    const narrow = output({ tty: true, colours: false, columns: 45 });
    narrow.made.answer(wide);
    assert.equal(
      narrow.out(),
      `x\n\nada\n  state  ● active\n  id     ${id}\n\nbob\n  state  ■ disabled\n  zone   plant\n  id     ${id}\n`,
    );
    for (const roomy of [output({ columns: 45 }), output({ tty: true, columns: 50 })]) {
      roomy.made.answer(wide);
      assert.equal(roomy.out().split('\n').length, 6, 'a line is a row');
    }
  });

  it('is not squeezed by a terminal that does not know how wide it is', () => {
    const { made, out } = output({ columns: 0 });
    made.answer({ says: 'Two people are here.', data: 0 });
    assert.equal(out(), 'Two people are here.\n');
  });

  it('shows control characters of others and obeys none', () => {
    const evil = 'ada\u001b[2J\u009b31m\rroot\u202egnp';
    const { made, out } = output({ tty: true });
    made.answer({
      says: evil,
      table: { head: ['who', 'what'], rows: [[evil, ['granted', evil]]] },
      next: evil,
      data: 0,
    });
    made.line(evil, 0);
    // The colours are our own; take them away, and nothing that commands is left.
    const rest = out()
      .replaceAll(`\u001b[32m●\u001b[0m`, '●')
      .replaceAll('\u001b[2m', '')
      .replaceAll('\u001b[0m', '');
    assert.doesNotMatch(rest, /(?!\n)\p{Cc}|\p{Bidi_Control}/u);
    assert.match(rest, /ada�\[2J/);
  });

  it('has no line of others’ own making', () => {
    const evil = 'ada\n2026-01-01 12:00:00  granted\tSigned in.';
    const { made, out } = output();
    made.line(evil, 0);
    assert.equal(out(), 'ada 2026-01-01 12:00:00  granted Signed in.\n');
    const table = output({ columns: 120 });
    const rows = [[['granted', evil] as const, evil, 'x']];
    table.made.answer({ says: 'One.', table: { head: ['a', 'b', 'c'], rows }, data: 0 });
    assert.equal(table.out().split('\n').length, 5);
  });

  it('has nothing for scripts that commands a terminal either, and says the same', () => {
    const evil = 'ada\u001b[2J\u007f\u009b31m\u0085root\u202egnp';
    const { made, out } = output({ json: true, tty: true });
    made.line(evil, { who: evil });
    assert.equal(JSON.parse(out()).who, evil);
    made.answer({ says: evil, data: { who: evil } });
    made.problem({ what: evil });
    assert.doesNotMatch(out(), /(?!\n)\p{Cc}|\p{Bidi_Control}/u);
    const text = output({ tty: true });
    text.made.raw(`-----BEGIN X-----\r\n\tabc\n${evil}`);
    assert.doesNotMatch(text.out(), /(?![\t\r\n])\p{Cc}|\p{Bidi_Control}/u);
    assert.match(text.out(), /^-----BEGIN X-----\r\n\tabc\nada�/);
  });
});

describe('a word in passing', () => {
  it('is for who sits at the terminal, over the ^C that stands there', () => {
    const said = (given: Parameters<typeof output>[0]) => {
      const { made, out, err } = output(given);
      made.word('Stopped.');
      assert.equal(out(), '');
      return err();
    };
    assert.equal(said({ tty: true }), '\rStopped.\n');
    assert.equal(said({}), '');
    assert.equal(said({ tty: true, json: true }), '');
  });
});

describe('work without steps', () => {
  it('is told of at a terminal once it takes its time, and gives what comes of it', async () => {
    const during = async (given: { readonly isTTY: boolean; readonly due: boolean }) => {
      let [err, unsaid] = ['', false];
      const stream = { write: (text: string) => (err += text), isTTY: given.isTTY };
      const later: Later = (milliseconds, say) => {
        assert.equal(milliseconds, 1000);
        if (given.due) say();
        return () => (unsaid = true);
      };
      const deps = { stdout: stream, stderr: stream, json: false, colours: false, later };
      assert.equal(await createOutput(deps).during('Checking', Promise.resolve(7)), 7);
      await assert.rejects(createOutput(deps).during('Checking', Promise.reject(new Error('x'))));
      assert.ok(unsaid);
      return err;
    };
    assert.equal(await during({ isTTY: true, due: true }), '\rChecking …\n'.repeat(2));
    assert.equal(await during({ isTTY: true, due: false }), '');
    assert.equal(await during({ isTTY: false, due: true }), '');
  });
});

describe('progress', () => {
  function progress(terminal: boolean, total?: number) {
    let time = 0;
    let text = '';
    const made = createProgress(
      { write: (more) => (text += more), terminal, now: () => time },
      'Rewrapping keys',
      total,
    );
    return {
      made,
      text: () => text,
      pass: (milliseconds: number) => {
        time += milliseconds;
      },
    };
  }

  it('says nothing about what takes less than a second', () => {
    for (const terminal of [true, false]) {
      const { made, text, pass } = progress(terminal, 10);
      for (let n = 0; n < 9; n += 1) {
        pass(100);
        made.advance();
      }
      made.end();
      assert.equal(text(), '');
    }
  });

  it('is a bar with a number at a terminal, and taken away at the end', () => {
    const { made, text, pass } = progress(true, 4000);
    pass(1000);
    made.advance(1000);
    assert.match(text(), /^\rRewrapping keys █{6}░{18} {2}25% {2}1,000 of 4,000 *$/);
    made.end();
    assert.ok(text().endsWith('\r\u001b[2K'));
  });

  it('is drawn no oftener than an eye can follow', () => {
    const { made, text, pass } = progress(true, 1000);
    pass(1000);
    for (let n = 0; n < 50; n += 1) made.advance();
    assert.equal(text().split('\r').length - 1, 1);
  });

  it('says nothing where there is no terminal, however long it takes', () => {
    const { made, text, pass } = progress(false, 400);
    for (let n = 0; n < 4; n += 1) {
      pass(30_000);
      made.advance(100);
    }
    made.end();
    assert.equal(text(), '');
  });

  it('counts where the end is not known', () => {
    const { made, text, pass } = progress(true);
    pass(2000);
    made.advance(1234);
    assert.match(text(), /^\rRewrapping keys: 1,234 *$/);
  });
});
