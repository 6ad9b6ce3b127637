/** docs/recipes.md, in parts: its commands run in a folder of their own, and what they made set up in a house of a test. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { NewResource } from '../../server/subjects/resources.ts';
import { beginIn, runCommand } from '../support/command.ts';
import type { TestHouse } from '../support/house.ts';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/recipes.md'), 'utf8');

export const APACHE = 'Apache with mod_auth_openidc';

export const sections: readonly string[] = [...PAGE.matchAll(/^## (.*)$/gm)].map(
  ([, title = '']) => title,
);

export function section(title: string): string {
  const found = PAGE.split(/^## /m).find((part) => part.startsWith(`${title}\n`));
  assert.ok(found, `docs/recipes.md has no section “${title}”`);
  return found;
}

export function block(title: string, language: string, nth = 0): string {
  const blocks = [...section(title).matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)];
  const found = blocks.filter(([, its]) => its === language)[nth]?.[2];
  assert.ok(found, `“${title}” has no such ${language}`);
  return found;
}

export function commandsOf(title: string): string[] {
  const blocks = [...section(title).matchAll(/^```bash\n([\s\S]*?)^```/gm)];
  return blocks.flatMap(([, text = '']) => text.trim().split('\n'));
}

/** As a shell would read what stands there: words, some of them in quotation marks. */
export const words = (line: string): string[] =>
  [...line.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''));

// biome-ignore lint/suspicious/noExplicitAny: what a command answers, which tests look into.
type Answered = any;

export interface Desk {
  /** Runs what stands there, and gives what it answers to machines. */
  run(line: string): Promise<Answered>;
  close(): void;
}

export async function openDesk(change: (text: string) => string = (text) => text): Promise<Desk> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-recipes-'));
  writeFileSync(join(folder, 'reports.json'), change(block(APACHE, 'json')));
  await beginIn(folder);
  const added = await runCommand(folder, ['person', 'add', 'ada']);
  assert.equal(added.code, 0, added.err);
  return {
    async run(line) {
      const [program, ...args] = words(change(line));
      assert.equal(program, './sallyport', line);
      const { code, out, err } = await runCommand(folder, [...args, '--json']);
      assert.equal(code, 0, `${line}\n${err}`);
      return JSON.parse(out);
    },
    close: () => rmSync(folder, { recursive: true }),
  };
}

/** What the commands of a section add, as they told of it. */
export async function madeBy(
  title: string,
  change?: (text: string) => string,
): Promise<Answered[]> {
  const desk = await openDesk(change);
  try {
    const made: Answered[] = [];
    for (const line of commandsOf(title)) made.push(await desk.run(line));
    return made;
  } finally {
    desk.close();
  }
}

/** The same resource in the house of a test; gives its id. */
export async function addAsMade(
  { house }: Pick<TestHouse, 'house'>,
  { name, kind, groups, open, members, detail }: Answered,
) {
  const fresh = { name, kind, groups, open, members, detail } as NewResource; // As a command told of it.
  const added = await house.store.write((tx) => house.resources.add(tx, fresh, { door: 'cli' }));
  assert.ok(added.ok, JSON.stringify(added));
  return added.value;
}

export async function joinGroups(
  { house }: Pick<TestHouse, 'house'>,
  person: Parameters<TestHouse['house']['people']['change']>[1],
  groups: readonly string[],
): Promise<void> {
  const done = await house.store.write((tx) =>
    house.people.change(tx, person, { groups }, { door: 'cli' }),
  );
  assert.ok(done.ok, JSON.stringify(done));
}
