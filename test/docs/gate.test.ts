import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { ROOMS } from '../../tools/check/room-table.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');

/** The files that the tables of the page name, as paths in `server/gate/`. */
function named(page: string): string[] {
  const files: string[] = [];
  let folder: string | undefined;
  for (const line of page.split('\n')) {
    const [, first = ''] = line.startsWith('|') ? line.split('|') : [];
    if (first === '') folder = undefined;
    const [, head] = /^ file of `gate\/([\w/-]*)` $/.exec(first) ?? [];
    if (head !== undefined) folder = head;
    else if (folder !== undefined) {
      for (const [, name] of first.matchAll(/`([^`]+)`/g)) files.push(`${folder}${name}`);
    }
  }
  return files;
}

const there = readdirSync(join(ROOT, 'server/gate'), { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'));

/** Those hold the SQL of the files beside them, and need not be named. */
const isTable = (file: string) => file.endsWith('-table.ts');

describe('the tables of what is inside the gate', () => {
  const files = named(PAGE);

  it('name each of its files, once', () => {
    assert.ok(there.length > 50);
    const known = there.filter((file) => !isTable(file) || files.includes(file));
    assert.deepEqual(files.toSorted(), known.toSorted());
  });

  it('are read as they are written: what stands elsewhere on a page is not in them', () => {
    const page = [
      'The `first.ts` of them.',
      '| file of `gate/use-cases/` | what it does |',
      '| --- | --- |',
      '| `a/b.ts`, `c.ts` | with `d.ts` |',
      '',
      '| `other.ts` | of another table |',
    ];
    assert.deepEqual(named(page.join('\n')), ['use-cases/a/b.ts', 'use-cases/c.ts']);
  });
});

interface Drawing {
  readonly whole: readonly (readonly [from: string, to: string])[];
  readonly broken: readonly (readonly [from: string, to: string])[];
}

/** The arrows of the first drawing. */
function drawn(page: string): Drawing {
  const [, drawing = ''] = /```mermaid\nflowchart([\s\S]*?)```/.exec(page) ?? [];
  const arrows = (arrow: RegExp) =>
    [...drawing.matchAll(arrow)].map(([, from = '', to = '']) => [from, to] as const);
  return {
    whole: arrows(/^ *(\w+)(?:\[[^\]]*\])? --> (\w+)/gm),
    broken: arrows(/^ *(\w+) -\. types \.-> (\w+)/gm),
  };
}

describe('the drawing of the rooms', () => {
  const { whole, broken } = drawn(PAGE);
  const rooms = ROOMS.filter(({ room }) => existsSync(join(ROOT, 'server', room)));
  const isThere = (room: string) => room === 'contract' || rooms.some((one) => one.room === room);

  function below(room: string): Set<string> {
    const found = new Set<string>();
    const visit = (from: string): void => {
      for (const [start, to] of whole) {
        if (start !== from || found.has(to)) continue;
        found.add(to);
        visit(to);
      }
    };
    visit(room);
    return found;
  }

  it('has every door', () => {
    const [, doors = ''] = /subgraph doors([\s\S]*?)\n {2}end/.exec(PAGE) ?? [];
    const folders = readdirSync(join(ROOT, 'server/doors'));
    assert.ok(folders.length > 10);
    assert.deepEqual(
      folders.filter((door) => !new RegExp(`\\b${door}\\b`).test(doors)),
      [],
    );
  });

  for (const { room, may, types = [] } of rooms) {
    it(`leads from ${room} to what the table lets it import, and nowhere else`, () => {
      const reached = below(room);
      assert.deepEqual(
        may.filter((to) => isThere(to) && !reached.has(to)),
        [],
      );
      assert.deepEqual(
        whole.filter(([from, to]) => from === room && !may.includes(to)),
        [],
      );
      assert.deepEqual(
        broken.filter(([from]) => from === room).map(([, to]) => to),
        types,
      );
    });
  }
});
