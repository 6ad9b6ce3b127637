/**
 * Attestation keys that makers of TPMs vouch for (WebAuthn §8.3.1, TCG EK Credential Profile §3.2.9): with swtpm, whose attestation key
 * OpenSSL certifies as a maker would. Each attack stands beside the same thing done as it should be.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type AcmeHouse, openAcmeHouse } from '../support/acme.ts';
import { acmeClient } from '../support/acme-client.ts';
import { type Issuer, makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';
import { type AkWish, noSwtpm, openSwtpm, type Swtpm } from '../support/swtpm.ts';
import { attesting, wrong } from './attesting.ts';

const BY = { door: 'cli' } as const;
const SERIAL = 'PF2ABCDE';

describe('device-attest-01, where a maker of TPMs is trusted', { skip: noSwtpm() }, () => {
  let house: AcmeHouse;
  let tpm: Swtpm;
  let root: Issuer;
  let maker: Issuer;
  let chain: readonly Uint8Array[] = [];
  let devices = 0;
  const { order, attest } = attesting(
    () => tpm,
    () => chain,
  );
  before(async () => {
    house = await openAcmeHouse();
    tpm = await openSwtpm();
    const now = Date.now();
    const times = { from: new Date(now - 86_400_000), to: new Date(now + 90 * 86_400_000) };
    root = makeCertificate({ subject: { CN: 'TPM root' }, authority: true, ...times });
    maker = makeCertificate({ subject: { CN: 'TPM maker' }, authority: true, ...times }, root);
    house.clock.advance(Date.now() + 60_000 - house.clock.now());
  });
  after(async () => {
    await tpm?.close();
    await house.close();
  });

  const pemOf = ({ pem, key }: Issuer) => ({
    cert: pem,
    key: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
  });
  async function trust(name: string, ca: Issuer, trustedFor: readonly ('tpm' | 'device')[]) {
    const { store, authority } = house.house;
    const added = await store.write((tx) =>
      authority.trusted.add(tx, { name, trustedFor, certificates: [ca.der] }, BY),
    );
    assert.ok(added.ok, JSON.stringify(added));
  }
  const distrust = (name: string) =>
    house.house.store.write((tx) => house.house.authority.trusted.remove(tx, name, BY));

  /** An account without a pinned key, for a device with this serial number. */
  async function client(serial: string = SERIAL) {
    const name = `maker-${devices++}`;
    const device = await house.addDevice(name);
    const { store, devices: all } = house.house;
    const called = await store.write((tx) => all.change(tx, device.id, { serial }, BY));
    assert.ok(called.ok, JSON.stringify(called));
    const pass = await house.issuePass(device);
    const one = acmeClient(house);
    assert.equal((await one.register(pass.eab)).status, 201);
    const serialIs = async (now: string) => {
      const done = await store.write((tx) => all.change(tx, device.id, { serial: now }, BY));
      assert.ok(done.ok, JSON.stringify(done));
    };
    /** The serial is one device's alone. */
    return { one, name, serialIs, free: () => serialIs(`was ${name}`) };
  }

  async function tried(wish: AkWish, by: Issuer = maker, sent: readonly Issuer[] = [maker]) {
    chain = [await tpm.makerCertificate(pemOf(by), wish), ...sent.map(({ der }) => der)];
    const { one, name, serialIs, free } = await client();
    try {
      const { made, url, nonce } = await order(one, name);
      return { one, name, made, serialIs, answer: await one.post(url, await attest(nonce)) };
    } finally {
      await free();
    }
  }
  const works = async (wish: AkWish = { identifier: SERIAL }) => {
    const done = await tried(wish);
    assert.equal(done.answer.json.status, 'valid', done.answer.text);
    return done;
  };

  it('takes no maker’s word before that maker is trusted for TPMs', async () => {
    wrong((await tried({ identifier: SERIAL })).answer, /--tpm-key.*no authority that is trusted/);
    await trust('Maker', root, ['device']);
    wrong((await tried({ identifier: SERIAL })).answer, /no authority that is trusted/);
    await distrust('Maker');
    await trust('Maker', root, ['tpm']);
    await works();
    await works({ hardwareSerial: SERIAL });
  });

  it('gives a certificate on its word as long as that maker is trusted and the TPM the device’s, and no longer', async () => {
    const { one, name, made, serialIs } = await works();
    const request = await tpm.request(name);
    const unauthorized = async (says: RegExp) => {
      const refused = await one.finalize(made, request);
      assert.equal(refused.json.type, 'urn:ietf:params:acme:error:unauthorized', refused.text);
      assert.match(refused.json.detail, says);
    };
    const seen = await eventsOf(house, async () => {
      await serialIs('PF2FIFTH');
      await unauthorized(/serial number is another/);
      await serialIs(SERIAL);
      house.clock.advance(120_000);
      await distrust('Maker');
      await unauthorized(/no authority that is trusted/);
      await trust('Maker', root, ['tpm']);
      const done = await one.finalize(made, request);
      assert.equal(done.json.status, 'valid', done.text);
      await serialIs(`was ${name}`);
    });
    assert.equal(count(seen, 'device.enrolled', 'done'), 1);
    const refused = seen.filter(({ type }) => type === 'device.enrolment-refused');
    assert.deepEqual(
      refused.map(({ reason }) => reason),
      ['revoked', 'revoked'],
    );
  });

  it('lets nobody in by a TPM of the same maker that is not the device’s', async () => {
    for (const wish of [
      { identifier: 'PF2OTHER' },
      { hardwareSerial: 'PF2ABCD' },
      { identifier: SERIAL.toLowerCase() },
      {},
    ]) {
      wrong((await tried(wish)).answer, /serial number is another/);
    }
    chain = [await tpm.makerCertificate(pemOf(maker), { identifier: SERIAL }), maker.der];
    const other = await client('PF2THIRD');
    const { url, nonce } = await order(other.one, other.name);
    wrong(await other.one.post(url, await attest(nonce)), /serial number is another/);
    await works();
  });

  it('takes no certificate of another form, use or path for one of an attestation key', async () => {
    const identifier = SERIAL;
    for (const [wish, says] of [
      // The certificate of an endorsement key (tcg-kp-EKCertificate), of which there is one in every TPM.
      [{ identifier, use: '2.23.133.8.1' }, /may not be used for this/],
      [{ identifier, use: 'clientAuth' }, /may not be used for this/],
      [{ identifier, use: 'anyExtendedKeyUsage' }, /may not be used for this/],
      [{ identifier, use: '' }, /may not be used for this/],
      [{ identifier, basic: 'critical,CA:TRUE' }, /may not be used for this/],
      [{ identifier, basic: '' }, /may not be used for this/],
      [{ identifier, subject: '/CN=ak' }, /of which TPM/],
      [{ identifier, tpm: false }, /of which TPM/],
      [{ identifier, manufacturer: 'IBM' }, /of which TPM/],
    ] as const) {
      wrong((await tried(wish)).answer, says);
    }
    const stranger = makeCertificate({ subject: { CN: 'TPM maker' }, authority: true });
    wrong((await tried({ identifier }, stranger, [stranger])).answer, /no authority/);
    wrong((await tried({ identifier }, maker, [])).answer, /no authority/);
    await works();
  });

  it('takes its word for no key of another TPM, and a pinned key goes before it', async () => {
    const other = await openSwtpm();
    try {
      chain = [await other.makerCertificate(pemOf(maker), { identifier: SERIAL }), maker.der];
      const { one, name, free } = await client();
      const { url, nonce } = await order(one, name);
      wrong(await one.post(url, await attest(nonce)), /not signed by that key/);
      await free();
    } finally {
      await other.close();
    }
    chain = [await tpm.makerCertificate(pemOf(maker), { identifier: SERIAL }), maker.der];
    const device = await house.addDevice('pinned-1');
    const pass = await house.issuePass(device, { attestationKey: 'A'.repeat(43) });
    const one = acmeClient(house);
    await one.register(pass.eab);
    const { url, nonce } = await order(one, 'pinned-1');
    wrong(await one.post(url, await attest(nonce)), /another key than the device’s/);
    await works();
  });

  it('lets nobody come in as a device with a certificate of a TPM’s maker', async () => {
    const leaf = makeCertificate(
      { subject: { CN: 'intruder' }, authority: false, forClients: true },
      maker,
    );
    const { store, authority } = house.house;
    const judged = await store.read((q) => authority.judge(q, [leaf.der, maker.der], 'client'));
    assert.deepEqual(judged, { ok: false, reason: 'unknown-authority' });
    await works();
  });
});
