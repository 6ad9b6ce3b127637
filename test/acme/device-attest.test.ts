/**
 * Keys that a TPM holds (device-attest-01, draft-ietf-acme-device-attest): with swtpm and tpm2-tools, from the key made in it to the
 * certificate; and every way in which an attestation can be of something else.
 */
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type AcmeHouse, openAcmeHouse } from '../support/acme.ts';
import { acmeClient } from '../support/acme-client.ts';
import { type Cbor, cbor } from '../support/cbor.ts';
import { count, eventsOf } from '../support/events.ts';
import { noSwtpm, openSwtpm, type Swtpm } from '../support/swtpm.ts';
import { attesting, wrong } from './attesting.ts';

describe('device-attest-01', { skip: noSwtpm() }, () => {
  let house: AcmeHouse;
  let tpm: Swtpm;
  let akCertificate: Buffer;
  let akFingerprint: string;
  before(async () => {
    house = await openAcmeHouse();
    tpm = await openSwtpm();
    akCertificate = await tpm.akCertificate();
    const spki = new X509Certificate(akCertificate).publicKey.export({
      format: 'der',
      type: 'spki',
    });
    akFingerprint = createHash('sha256').update(spki).digest('base64url');
  });
  after(async () => {
    await tpm?.close();
    await house.close();
  });

  async function client(name: string, attestationKey: string | undefined = akFingerprint) {
    const device = await house.addDevice(name);
    const pass = await house.issuePass(device, { attestationKey });
    const one = acmeClient(house);
    assert.equal((await one.register(pass.eab)).status, 201);
    return { one, device };
  }

  const { order, attest } = attesting(
    () => tpm,
    () => [akCertificate],
  );

  it('gives a certificate for a key that the device’s own TPM made, and for no other key', async () => {
    const { one, device } = await client('tpm-1');
    const { made, url, nonce } = await order(one, 'serial-of-tpm-1');
    const seen = await eventsOf(house, async () => {
      const tried = await one.post(url, await attest(nonce));
      assert.equal(tried.json.status, 'valid', tried.text);
      house.request('soft', '/CN=tpm-1');
      const other = await one.finalize(made, house.file('soft.csr'));
      assert.equal(other.json.type, 'urn:ietf:params:acme:error:badCSR');
      assert.match(other.json.detail, /attested/);
      const done = await one.finalize(made, await tpm.request('tpm-1'));
      assert.equal(done.json.status, 'valid', done.text);
      const { text } = await one.post(done.json.certificate);
      const certificate = new X509Certificate(text);
      assert.equal(certificate.subject, 'CN=tpm-1');
      const key = certificate.publicKey.export({ format: 'der', type: 'spki' });
      assert.ok(key.equals(tpm.spki()));
    });
    assert.equal(count(seen, 'acme.challenge-tried', 'done'), 1);
    assert.equal(seen.find(({ type }) => type === 'device.enrolled')?.subject, device.id);
  });

  it('is not met by an attestation for another order, of another key, or by another TPM', async () => {
    const { one } = await client('tpm-2');
    const other = await openSwtpm();
    try {
      const ordered = () => order(one, 'tpm-2');
      const seen = await eventsOf(house, async () => {
        const first = await ordered();
        const replayed = await attest(first.nonce);
        assert.equal((await one.post(first.url, replayed)).json.status, 'valid');
        wrong(await one.post((await ordered()).url, replayed), /something else/);

        const second = await ordered();
        const another = { pubArea: other.pubArea() };
        wrong(await one.post(second.url, await attest(second.nonce, another)), /another key/);

        const third = await ordered();
        const { certInfo, sig } = await other.certify(third.nonce);
        const theirs = { certInfo, sig, pubArea: other.pubArea() };
        wrong(await one.post(third.url, await attest(third.nonce, theirs)), /not signed/);

        const fourth = await ordered();
        const full = { ...theirs, x5c: [await other.akCertificate()] };
        wrong(await one.post(fourth.url, await attest(fourth.nonce, full)), /than the device’s/);
      });
      assert.equal(count(seen, 'acme.challenge-tried', 'refused'), 4);
      assert.equal(count(seen, 'acme.challenge-tried', 'done'), 1);
    } finally {
      await other.close();
    }
  });

  it('is not met by a key that can leave the TPM', async () => {
    const { one } = await client('tpm-3');
    try {
      await tpm.makeKey('sensitivedataorigin');
      const { url, nonce } = await order(one, 'tpm-3');
      wrong(await one.post(url, await attest(nonce)), /can leave it/);
    } finally {
      await tpm.makeKey();
    }
    const { url, nonce } = await order(one, 'tpm-3');
    assert.equal((await one.post(url, await attest(nonce))).json.status, 'valid');
  });

  it('is not met where no attestation key is known of the device', async () => {
    const device = await house.addDevice('tpm-4');
    const pass = await house.issuePass(device);
    const one = acmeClient(house);
    await one.register(pass.eab);
    const { url, nonce } = await order(one, 'tpm-4');
    wrong(await one.post(url, await attest(nonce)), /--tpm-key/);
  });

  it('is not met by what is no attestation', async () => {
    const { one } = await client('tpm-5');
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    const tries: (object | ((nonce: Uint8Array) => Promise<object>))[] = [
      {},
      { attObj: 'AA' },
      { attObj: cbor(new Map<string, Cbor>()).toString('base64url') },
      (nonce) => attest(nonce, { fmt: 'none' }),
      (nonce) => attest(nonce, { ver: '1.2' }),
      (nonce) => attest(nonce, { alg: -257 }),
      (nonce) => attest(nonce, { alg: -65535 }),
      (nonce) => attest(nonce, { x5c: [] }),
      (nonce) => attest(nonce, { x5c: [spki] }),
      (nonce) => attest(nonce, { pubArea: tpm.pubArea().subarray(0, -1) }),
      (nonce) => attest(nonce, { sig: Buffer.alloc(8) }),
    ];
    for (const each of tries) {
      const { url, nonce } = await order(one, 'tpm-5');
      wrong(await one.post(url, typeof each === 'function' ? await each(nonce) : each));
    }
  });
});
