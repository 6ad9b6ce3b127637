/** How commands tell a refusal (remote/refused.ts): the words can differ, the code and its exit never. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { problemCodes } from '@sallyport/contract/problems.ts';
import { tellBy, tellRefused } from '../../server/main/remote/refused.ts';
import { EXIT_WORDS } from '../../server/main/terminal/exit.ts';
import { createOutput } from '../../server/main/terminal/output.ts';

function heard(json: boolean) {
  const said = { out: '', err: '' };
  const output = createOutput({
    stdout: { write: (text) => (said.out += text) },
    stderr: { write: (text) => (said.err += text) },
    json,
    colours: false,
  });
  return { said, output };
}

describe('a refusal', () => {
  it('has one exit code, in whichever words it is told', () => {
    for (const code of problemCodes) {
      const plain = tellRefused(heard(false).output, { code, members: {} });
      const worded = heard(false);
      const exit = tellBy({ [code]: () => ({ what: 'So.' }) })(worded.output, {
        code,
        members: {},
      });
      assert.equal(exit, plain, code);
      assert.ok(exit !== 0 && EXIT_WORDS[exit] !== undefined, code);
      assert.equal(worded.said.err, 'So.\n');
    }
  });

  it('is told in the API’s words where a command has none', () => {
    const { said, output } = heard(false);
    const words = tellBy({ 'not-found': () => undefined });
    assert.equal(words(output, { code: 'not-found', members: {} }), 4);
    assert.match(said.err, /^There is no such thing/);
  });

  it('tells machines the code and its members, and people what is wrong, one by one', () => {
    const table = { head: ['what'], rows: [['a line']] };
    const words = tellBy({
      'policy-not-valid': () => ({ what: 'Wrong.', table, mend: 'Mend it.' }),
    });
    const error = { code: 'policy-not-valid', members: { problems: [] } } as const;
    const machine = heard(true);
    assert.equal(words(machine.output, error), 1);
    assert.deepEqual(JSON.parse(machine.said.out), {
      error: {
        what: 'Wrong.',
        mend: 'Mend it.',
        details: { code: 'policy-not-valid', problems: [] },
      },
    });
    const people = heard(false);
    words(people.output, error);
    assert.equal(people.said.out, '');
    assert.match(people.said.err, /^Wrong\.\n\nwhat\s+.*a line\s+Mend it\.\n$/s);
  });
});
