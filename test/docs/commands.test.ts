/** Every command that a page or the house itself names: it is there, and takes these options. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { before, describe, it } from 'node:test';
import { Command } from 'commander';
import type { CommandContext } from '../../server/main/terminal/command-context.ts';
import { EXIT_WORDS } from '../../server/main/terminal/exit.ts';
import { GROUPS } from '../../server/main/terminal/groups.ts';

const ROOT = resolve(import.meta.dirname, '../..');

const PAGES = [
  ...['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'verify/README.md'],
  ...['docs', 'docs/decisions'].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
];

const SOURCES = ['server', 'contract'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => `${folder}/${name}`),
);

/** The words of each `./sallyport …`, to the end of its line, of its sentence, or of the quotation marks that it stands in. */
function commandsIn(text: string): string[][] {
  const lines = text.replace(/\\\n\s*/g, ' ');
  return [...lines.matchAll(/\.\/sallyport((?: +(?:"[^"\n]*"|[^\s`'"|;&#<>()\\]+))*)/g)].map(
    ([, rest = '']) => {
      const words = rest.split(/ +/).filter((word) => word !== '');
      const last = words.findIndex((word) => ENDS.test(word));
      return (last < 0 ? words : words.slice(0, last + 1)).map((word) => word.replace(ENDS, ''));
    },
  );
}

/** What ends a sentence, or a part of one. */
const ENDS = /[.,:;…]+$/;

async function wholeProgram(): Promise<Command> {
  const program = new Command('sallyport')
    .option('--config <file>')
    .option('--at <origin>')
    .option('--json')
    .option('--no-color')
    .option('--version');
  const nowhere = (): never => assert.fail('registering a command needs nothing of its context');
  const context: CommandContext = {
    environment: {},
    folder: '/',
    configFile: nowhere,
    at: nowhere,
    waits: nowhere,
    output: nowhere,
    end: nowhere,
  };
  for (const { load } of GROUPS) (await load()).register(program, context);
  return program;
}

/** What of it there is not; undefined where all of it is there. */
function lacking(program: Command, words: readonly string[]): string | undefined {
  const options = new Set(['--help']);
  let command = program;
  for (const word of words) {
    if (word.startsWith('-')) break;
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) {
      // A word in capitals or in braces stands for one that is.
      if (command.commands.length > 0 && /^[a-z][a-z-]+$/.test(word)) return word;
      break;
    }
    command = next;
  }
  for (let one: Command | null = command; one !== null; one = one.parent) {
    for (const { long } of one.options) if (long != null) options.add(long);
  }
  return words
    .filter((word) => word.startsWith('--'))
    .map((word) => word.replace(/=.*/, ''))
    .find((word) => !options.has(word));
}

describe('what pages and the house tell people to type', () => {
  let program: Command;
  before(async () => {
    program = await wholeProgram();
  });

  for (const [what, files] of [
    ['pages', PAGES],
    ['the house', SOURCES],
  ] as const) {
    it(`is there, with its options, wherever ${what} name it`, () => {
      let seen = 0;
      const missing = files.flatMap((file) =>
        commandsIn(readFileSync(join(ROOT, file), 'utf8')).flatMap((line) => {
          seen += 1;
          const lacks = lacking(program, line);
          return lacks === undefined ? [] : [`${file}: ${lacks}, of: ${line.join(' ')}`];
        }),
      );
      assert.ok(seen > 50, String(seen));
      assert.deepEqual(missing, []);
    });
  }

  it('is missed where it is not there', () => {
    const missed = (text: string) => commandsIn(text).map((line) => lacking(program, line));
    assert.deepEqual(missed('Run `./sallyport device vanish plc-7`.'), ['vanish']);
    assert.deepEqual(missed('./sallyport vanish'), ['vanish']);
    assert.deepEqual(missed('$ ./sallyport person add ada --vanish\n'), ['--vanish']);
    assert.deepEqual(missed('$ ./sallyport person add ada \\\n  --group x\n'), [undefined]);
  });
});

it('the page of the command line tells every exit code in the words of --help', () => {
  const page = readFileSync(join(ROOT, 'docs/command-line.md'), 'utf8');
  for (const [code, words] of Object.entries(EXIT_WORDS)) {
    assert.ok(page.includes(`\n| ${code} | ${words}`), `${code}: ${words}`);
  }
});
