import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, it } from 'node:test';

const ROOT = resolve(import.meta.dirname, '../..');

const PAGES = [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...['docs', 'docs/decisions'].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
];

/** Folders in which whatever a page names in code must be; a name like `data/checkpoint` is made when the house runs. */
const OURS = /^(?:server|contract|test|tools|bench|docs)\/[\w./-]+$/;

/** What a page leads to, as paths from the root: the targets of its links, and the files that it names in code. */
function named(page: string, text: string): string[] {
  const prose = text.replace(/^```.*?^```/gms, '');
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
    .map((target) => join(dirname(page), target));
  const code = [...prose.matchAll(/`([^`\n]+)`/g)]
    .map(([, words = '']) => words)
    .filter((words) => OURS.test(words));
  return [...links, ...code];
}

const missing = (page: string, text: string) =>
  named(page, text).filter((path) => !existsSync(join(ROOT, path)));

describe('what the pages lead to', () => {
  for (const page of PAGES) {
    it(`is there: ${page}`, () => {
      assert.deepEqual(missing(page, readFileSync(join(ROOT, page), 'utf8')), []);
    });
  }

  it('is missed when it is not there, as a link and as a name', () => {
    const text = 'See [this](gone.md#part), [that](keys.md) and `server/gate/gone.ts`.';
    assert.deepEqual(missing('docs/page.md', text), ['docs/gone.md', 'server/gate/gone.ts']);
  });

  it('is every page of docs/, for who starts at README', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    assert.ok(PAGES.includes('docs/oauth.md'));
    const pages = PAGES.filter((page) => dirname(page) === 'docs');
    assert.deepEqual(
      pages.filter((page) => !readme.includes(`(${page})`)),
      [],
    );
  });

  it('lists every attack that has a test', () => {
    const security = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');
    const tests = readdirSync(join(ROOT, 'test/attacks'))
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `test/attacks/${name}`);
    assert.ok(tests.length > 0);
    assert.deepEqual(
      tests.filter((path) => !security.includes(`(${path})`)),
      [],
    );
  });
});
