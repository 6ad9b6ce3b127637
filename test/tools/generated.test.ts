import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { renew } from '../../tools/generate/freshness.ts';
import { GENERATORS } from '../../tools/generate/generators.ts';

function folder(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'sallyport-generated-'));
  t.after(() => rmSync(root, { recursive: true }));
  return root;
}

const page = { file: 'docs/page.md', from: 'the code', make: () => 'new\n' };
const states = (found: { state: string }[]) => found.map(({ state }) => state);

it('a generated file is missing, then written, then fresh, then stale once it is changed', async (t) => {
  const root = folder(t);
  assert.deepEqual(states(await renew(root, [page], false)), ['missing']);
  assert.deepEqual(states(await renew(root, [page], true)), ['written']);
  assert.deepEqual(states(await renew(root, [page], false)), ['fresh']);
  writeFileSync(join(root, page.file), 'old\n');
  assert.deepEqual(states(await renew(root, [page], false)), ['stale']);
  assert.equal(readFileSync(join(root, page.file), 'utf8'), 'old\n', 'a check changes nothing');
});

it('every generator gives the same text twice, and names no path of this machine', async () => {
  for (const { file, make } of GENERATORS) {
    const text = await make();
    assert.equal(await make(), text, file);
    assert.ok(text.endsWith('\n') && !text.includes(process.cwd()), file);
  }
});
