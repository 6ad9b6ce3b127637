/** The commands of docs/oauth.md and docs/openid-connect.md in order, and the shell that signs an assertion, as they stand there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { ASSERTION, openOAuthHouse } from '../oauth/oauth-house.ts';
import { beginIn, runCommand } from '../support/command.ts';
import { docsPage, wordsOf } from '../support/docs-page.ts';
import { addProof, ISSUER } from '../support/processes.ts';

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-docs-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function pair() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    jwk: publicKey.export({ format: 'jwk' }),
    pem: publicKey.export({ type: 'spki', format: 'pem' }),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
}

async function runsAsItStands(t: TestContext, name: string): Promise<string[]> {
  const folder = temporary(t);
  await beginIn(folder);
  for (const file of ['billing.pem', 'till.pem']) writeFileSync(join(folder, file), pair().pem);
  writeFileSync(join(folder, 'till.json'), '{ "clientAuth": "key", "grants": ["ciba"] }');
  const page = docsPage(`${name}.md`);
  assert.ok(
    name !== 'openid-connect' || page.text.includes('{ "clientAuth": "key", "grants": ["ciba"] }'),
  );
  const lines = page.lines('bash').filter((line) => line.startsWith('./sallyport '));
  const said: string[] = [];
  for (const line of lines) {
    const { code, out, err } = await runCommand(folder, wordsOf(line).slice(1));
    assert.equal(code, 0, `${line}\n${err}`);
    said.push(out);
  }
  return said;
}

describe('docs/oauth.md and docs/openid-connect.md', () => {
  it('have commands that work, one after the other', async (t) => {
    assert.equal((await runsAsItStands(t, 'oauth')).length, 4);
    assert.equal((await runsAsItStands(t, 'openid-connect')).length, 6);
  });

  it('have shell that signs an assertion that is taken, whatever its numbers are', async (t) => {
    const folder = temporary(t);
    const house = await openOAuthHouse();
    t.after(() => house.close());
    const [shell = assert.fail()] = docsPage('oauth.md')
      .blocks('bash')
      .filter((text) => text.includes('assertion()'));
    const { process } = await house.keyed('billing', [[await house.api(), 'read']]);
    const { key, jwk } = pair();
    writeFileSync(join(folder, 'billing.key'), key);
    await addProof(house, process, 'key', { jwk });
    const now = Math.floor(house.clock.now() / 1000);
    const script = `date() { echo ${now}; }\n${shell.replaceAll('https://signin.example.com/oidc', ISSUER)}\necho "$JWT"`;
    // One in 128 numbers is shorter than the others.
    const many = `${script}\nfor i in $(seq 60); do assertion billing billing.key ${ISSUER}; done`;
    const made = execFileSync('bash', ['-euc', many], { cwd: folder, encoding: 'utf8' });
    const lines = made.trim().split('\n');
    assert.equal(lines.length, 61);
    for (const line of lines) {
      const [, , signature = ''] = line.split('.');
      assert.equal(Buffer.from(signature, 'base64url').length, 64);
    }
    for (const line of lines.slice(0, 3)) {
      const form = {
        grant_type: 'client_credentials',
        client_assertion_type: ASSERTION,
        client_assertion: line,
      };
      const answer = await house.post('/token', form);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
    }
  });
});
