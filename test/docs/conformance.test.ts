/** docs/conformance.md: each module of the Foundation's plans leads to a test that is there, under the words that are quoted. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe, it } from 'node:test';

const PAGE = resolve(import.meta.dirname, '../../docs/conformance.md');
const TEXT = readFileSync(PAGE, 'utf8');
const ROW = /^\| (\S.*?) \| \[[^\]]+\]\(([^)]+)\): “(.+)” \|$/;

describe('docs/conformance.md', () => {
  for (const part of TEXT.split(/^## /m).slice(1)) {
    const [title = ''] = part.split('\n');
    const rows = part.split('\n').filter((line) => /^\| [`(]/.test(line));

    it(`leads from each module of ${title} to its test`, () => {
      assert.ok(rows.length > 0);
      const seen = new Set<string>();
      for (const row of rows) {
        const [, module = '', link = '', quoted = ''] = ROW.exec(row) ?? [];
        assert.ok(module && link && quoted, row);
        assert.ok(!seen.has(module), `${module} stands there twice`);
        seen.add(module);
        const file = resolve(dirname(PAGE), link);
        assert.ok(existsSync(file), link);
        assert.ok(readFileSync(file, 'utf8').includes(quoted), `${link} has no “${quoted}”`);
      }
    });
  }
});
