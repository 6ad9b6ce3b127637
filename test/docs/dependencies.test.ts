/** CONTRIBUTING's promise: a package that we name has its row in docs/dependencies.md, and a row has its package. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

const { workspaces } = JSON.parse(read('package.json')) as { workspaces: string[] };

/** One row stands for the whole family. */
const LANGUAGES = /^@zxcvbn-ts\/language-/;

const packages = ['.', 'runtime', ...workspaces].flatMap((folder) => {
  const named = JSON.parse(read(`${folder}/package.json`));
  const { dependencies = {}, devDependencies = {}, optionalDependencies = {} } = named;
  return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
});
const others = packages.filter((name) => !name.startsWith('@sallyport/') && !LANGUAGES.test(name));

function rowsOf(page: string): string[] {
  const cells = [...page.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell = '']) => cell);
  return cells.flatMap((cell) =>
    [...cell.matchAll(/`([^`/]+|@[^`]+)`/g)].map(([, name = '']) => name),
  );
}

describe('docs/dependencies.md', () => {
  const rows = rowsOf(read('docs/dependencies.md'));

  it('has a row for each package that a package.json names', () => {
    assert.ok(others.includes('fastify') && others.includes('node'));
    assert.deepEqual(
      others.filter((name) => !rows.includes(name)),
      [],
    );
  });

  it('has no row for a package that none of them names, and none twice', () => {
    assert.deepEqual(
      rows.filter((name) => !packages.includes(name)),
      [],
    );
    assert.deepEqual(rows, [...new Set(rows)]);
  });
});

describe('a package that runs', () => {
  for (const folder of workspaces) {
    it(`is imported where it is named: ${folder}`, () => {
      const { dependencies } = JSON.parse(read(`${folder}/package.json`));
      const sources = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts') && !file.includes('node_modules'))
        .map((file) => read(join(folder, file)))
        .join('\n');
      const unused = Object.keys(dependencies).filter(
        (name) => !sources.includes(`'${name}'`) && !sources.includes(`'${name}/`),
      );
      assert.deepEqual(unused, []);
    });
  }
});
