/** The commands and the policy of docs/devices.md, as they stand there. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { deviceKinds, deviceWeaknessCodes } from '@sallyport/contract/devices.ts';
import { loadCedar } from '../../server/policy/cedar.ts';
import { checkPolicies } from '../../server/policy/policy-checks.ts';
import { policySchema, shippedPolicies } from '../../server/policy/shipped.ts';
import { beginIn, runCommand } from '../support/command.ts';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/devices.md'), 'utf8');
const blocks = (language: string) =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, text = '']) => text,
  );

/** As a shell would read what stands there: words, some of them in quotation marks. */
const words = (line: string) =>
  [...line.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''));

describe('docs/devices.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-docs-'));
  const run = (...args: string[]) => runCommand(folder, args);
  before(async () => {
    await beginIn(folder);
    const { publicKey } = generateKeyPairSync('ed25519');
    writeFileSync(join(folder, 'laptop-17.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    writeFileSync(join(folder, 'devices.csv'), blocks('csv').join(''));
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
    const { devices } = JSON.parse((await run('device', 'list', '--json')).out);
    assert.deepEqual(
      devices.map(({ name }: { name: string }) => name),
      ['core-1', 'laptop-17', 'rtu-1', 'rtu-2', 'printer-3'],
    );
  });

  it('has a policy that passes the checks, and the checks find a word that never occurs', () => {
    const check = (text: string) =>
      checkPolicies(loadCedar(), policySchema(), { ...shippedPolicies(), 'page.cedar': text });
    const page = blocks('cedar').join('\n');
    assert.deepEqual(check(page), []);
    const [problem] = check(page.replace('"yes"', '"true"'));
    assert.match(problem?.message ?? '', /`diskEncrypted` is never "true"/);
  });

  it('tells every kind and every weakness', () => {
    for (const word of [...deviceKinds, ...deviceWeaknessCodes]) {
      assert.ok(PAGE.includes(`\`${word}\``), word);
    }
  });
});
