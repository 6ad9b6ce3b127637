/** Paths as the rules of a site see them, and the rule that answers. What could be read in two ways gets nobody in (CWE-22, CWE-178). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readSitePath } from '../../server/subjects/site-path.ts';
import { readSiteRules, type SiteRule } from '../../server/subjects/site-rules.ts';

const rule = (path: string, change: Partial<SiteRule> = {}): SiteRule => ({
  path,
  methods: [],
  networks: [],
  function: 'use',
  sensitive: false,
  public: false,
  ...change,
});

const RULES = [
  rule('/*'),
  rule('/admin/*', { function: 'administer', sensitive: true }),
  rule('/keys/import', { function: 'import-keys', methods: ['POST'], sensitive: true }),
  rule('/public/*', { function: 'look', public: true }),
  rule('/inside/*', { function: 'inside', networks: ['10.0.0.0/8'] }),
  rule('/Reports', { function: 'report' }),
];

function functionAt(target: string, method = 'GET', address = '192.0.2.1', rules = RULES): string {
  const path = readSitePath(target);
  if (!path.ok) return path.error;
  const found = readSiteRules(rules).find({ method, address, path: path.value });
  return found.ok ? found.value.function : found.error;
}

describe('a path of a site', () => {
  it('is read as it stands when there is one way to read it', () => {
    for (const text of [
      '/',
      '/a/b.c/',
      "/~ada/$x!&'()*+,=:@-_",
      '/.well-known/x',
      '/a/..b',
      '/a...b',
    ]) {
      const read = readSitePath(text);
      assert.equal(read.ok && read.value.path, text, text);
    }
    const blank = readSitePath('/a%20b/%C3%A9%5B1%5D');
    assert.equal(blank.ok && blank.value.path, '/a b/é[1]');
  });

  for (const [text, error] of [
    ['', 'not-a-path'],
    ['admin', 'not-a-path'],
    ['*', 'not-a-path'],
    ['https://site/admin', 'not-a-path'],
    ['//admin', 'empty-segment'],
    ['/public//admin', 'empty-segment'],
    ['/public/../admin', 'dot-segment'],
    ['/public/..', 'dot-segment'],
    ['/./admin', 'dot-segment'],
    ['/admin.', 'dot-segment'],
    ['/admin%20', 'dot-segment'],
    ['/admin%20/x', 'dot-segment'],
    ['/admin::$INDEX_ALLOCATION/x', 'dot-segment'],
    ['/public/..;/admin', 'odd-character'],
    ['/admin;a=b', 'odd-character'],
    ['/public\\..\\admin', 'odd-character'],
    ['/admin#x', 'odd-character'],
    ['/admin?x', 'odd-character'],
    ['/a b', 'odd-character'],
    ['/a\tb', 'odd-character'],
    ['/é', 'odd-character'],
    ['/%', 'odd-character'],
    ['/%4', 'odd-character'],
    ['/%zz', 'odd-character'],
    ['/%u0061dmin', 'odd-character'],
    ['/public%2fadmin', 'oddly-encoded'],
    ['/public/%2e%2e/admin', 'oddly-encoded'],
    ['/public/.%2E/admin', 'oddly-encoded'],
    ['/%61dmin', 'oddly-encoded'],
    ['/public/..%3b/admin', 'oddly-encoded'],
    ['/public%5cadmin', 'oddly-encoded'],
    ['/public%252fadmin', 'oddly-encoded'],
    ['/admin%00', 'oddly-encoded'],
    ['/admin%0d%0aX: y', 'odd-character'],
    ['/admin%0a', 'oddly-encoded'],
    ['/admin%7f', 'oddly-encoded'],
    ['/public/%c0%ae%c0%ae/admin', 'oddly-encoded'],
    ['/public%c0%afadmin', 'oddly-encoded'],
    ['/public/%e0%80%ae', 'oddly-encoded'],
    ['/%ed%a0%80', 'oddly-encoded'],
    ['/%ff', 'oddly-encoded'],
    ['/public%ef%bc%8f%ef%bc%8fadmin', 'empty-segment'],
    ['/public/%ef%bc%8e%ef%bc%8e/admin', 'dot-segment'],
    ['/a%e2%80%8bb', 'odd-character'],
    ['/a%e2%80%ae', 'odd-character'],
    [`/${'a'.repeat(5000)}`, 'too-long'],
  ] as const) {
    it(`is refused as ${error}: ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.deepEqual(readSitePath(text), { ok: false, error });
    });
  }

  it('that is read is left alone by every reader that resolves, decodes or cuts', () => {
    const part = fc.constantFrom(
      '/',
      '.',
      '..',
      ';',
      '%2e',
      '%2f',
      '%25',
      'a',
      'B',
      '%c3%a9',
      '\\',
      '%5c',
      '?',
      '#',
      ' ',
      '%20',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const text = `/${parts.join('')}`;
        const read = readSitePath(text);
        if (!read.ok) return;
        const url = new URL(text, 'https://site.example');
        assert.equal(url.host, 'site.example');
        assert.equal(decodeURIComponent(url.pathname), read.value.path);
        assert.equal(decodeURIComponent(decodeURIComponent(text)), read.value.path);
        assert.doesNotMatch(read.value.path, /\/\.{1,2}(\/|$)|\/\/|[;\\%?#]/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the rules of a site', () => {
  it('answer by the most specific one, in whatever order they stand', () => {
    for (const rules of [RULES, RULES.toReversed()]) {
      const at = (target: string, method?: string, address?: string) =>
        functionAt(target, method, address, rules);
      assert.equal(at('/'), 'use');
      assert.equal(at('/x/y'), 'use');
      assert.equal(at('/admin'), 'administer');
      assert.equal(at('/admin/'), 'administer');
      assert.equal(at('/admin/x/y'), 'administer');
      assert.equal(at('/administrator'), 'use');
      assert.equal(at('/keys/import', 'POST'), 'import-keys');
      assert.equal(at('/keys/import', 'GET'), 'use');
      assert.equal(at('/inside/x', 'GET', '10.1.2.3'), 'inside');
      assert.equal(at('/inside/x'), 'use');
      assert.equal(at('/public/logo.png'), 'look');
    }
  });

  it('let nobody in where none fits', () => {
    assert.equal(functionAt('/x', 'GET', '192.0.2.1', [rule('/y')]), 'no-rule');
    assert.equal(
      functionAt('/y', 'GET', '192.0.2.1', [rule('/y', { methods: ['POST'] })]),
      'no-rule',
    );
    assert.equal(functionAt('/', 'GET', '192.0.2.1', []), 'no-rule');
  });

  it('take HEAD for a GET, and nothing else for one', () => {
    const rules = [rule('/y', { methods: ['GET'] })];
    assert.equal(functionAt('/y', 'HEAD', '192.0.2.1', rules), 'use');
    assert.equal(functionAt('/y', 'OPTIONS', '192.0.2.1', rules), 'no-rule');
  });

  for (const target of [
    '/ADMIN',
    '/Admin/x',
    '/PUBLIC/x',
    '/reports',
    '/Reports/',
    '/reportS',
    '/%EF%BD%81dmin',
  ]) {
    it(`let nobody in where one reader takes ${target} for another path than the next does`, () => {
      assert.equal(functionAt(target), 'ambiguous');
    });
  }

  it('let nobody in where two answer alike', () => {
    const rules = [rule('/y', { methods: ['GET'] }), rule('/y', { methods: ['GET', 'POST'] })];
    assert.equal(functionAt('/y', 'GET', '192.0.2.1', rules), 'ambiguous');
    assert.equal(functionAt('/y', 'POST', '192.0.2.1', rules), 'use');
  });

  it('never answer with a weaker rule for a path that a careless reader takes for a guarded one', () => {
    const letters = fc.string({
      unit: fc.constantFrom('a', 'A', 'd', 'D', 'm', 'i', 'I', 'n', 'N', '/', '.', '-'),
      maxLength: 9,
    });
    fc.assert(
      fc.property(letters, (text) => {
        const answer = functionAt(`/${text}`);
        const careless = `/${text.toLowerCase()}`.replace(/\/$/, '');
        if (careless === '/admin' || careless.startsWith('/admin/')) assert.notEqual(answer, 'use');
      }),
      { numRuns: 2000 },
    );
  });
});
