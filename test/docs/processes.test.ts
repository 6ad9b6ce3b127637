/** The commands and the policy of docs/processes.md, as they stand there. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { weaknessCodes } from '@sallyport/contract/processes.ts';
import { loadCedar } from '../../server/policy/cedar.ts';
import { checkPolicies } from '../../server/policy/policy-checks.ts';
import { policySchema, shippedPolicies } from '../../server/policy/shipped.ts';
import { beginIn, runCommand } from '../support/command.ts';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/processes.md'), 'utf8');
const blocks = (language: string) =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, text = '']) => text,
  );

/** As a shell would read what stands there: words, some of them in quotation marks. */
const words = (line: string) =>
  [...line.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''));

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
    const lines = blocks('bash').flatMap((text) => text.trim().split('\n'));
    assert.ok(lines.length > 10);
    for (const line of lines) {
      const [program, ...args] = words(line);
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
    const files = { ...shippedPolicies(), 'page.cedar': blocks('cedar').join('\n') };
    assert.deepEqual(checkPolicies(loadCedar(), policySchema(), files), []);
  });

  it('tells of every weakness', () => {
    for (const code of weaknessCodes) assert.ok(PAGE.includes(`| \`${code}\` |`), code);
  });
});
