/** What docs/proxy.md says of networks: in a rule they keep nobody out, and its policy does. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { SiteDetail } from '@sallyport/contract/resources.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { readSitePath } from '../../server/subjects/site-path.ts';
import { readSiteRules } from '../../server/subjects/site-rules.ts';
import { beginIn, runCommand } from '../support/command.ts';
import { docsPage } from '../support/docs-page.ts';

const page = docsPage('proxy.md');

describe('docs/proxy.md', () => {
  it('says what answers where the networks of a rule don’t fit', () => {
    const { rules } = SiteDetail.parse(JSON.parse(page.blocks('json')[0] ?? ''));
    const path = readSitePath('/office/x');
    assert.ok(path.ok);
    const at = (address: string) => {
      const found = readSiteRules(rules).find({ method: 'GET', address, path: path.value });
      return found.ok ? found.value.function : found.error;
    };
    assert.deepEqual([at('10.1.1.1'), at('192.0.2.7')], ['office', 'read']);
  });

  it('has a policy that keeps out who is elsewhere', async (t: TestContext) => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-docs-'));
    t.after(() => rmSync(folder, { recursive: true }));
    await beginIn(folder);
    mkdirSync(join(folder, 'policies'));
    const policies = { ...shippedPolicies(), 'page.cedar': page.blocks('cedar').join('\n') };
    for (const [name, text] of Object.entries(policies)) {
      writeFileSync(join(folder, 'policies', name), text);
    }
    const site = 'resource add site wiki --open everyone --host wiki.example.com --rule'.split(' ');
    assert.equal((await runCommand(folder, [...site, '/office/* office'])).code, 0);
    const ask =
      'policy simulate --with policies --holds password totp --shown password totp --action enter --resource site:wiki --function office --from';
    const from = async (address: string) =>
      (await runCommand(folder, [...ask.split(' '), address])).out;
    assert.match(await from('10.1.1.1'), /^It would be granted/);
    assert.match(await from('192.0.2.7'), /^It would be refused.*office-from-the-office/s);
  });
});
