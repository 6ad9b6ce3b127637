/** The commands, settings, list and policies of docs/tacacs.md, as they stand there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { configSchema } from '../../server/config/sections.ts';
import { readYaml } from '../../server/config/yaml-file.ts';
import { sensitiveCommands } from '../../server/gate/network/sensitive-commands.ts';
import { loadCedar } from '../../server/policy/cedar.ts';
import { checkPolicies } from '../../server/policy/policy-checks.ts';
import { policySchema, shippedPolicies } from '../../server/policy/shipped.ts';
import { beginIn, runCommand } from '../support/command.ts';
import { docsPage, wordsOf } from '../support/docs-page.ts';

const page = docsPage('tacacs.md');

describe('docs/tacacs.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-docs-'));
  before(async () => {
    await beginIn(folder);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    const files = ['-keyout', 'core-1.key', '-out', 'core-1.csr'];
    execFileSync('openssl', ['req', '-new', ...key, ...files, '-subj', '/CN=core-1'], {
      cwd: folder,
      stdio: 'ignore',
    });
  });
  after(() => rmSync(folder, { recursive: true }));

  it('has commands that work, one after the other', async () => {
    const lines = page.lines('bash');
    assert.equal(lines.length, 6);
    mkdirSync(join(folder, 'policies'));
    const policies = { ...shippedPolicies(), 'page.cedar': page.blocks('cedar').join('\n') };
    for (const [name, text] of Object.entries(policies)) {
      writeFileSync(join(folder, 'policies', name), text);
    }
    const says: string[] = [];
    for (const line of lines) {
      const [program, ...args] = wordsOf(line);
      assert.equal(program, './sallyport', line);
      const { code, out, err } = await runCommand(
        folder,
        args.map((arg) => (/\.(?:csr|pem)$/.test(arg) ? join(folder, arg) : arg)),
      );
      assert.equal(code, 0, `${line}\n${err}`);
      says.push(out);
    }
    const [looks = '', reloads = ''] = says.slice(-2);
    assert.match(looks, /^It would be granted.*helpdesk-looks/s);
    assert.match(reloads, /^It would be challenged.*fresh-for-sensitive-commands/s);
    const ask = [...wordsOf(lines[4] ?? '').slice(1, -1)];
    const other = await runCommand(folder, [...ask, 'write erase']);
    assert.match(other.out, /^It would be refused.*changes-in-the-window/s);
    const elsewhere = ask.map((word) => word.replace('core-1', 'core-9'));
    assert.equal((await runCommand(folder, [...elsewhere, 'show version'])).code, 4);
  });

  it('has settings that are read as they stand', () => {
    const written = page.blocks('yaml').map((text) => {
      const read = readYaml('page.yaml', text);
      assert.ok(read.ok);
      return configSchema.safeParse(read.value.value);
    });
    assert.equal(written.length, 3);
    for (const { success, error } of written) assert.ok(success, String(error));
    assert.equal(written[0]?.data?.tacacs.enabled, true);
    assert.deepEqual(written[1]?.data?.tacacs.approve.withoutNumber, ['old-appliances']);
    assert.equal(written[2]?.data?.commands.windows[0]?.name, 'tuesday-night');
    const shipped = Object.values(sensitiveCommands).flat();
    const { ordinary = [] } = written[2]?.data?.commands ?? {};
    assert.ok(ordinary.every((pattern) => shipped.includes(pattern)));
  });

  it('has the list of sensitive commands as it is', () => {
    const rows = Object.entries(sensitiveCommands).map(([what, patterns]) => {
      const words = patterns.map((pattern) => `\`${pattern.replace('|', '\\|')}\``);
      return `| ${what} | ${words.join(', ')} |`;
    });
    const from = page.text.indexOf('| what they do to a device |');
    const table = page.text.slice(from, page.text.indexOf('\n\n', from)).split('\n').slice(2);
    assert.deepEqual(table, rows);
  });

  it('has policies that pass the checks, and the checks find a window that is misspelt as an attribute', () => {
    const check = (text: string) =>
      checkPolicies(loadCedar(), policySchema(), { ...shippedPolicies(), 'page.cedar': text });
    const policies = page.blocks('cedar').join('\n');
    assert.deepEqual(check(policies), []);
    assert.notDeepEqual(check(policies.replace('context.windows', 'context.window')), []);
  });
});
