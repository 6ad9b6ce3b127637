/** The commands and the policy of docs/devices.md, as they stand there. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { deviceKinds, deviceWeaknessCodes } from '@sallyport/contract/devices.ts';
import { loadCedar } from '../../server/policy/cedar.ts';
import { checkPolicies } from '../../server/policy/policy-checks.ts';
import { policySchema, shippedPolicies } from '../../server/policy/shipped.ts';
import { beginIn, runCommand } from '../support/command.ts';
import { docsPage, wordsOf } from '../support/docs-page.ts';

const page = docsPage('devices.md');

describe('docs/devices.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-docs-'));
  const run = (...args: string[]) => runCommand(folder, args);
  before(async () => {
    await beginIn(folder);
    const { publicKey } = generateKeyPairSync('ed25519');
    writeFileSync(join(folder, 'laptop-17.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    writeFileSync(join(folder, 'devices.csv'), page.blocks('csv').join(''));
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
    const { devices } = JSON.parse((await run('device', 'list', '--json')).out);
    assert.deepEqual(
      devices.map(({ name }: { name: string }) => name),
      ['core-1', 'laptop-17', 'rtu-1', 'rtu-2', 'printer-3'],
    );
  });

  it('has a policy that passes the checks, and the checks find a word that never occurs', () => {
    const check = (text: string) =>
      checkPolicies(loadCedar(), policySchema(), { ...shippedPolicies(), 'page.cedar': text });
    const policies = page.blocks('cedar').join('\n');
    assert.deepEqual(check(policies), []);
    const [problem] = check(policies.replace('"yes"', '"true"'));
    assert.match(problem?.message ?? '', /`diskEncrypted` is never "true"/);
  });

  it('tells every kind and every weakness', () => {
    for (const word of [...deviceKinds, ...deviceWeaknessCodes]) {
      assert.ok(page.text.includes(`\`${word}\``), word);
    }
  });
});
