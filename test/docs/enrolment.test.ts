/** The commands of docs/est.md and docs/acme.md as they stand there, and what the command line says of passes. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { beginIn, runCommand } from '../support/command.ts';
import { docsPage, wordsOf } from '../support/docs-page.ts';
import { openEnrolmentHouse } from '../support/enrolment.ts';
import { openOpenssl } from '../support/openssl.ts';

describe('passes at the command line', () => {
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-passes-'));
    await beginIn(folder);
    await runCommand(folder, ['person', 'add', 'ada']);
    const openssl = openOpenssl();
    writeFileSync(join(folder, 'maker.pem'), openssl.selfSigned('TPM maker', 'ca').pem);
    openssl.remove();
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = (line: string) => runCommand(folder, wordsOf(line).slice(1));
  const json = async (line: string) => JSON.parse((await run(`${line} --json`)).out);

  for (const name of ['est', 'acme']) {
    it(`docs/${name}.md has commands that work, one after the other`, async () => {
      const lines = docsPage(`${name}.md`)
        .lines('bash')
        .filter((line) => line.startsWith('./sallyport'));
      assert.ok(lines.length > 1);
      for (const line of lines) {
        const { code, err } = await run(line);
        assert.equal(code, 0, `${line}: ${err}`);
      }
    });

    it(`docs/${name}.md has a configuration that can be read`, async () => {
      for (const block of docsPage(`${name}.md`).blocks('yaml')) {
        writeFileSync(join(folder, 'sallyport.yaml'), block);
        const shown = await runCommand(folder, ['config', 'show']);
        assert.equal(shown.code, 0, shown.err);
      }
      rmSync(join(folder, 'sallyport.yaml'));
    });
  }

  it('docs/est.md has a policy that can be activated beside those that are shipped', async () => {
    const policies = join(folder, 'policies');
    cpSync(resolve(import.meta.dirname, '../../server/policy/defaults'), policies, {
      recursive: true,
    });
    const [block = ''] = docsPage('est.md').blocks('cedar');
    const named = '@id("plant-enrols-at-home")\n@because("From the plant alone.")\n';
    writeFileSync(join(policies, 'plant.cedar'), named + block);
    const checked = await runCommand(folder, ['policy', 'check', policies]);
    assert.equal(checked.code, 0, checked.err + checked.out);
  });

  it('are shown, and withdrawn by the end of their id', async () => {
    const made = await json('./sallyport device pass pump-7 --uses 3 --dns a.example.com');
    assert.match(made.secret, /^spe_/);
    assert.equal(made.uses, 3);
    const listed = await json('./sallyport device passes pump-7');
    assert.equal(listed.passes[0].id, made.id);
    assert.equal((await run(`./sallyport device unpass pump-7 ${made.id.slice(-8)}`)).code, 0);
    const again = await run(`./sallyport device unpass pump-7 ${made.id.slice(-8)}`);
    assert.equal(again.code, 4);
    const after = await json('./sallyport device passes pump-7');
    assert.equal(after.passes[0].state, 'withdrawn');
  });

  it('are refused with a word on what to type instead', async () => {
    for (const [line, code, says] of [
      ['device pass nobody', 4, /There is no device “nobody”/],
      ['device pass pump-7 --uses 1000', 2, /100/],
      ['device pass pump-7 --for 60d', 2, /30 days/],
      ['device pass pump-7 --dns Pump', 2, /whole name of a host/],
      ['device pass pump-7 --tpm-key x', 2, /SHA-256/],
      ['device pass pump-7 --from nowhere', 2, /no network/],
    ] as const) {
      const ran = await run(`./sallyport ${line}`);
      assert.match(ran.err, says, line);
      assert.equal(ran.code, code, `${line}: ${ran.err}`);
    }
  });
});

describe('the shell of docs/est.md', () => {
  it('fetches the authority, the first certificate and the next one, as it stands', async () => {
    const openssl = openOpenssl();
    const tls = openssl.selfSigned('localhost', 'server');
    const house = await openEnrolmentHouse({
      listener: {
        origin: 'https://sallyport.example.com',
        tls: { certificate: tls.pem, key: tls.keyPem, clientCertificates: true },
      },
    });
    try {
      const pass = await house.issuePass(await house.addDevice('pump-7'));
      const [, cacerts = '', first = '', next = ''] = docsPage('est.md').blocks('bash');
      const curl = `curl() { command curl --silent --show-error --connect-to ::localhost:${house.port} "$@"; }`;
      const request = first.split('\n', 1)[0]?.replaceAll('pump-7.', 'next.');
      const script = [curl, `PASS=${pass.secret}`, cacerts, first, request, next].join('\n');
      // Whom the certificate of the test's own server is of, nobody knows.
      const run = script.replace('localhost:443', `localhost:${house.port}`);
      writeFileSync(join(house.folder, 'shell'), run.replaceAll('--cacert authority.pem', '-k'));
      // Beside this process, which answers it.
      await promisify(execFile)('bash', ['-euo', 'pipefail', 'shell'], { cwd: house.folder });
      assert.equal(
        house
          .file('authority.pem')
          .toString()
          .match(/BEGIN CERT/g)?.length,
        2,
      );
      for (const name of ['pump-7.pem', 'next.pem']) {
        assert.match(house.run('openssl', 'x509', '-in', name, '-noout', '-subject'), /pump-7/);
      }
    } finally {
      await house.close();
      openssl.remove();
    }
  });
});
