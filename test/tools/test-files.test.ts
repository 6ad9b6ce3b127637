import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { planTests } from '../../tools/test/test-files.ts';

const FILES: Readonly<Record<string, string>> = {
  'test/kernel/id.test.ts': `import { it } from 'node:test';`,
  'test/vault/box.test.ts': `import { openTestStore } from '../support/store.ts';`,
  'test/web/page.test.ts': `import { startServer } from '../support/server.ts';`,
  'test/support/server.ts': `import { openTestStore } from './store.ts';\nimport type { Page } from './browser.ts';`,
  'test/support/browser.ts': `const { chromium } = await import('playwright-core');`,
  'test/support/store.ts': `import { openSqlite } from '../../server/store/sqlite.ts';`,
};

describe('the plan of a test run', () => {
  let root = '';
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'sallyport-plan-'));
    for (const [file, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
  });
  after(() => rmSync(root, { recursive: true }));

  it('runs every file once, and those that open a store, however far below, twice', () => {
    assert.deepEqual(planTests(root, []), {
      all: ['test/kernel/id.test.ts', 'test/vault/box.test.ts', 'test/web/page.test.ts'],
      store: ['test/vault/box.test.ts', 'test/web/page.test.ts'],
      needsChromium: true,
    });
  });

  it('takes filters as parts of paths, and brings only what those files need', () => {
    assert.deepEqual(planTests(root, ['kernel', './test/vault/']), {
      all: ['test/kernel/id.test.ts', 'test/vault/box.test.ts'],
      store: ['test/vault/box.test.ts'],
      needsChromium: false,
    });
  });

  it('is empty when no file is meant', () => {
    assert.deepEqual(planTests(root, ['nothing-like-it']).all, []);
  });
});
