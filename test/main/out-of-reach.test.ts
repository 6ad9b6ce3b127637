/** Addresses that would never be called: told when they are written down, and not at their first use. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { beginIn, runCommand } from '../support/command.ts';
import { openOpenssl } from '../support/openssl.ts';

const ALLOWED = { SALLYPORT_FETCH__NETWORKS: '10.0.0.0/8' };

describe('an address that would never be called', () => {
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-out-of-reach-'));
    const openssl = openOpenssl();
    writeFileSync(join(folder, 'ca.pem'), openssl.selfSigned('Corp', 'ca').pem);
    openssl.remove();
    await beginIn(folder);
    for (const words of [
      ['person', 'add', 'ada'],
      ['process', 'add', 'nightly', '--owner', 'ada', '--purpose', 'Pays.'],
      ['resource', 'add', 'application', 'shop', '--redirect', 'https://shop.example/cb'],
    ]) {
      const { code, err } = await run(words);
      assert.equal(code, 0, err);
    }
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = (words: readonly string[], environment = {}) =>
    runCommand(folder, words, environment);

  const tells: Readonly<Record<string, (host: string) => readonly string[]>> = {
    'the keys of a process': (host) => [
      ...['process', 'proof', 'add', 'nightly', 'key', '--jwks-uri', `https://${host}/jwks`],
    ],
    'an issuer of tokens': (host) => [
      ...['process', 'proof', 'add', 'nightly', 'workload', '--issuer', `https://${host}`],
      ...['--claim', 'sub=nightly'],
    ],
    'the keys of an issuer of tokens': (host) => [
      ...['process', 'proof', 'add', 'nightly', 'workload', '--issuer', 'https://i.example'],
      ...['--claim', 'sub=nightly', '--jwks-uri', `https://${host}/jwks`],
    ],
    'where an application is told of sign-outs': (host) => [
      ...['resource', 'change', 'shop', '--tell-sign-out', `https://${host}/out`],
    ],
    'where a CA publishes its lists': (host) => [
      ...['authority', 'trust', 'add', 'ca.pem', '--name', 'Corp', '--for', 'device'],
      ...['--crl-url', `http://${host}/corp.crl`],
    ],
  };
  for (const [what, words] of Object.entries(tells)) {
    it(`is refused with what to do, unless the configuration names its network: ${what}`, async () => {
      for (const host of ['10.1.2.3', '167838211', '[::ffff:10.1.2.3]', 'localhost']) {
        const { code, out, err } = await run(words(host));
        assert.notEqual(code, 0, `${host}: ${out}`);
        assert.match(err, /is not on the public internet,.*\bfetch\.networks\b/s, host);
      }
      const taken = await run(words('10.1.2.3'), ALLOWED);
      assert.equal(taken.code, 0, taken.err);
    });
  }

  it('that is there from before hinders no other change', async () => {
    const { code, err } = await run(['resource', 'change', 'shop', '--open', 'everyone']);
    assert.equal(code, 0, err);
    const again = ['resource', 'change', 'shop', '--tell-sign-out'];
    assert.equal((await run([...again, 'https://10.1.2.3/out'])).code, 0);
    assert.equal((await run([...again, 'https://10.1.2.4/out'])).code, 2);
  });
});
