/** The commands and the policy of docs/processes.md, as they stand there. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { weaknessCodes } from '@sallyport/contract/processes.ts';
import { loadCedar } from '../../server/policy/cedar.ts';
import { checkPolicies } from '../../server/policy/policy-checks.ts';
import { policySchema, shippedPolicies } from '../../server/policy/shipped.ts';
import { beginIn, runCommand } from '../support/command.ts';
import { docsPage, wordsOf } from '../support/docs-page.ts';

const page = docsPage('processes.md');

describe('docs/processes.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-docs-'));
  const run = (...args: string[]) => runCommand(folder, args);
  before(async () => {
    await beginIn(folder);
    for (const file of ['nightly.pem', 'new.pem']) {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      writeFileSync(join(folder, file), publicKey.export({ type: 'spki', format: 'pem' }));
    }
  });
  after(() => rmSync(folder, { recursive: true }));

  it('has commands that work, one after the other', async () => {
    const lines = page.lines('bash');
    assert.ok(lines.length > 10);
    for (const line of lines) {
      const [program, ...args] = wordsOf(line);
      assert.equal(program, './sallyport', line);
      const { code, err } = await run(...args);
      assert.equal(code, 0, `${line}\n${err}`);
    }
    const { processes } = JSON.parse((await run('process', 'list', '--json')).out);
    const found = Object.fromEntries(
      processes.map((process: { name: string }) => [process.name, process]),
    );
    assert.deepEqual(Object.keys(found).sort(), ['deploy', 'legacy', 'nightly']);
    assert.equal(found.nightly.ownerName, 'grace');
    assert.deepEqual(found.nightly.entries[0].scopes, ['read', 'pay']);
    assert.equal(found.nightly.proofs.length, 2);
    assert.equal(found.legacy.status, 'disabled');
  });

  it('has a policy that passes the checks', () => {
    const files = { ...shippedPolicies(), 'page.cedar': page.blocks('cedar').join('\n') };
    assert.deepEqual(checkPolicies(loadCedar(), policySchema(), files), []);
  });

  it('tells of every weakness', () => {
    for (const code of weaknessCodes) assert.ok(page.text.includes(`| \`${code}\` |`), code);
  });
});
