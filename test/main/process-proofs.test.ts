/** `./sallyport process proof add`: each option of each kind, as it is kept; and what a process may enter no more. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeCertificate } from '../support/certificates.ts';
import { beginIn, runCommand } from '../support/command.ts';

const CI = 'https://ci.example.com';

describe('./sallyport process proof add', () => {
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-proofs-'));
    await beginIn(folder);
    const ca = makeCertificate({ subject: { CN: 'Company CA' }, authority: true });
    const own = makeCertificate({ subject: { CN: 'nightly' }, authority: false });
    writeFileSync(join(folder, 'ca.pem'), ca.pem);
    writeFileSync(join(folder, 'own.pem'), own.pem);
    await done('person', 'add', 'ada');
    await done('process', 'add', 'nightly', '--owner', 'ada', '--purpose', 'Pays.');
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = (...args: string[]) => runCommand(folder, args);
  async function done(...args: string[]) {
    const { code, out, err } = await run(...args, '--json');
    assert.equal(code, 0, `${args.join(' ')}\n${err}`);
    return JSON.parse(out);
  }
  /** What is shown of it, once it is there; it is taken away again. */
  async function held(kind: string, ...options: string[]) {
    const { proof } = await done('process', 'proof', 'add', 'nightly', kind, ...options);
    const { proofs } = await done('process', 'show', 'nightly');
    await done('process', 'proof', 'remove', 'nightly', proof);
    const found = proofs.find(({ id }: { id: string }) => id === proof);
    assert.equal(found.kind, kind);
    return found.shown;
  }

  it('takes a certificate as it is, by every name that a CA gives, or as one of ours', async () => {
    const pinned = await held('certificate', '--certificate', 'own.pem', '--require-revocation');
    assert.deepEqual(Object.keys(pinned).sort(), ['fingerprint', 'revocation']);
    const names = {
      commonName: 'nightly',
      organisation: 'Company',
      organisationalUnit: 'Payments',
      dns: 'nightly.example.com',
      uri: 'spiffe://example.com/nightly',
      email: 'nightly@example.com',
    };
    const flags = {
      commonName: '--common-name',
      organisation: '--organisation',
      organisationalUnit: '--organisational-unit',
      dns: '--dns',
      uri: '--uri',
      email: '--email',
    };
    const all = Object.entries(names).flatMap(([name, value]) => [
      flags[name as keyof typeof flags], // The same names.
      value,
    ]);
    assert.deepEqual((await held('certificate', '--ca', 'ca.pem', ...all)).names, names);
    const one = await held('certificate', '--ca', 'ca.pem', '--common-name', 'nightly');
    assert.deepEqual(one.names, { commonName: 'nightly' });
    assert.deepEqual(await held('certificate', '--own'), { own: true });
  });

  it('takes a key where it is published, by https alone', async () => {
    const at = 'https://keys.example.com/jwks';
    assert.deepEqual(await held('key', '--jwks-uri', at), { jwksUri: at });
    const plain = [
      'process',
      'proof',
      'add',
      'nightly',
      'key',
      '--jwks-uri',
      'http://keys.example',
    ];
    const { code, err } = await run(...plain);
    assert.equal(code, 1);
    assert.match(err, /the https address of your keys/);
  });

  it('takes a workload by issuer, audience and claims, whole or by their beginnings', async () => {
    const shown = await held(
      'workload',
      ...['--issuer', CI, '--audience', 'pay', '--claim', 'sub^=repo:acme/shop:', '--once'],
      ...['--claim', 'environment=production', '--jwks-uri', `${CI}/keys`],
    );
    assert.deepEqual(shown, {
      issuer: CI,
      audience: 'pay',
      claims: { sub: { begins: 'repo:acme/shop:' }, environment: { is: 'production' } },
      once: true,
      jwksUri: `${CI}/keys`,
    });
    const { code, err } = await run(
      ...['process', 'proof', 'add', 'nightly', 'workload', '--issuer', CI],
      ...['--claim', 'sub^=repo:acme/shop'],
    );
    assert.equal(code, 1, 'a beginning ends where a name ends');
    assert.match(err, /That can’t be taken/);
  });

  it('keeps what a process may enter, but for what it leaves', async () => {
    for (const name of ['pay', 'stock']) {
      const api = ['--audience', `https://${name}.example/`, '--scope', 'read=See'];
      await done('resource', 'add', 'api', name, ...api);
    }
    await done('process', 'change', 'nightly', '--enter', 'pay:read', '--enter', 'stock:read');
    await done('process', 'change', 'nightly', '--leave', 'pay');
    const { entries } = await done('process', 'show', 'nightly');
    assert.deepEqual(
      entries.map(({ resourceName }: { resourceName: string }) => resourceName),
      ['stock'],
    );
    const gone = await run('process', 'change', 'nightly', '--leave', 'nothing');
    assert.equal(gone.code, 4);
    assert.match(gone.err, /no resource “nothing”/);
  });

  it('says of an application which APIs it asks for, and where people go from it', async () => {
    const app = ['add', 'application', 'till', '--redirect', 'https://till.example/cb'];
    const { detail } = await done(
      ...['resource', ...app, '--api', 'https://pay.example/#read'],
      ...['--after-sign-out', 'https://till.example/bye'],
    );
    assert.deepEqual(detail.apis, [{ audience: 'https://pay.example/', scopes: ['read'] }]);
    assert.deepEqual(detail.postLogoutRedirectUris, ['https://till.example/bye']);
  });
});
