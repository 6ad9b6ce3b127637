/**
 * Whose TPM an attestation key is (TPM 2.0 Part 1 §24): the maker's certificate of its endorsement key, and a secret that only that TPM
 * gives back while it holds the attestation key. TPMs of swtpm, certified by swtpm_localca, opened by tpm2-tools; each attack stands
 * beside the same thing done as it should be.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { base64url } from '../../server/kernel/bytes.ts';
import { openTpm, type Tpm } from '../../server/main/tpm/tpm-tools.ts';
import type { Device } from '../../server/subjects/devices.ts';
import { type AcmeHouse, openAcmeHouse } from '../support/acme.ts';
import { acmeClient } from '../support/acme-client.ts';
import { count, eventsOf } from '../support/events.ts';
import { openSwtpm, type Swtpm } from '../support/swtpm.ts';
import { attesting, wrong } from './attesting.ts';
import { type MakerOfTpms, noEndorsedTpm, openMaker } from './endorsed-tpm.ts';

const BY = { door: 'cli' } as const;
const MINUTES = 60_000;

describe('a TPM that is bound to a device', { skip: noEndorsedTpm() }, () => {
  let house: AcmeHouse;
  let maker: MakerOfTpms;
  let mine: Swtpm;
  let other: Swtpm;
  let tpm: Tpm;
  let theirs: Tpm;
  let devices = 0;

  before(async () => {
    house = await openAcmeHouse();
    maker = await openMaker();
    mine = await openSwtpm(await maker.make());
    other = await openSwtpm(await maker.make());
    tpm = await opened(mine);
    theirs = await opened(other);
    house.clock.advance(Date.now() + MINUTES - house.clock.now());
  });
  after(async () => {
    tpm?.close();
    theirs?.close();
    await mine?.close();
    await other?.close();
    maker?.close();
    await house.close();
  });

  async function trust(trustedFor: 'tpm' | 'device' = 'tpm') {
    const { store, authority } = house.house;
    const trusting = {
      name: 'Maker',
      trustedFor: [trustedFor],
      certificates: [maker.root(), maker.issuing()],
    };
    const added = await store.write((tx) => authority.trusted.add(tx, trusting, BY));
    assert.ok(added.ok, JSON.stringify(added));
  }
  const distrust = () =>
    house.house.store.write((tx) => house.house.authority.trusted.remove(tx, 'Maker', BY));

  async function device(uses = 1) {
    const added = await house.addDevice(`bound-${devices++}`);
    return { device: added, pass: await house.issuePass(added, { uses }) };
  }

  type Shown = Record<string, unknown>;
  const shownBy = (of: Tpm, secret: string): Shown => ({
    pass: secret,
    endorsement: [base64url(of.endorsement), base64url(maker.issuing())],
    attestationKey: base64url(of.attestationKey),
  });
  const post = async (path: string, body: Shown) => {
    const answer = await house.send({
      method: 'POST',
      path: `/api/v1/devices/tpm${path}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, json: answer.json };
  };
  const ask = (shown: Shown) => post('/questions', shown);
  async function bindBy(of: Tpm, shown: Shown) {
    const asked = await ask(shown);
    assert.equal(asked.status, 200, JSON.stringify(asked.json));
    const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'));
    const { credentialBlob, encryptedSecret, until } = asked.json;
    const opened = await of.open(bytes(credentialBlob), bytes(encryptedSecret));
    return { opened, until, asked };
  }
  async function bind(of: Tpm, secret: string) {
    const shown = shownBy(of, secret);
    const { opened, until } = await bindBy(of, shown);
    assert.ok(opened.ok, JSON.stringify(opened));
    return post('', { ...shown, secret: base64url(opened.value), until });
  }
  /** So that the next test can have the TPM. */
  async function free(of: Device) {
    const { store, deviceProofs } = house.house;
    await store.write((tx) => deviceProofs.endAll(tx, of.id, BY));
  }
  const refusals = (seen: Awaited<ReturnType<typeof eventsOf>>) =>
    seen
      .filter(({ type }) => type === 'device.tpm-refused')
      .map(({ data }) => (data as { why: string }).why);

  it('is believed by the certificate of a maker who is trusted for TPMs, and of nobody else', async () => {
    const { device: one, pass } = await device();
    const shown = shownBy(tpm, pass.secret);
    const seen = await eventsOf(house, async () => {
      const early = await ask(shown);
      assert.equal(early.status, 403);
      assert.match(early.json.says, /no authority that is trusted/);
      await trust('device');
      house.clock.advance(2 * MINUTES);
      assert.equal((await ask(shown)).status, 403);
      await distrust();
      await trust();
      const bound = await bind(tpm, pass.secret);
      assert.equal(bound.status, 201, JSON.stringify(bound.json));
      assert.equal(bound.json.device, one.id);
      assert.equal(bound.json.maker, 'Maker');
    });
    assert.equal(count(seen, 'device.tpm-refused', 'refused'), 2);
    assert.equal(count(seen, 'device.tpm-bound', 'done'), 1);
    assert.equal(count(seen, 'device.proof-added', 'done'), 1);
    assert.equal(seen.find(({ type }) => type === 'device.tpm-bound')?.subject, one.id);
    const shownProofs = await house.house.store.read((q) => house.house.deviceActs.see(q, one));
    assert.equal(shownProofs.proofs[0]?.kind, 'tpm');
    assert.ok(shownProofs.weaknesses.includes('no-proof'), 'it lets nobody in by itself');
    assert.ok(!('chain' in (shownProofs.proofs[0]?.shown ?? {})));
    await free(one);
  });

  it('gives its secret back to nobody who holds the attestation key of another TPM', async () => {
    const { device: one, pass } = await device();
    const seen = await eventsOf(house, async () => {
      // A genuine certificate, and a key of a TPM that has none: that TPM can't open it, and the genuine one does not hold the key.
      const mixed = {
        ...shownBy(tpm, pass.secret),
        attestationKey: base64url(theirs.attestationKey),
      };
      const { opened, until } = await bindBy(theirs, mixed);
      assert.equal(opened.ok, false);
      const atHome = await bindBy(tpm, mixed);
      assert.equal(atHome.opened.ok, false);
      // Whatever is said in its place is none of it.
      const guessed = await post('', { ...mixed, secret: base64url(new Uint8Array(32)), until });
      assert.equal(guessed.status, 403);
      assert.match(guessed.json.says, /does not hold the attestation key/);
      // The secret that was opened for one's own key does not do for another's either.
      const own = shownBy(tpm, pass.secret);
      const done = await bindBy(tpm, own);
      assert.ok(done.opened.ok);
      const secret = base64url(done.opened.value);
      assert.equal((await post('', { ...mixed, secret, until: done.until })).status, 403);
      const later = new Date(Date.parse(done.until) + MINUTES).toISOString();
      assert.equal((await post('', { ...own, secret, until: later })).status, 403);
      assert.equal((await post('', { ...own, secret, until: done.until })).status, 201);
    });
    assert.ok(count(seen, 'device.tpm-refused', 'refused') >= 1);
    assert.equal(count(seen, 'device.tpm-bound', 'done'), 1);
    await free(one);
  });

  it('takes minutes, a pass of that device, and one use of it', async () => {
    const { device: one, pass } = await device();
    const { pass: another } = await device();
    const shown = shownBy(tpm, pass.secret);
    const seen = await eventsOf(house, async () => {
      assert.equal((await ask({ ...shown, pass: `${pass.secret.slice(0, -4)}AAAA` })).status, 403);
      const { opened, until } = await bindBy(tpm, shown);
      assert.ok(opened.ok);
      const secret = base64url(opened.value);
      assert.equal((await post('', { ...shown, pass: another.secret, secret, until })).status, 403);
      house.clock.advance(5 * MINUTES);
      const late = await post('', { ...shown, secret, until });
      assert.match(late.json.says, /too long/);
      const bound = await bind(tpm, pass.secret);
      assert.equal(bound.status, 201);
      // The pass is used up, the device has one, and the TPM is taken.
      assert.equal((await ask(shown)).status, 403);
      house.clock.advance(2 * MINUTES);
      const second = await device(2);
      const taken = await bind(tpm, second.pass.secret);
      assert.match(taken.json.says, /bound to another device/);
      const more = await house.issuePass(one);
      assert.match((await ask(shownBy(theirs, more.secret))).json.says, /has a TPM already/);
      // And its use is not spent by a refusal.
      assert.equal((await bind(theirs, second.pass.secret)).status, 201);
      await free(second.device);
    });
    assert.equal(count(seen, 'device.tpm-bound', 'done'), 2);
    assert.ok(refusals(seen).some((why) => /another device/.test(why)));
    await free(one);
  });

  it('is not shown by keys that sign whatever they are given, by certificates of other keys, or by what is neither', async () => {
    const { device: one, pass } = await device();
    const shown = shownBy(tpm, pass.secret);
    await mine.runTool('tpm2_createprimary', ['-C', 'e', '-c', 'p.ctx']);
    await mine.runTool('tpm2_create', [
      ...['-C', 'p.ctx', '-G', 'ecc', '-u', 'free.pub', '-r', 'free.prv'],
      ...['-a', 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign'],
    ]);
    await mine.runTool('tpm2_flushcontext', ['-t']);
    const free_ = base64url(mine.file('free.pub').subarray(2));
    assert.match((await ask({ ...shown, attestationKey: free_ })).json.says, /no attestation key/);
    const area = base64url(tpm.attestationKey.subarray(0, -1));
    assert.match((await ask({ ...shown, attestationKey: area })).json.says, /no public area/);
    const issuing = [base64url(maker.issuing()), base64url(maker.root())];
    assert.match((await ask({ ...shown, endorsement: issuing })).json.says, /may not be used/);
    assert.match((await ask({ ...shown, endorsement: ['AAAA'] })).json.says, /can be read/);
    const pinned = await house.issuePass(one, { attestationKey: 'A'.repeat(43) });
    assert.match(
      (await ask({ ...shown, pass: pinned.secret })).json.says,
      /for another attestation key/,
    );
    assert.equal((await bind(tpm, pass.secret)).status, 201);
    await free(one);
  });

  it('is bound by the command, with the certificate that lies in the TPM', async () => {
    const { device: one, pass } = await device();
    house.write('pass.txt', pass.secret);
    house.write('config.yaml', '{}');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        ...[join(import.meta.dirname, '../../server/main/cli.ts'), 'tpm', 'bind', '--json'],
        ...['--at', house.origin, '--pass-file', join(house.folder, 'pass.txt')],
        ...['--chain', maker.issuingFile()],
      ],
      { env: { ...mine.env, NODE_EXTRA_CA_CERTS: join(house.folder, 'server.pem') } },
    );
    assert.equal(JSON.parse(stdout).device, one.id);
    await free(one);
  });

  it('is bound by keys of 3072 bits and on P-384 too, each by a template of its own, and by no certificate of another', async () => {
    const long = await openSwtpm(await maker.make(3072));
    const seen: { by: string; bits: number | undefined; curve: string | undefined }[] = [];
    try {
      for (const hidden of ['0x01c0001c', '0x01c00016']) {
        const found = await openTpm(hiding(long, hidden), '0x81010002');
        assert.ok(found.ok, JSON.stringify(found));
        const { device: one, pass } = await device();
        const key = new X509Certificate(found.value.endorsement).publicKey;
        const { modulusLength: bits, namedCurve: curve } = key.asymmetricKeyDetails ?? {};
        // Sealed for the one key, it is opened by no other of the same TPM, nor by one of another.
        const shown = shownBy(found.value, pass.secret);
        const { until } = await bindBy(found.value, shown);
        const theirsToo = await bindBy(theirs, shown);
        assert.equal(theirsToo.opened.ok, false);
        const guessed = base64url(new Uint8Array(32));
        assert.equal((await post('', { ...shown, secret: guessed, until })).status, 403);
        const done = await bind(found.value, pass.secret);
        assert.equal(done.status, 201, JSON.stringify(done.json));
        seen.push({ by: done.json.maker, bits, curve });
        found.value.close();
        await free(one);
      }
      assert.deepEqual(seen, [
        { by: 'Maker', bits: undefined, curve: 'secp384r1' },
        { by: 'Maker', bits: 3072, curve: undefined },
      ]);
      // A certificate that lies where that of another key should.
      const wrongPlace = await openTpm(hiding(long, '0x01c0001c', '0x01c00016'), '0x81010002');
      assert.match(wrongPlace.ok ? '' : wrongPlace.error.what, /No certificate of an endorsement/);
      const swapped = await openTpm(
        (name, words) =>
          long.runTool(name, name === 'tpm2_createek' ? [...words, '-G', 'rsa3072'] : words),
        '0x81010002',
      );
      assert.ok(swapped.ok);
      assert.equal(
        new X509Certificate(swapped.value.endorsement).publicKey.asymmetricKeyType,
        'rsa',
      );
      swapped.value.close();
    } finally {
      await long.close();
    }
  });

  it('speaks for keys of its device by ACME while its maker is trusted, and nobody else does', async () => {
    const { order, attest } = attesting(
      () => mine,
      () => chain,
    );
    const chain = [await mine.akCertificate()];
    const { device: one, pass } = await device(2);
    assert.equal((await bind(tpm, pass.secret)).status, 201);
    const client = acmeClient(house);
    assert.equal((await client.register(pass.eab)).status, 201);
    const tried = async () => {
      const { made, url, nonce } = await order(client, one.name);
      return { made, answer: await client.post(url, await attest(nonce)) };
    };
    const seen = await eventsOf(house, async () => {
      const { made, answer } = await tried();
      assert.equal(answer.json.status, 'valid', answer.text);
      const done = await client.finalize(made, await mine.request(one.name));
      assert.equal(done.json.status, 'valid', done.text);
      // Another TPM of the same maker, which is bound to nothing.
      const { url, nonce } = await order(client, one.name);
      const { certInfo, sig } = await other.certify(nonce);
      const x5c = [await other.akCertificate()];
      const full = { certInfo, sig, x5c, pubArea: other.pubArea() };
      wrong(await client.post(url, await attest(nonce, full)), /another key than the device’s/);
      await distrust();
      wrong((await tried()).answer, /not trusted any more/);
      await trust();
      // What it vouched for goes with it, up to the certificate.
      const begun = await tried();
      assert.equal(begun.answer.json.status, 'valid');
      await free(one);
      const late = await client.finalize(begun.made, await mine.request(one.name));
      assert.equal(late.json.type, 'urn:ietf:params:acme:error:unauthorized', late.text);
    });
    assert.equal(count(seen, 'acme.challenge-tried', 'done'), 2);
    assert.equal(count(seen, 'acme.challenge-tried', 'refused'), 2);
    assert.equal(count(seen, 'device.enrolled', 'done'), 1);
    const refused = seen.filter(({ type }) => type === 'device.enrolment-refused');
    assert.deepEqual(
      refused.map(({ reason }) => reason),
      ['revoked'],
    );
  });

  it('is asked for by device-attest-01 where that is wanted, whatever key a pass names', async () => {
    const strict = await openAcmeHouse({}, {}, { boundTpms: true });
    try {
      const chain = [await mine.akCertificate()];
      const { order, attest } = attesting(
        () => mine,
        () => chain,
      );
      const key = new X509Certificate(chain[0] ?? assert.fail()).publicKey;
      const attestationKey = createHash('sha256')
        .update(key.export({ format: 'der', type: 'spki' }))
        .digest('base64url');
      for (const into of [strict, house]) {
        const added = await into.addDevice('pinned');
        const client = acmeClient(into);
        await client.register((await into.issuePass(added, { attestationKey })).eab);
        const { url, nonce } = await order(client, 'pinned');
        const answer = await client.post(url, await attest(nonce));
        if (into === strict) wrong(answer, /No TPM is bound/);
        else assert.equal(answer.json.status, 'valid', answer.text);
      }
    } finally {
      await strict.close();
    }
  });
});

/** As if nothing lay there. */
const hiding =
  (tpm: Swtpm, ...places: readonly string[]): Swtpm['runTool'] =>
  async (name, words) =>
    name === 'tpm2_nvread' && places.includes(words[0] ?? '')
      ? { code: 1, out: '', err: '' }
      : tpm.runTool(name, words);

async function opened(tpm: Swtpm): Promise<Tpm> {
  const done = await openTpm(tpm.runTool, '0x81010002');
  if (!done.ok) throw new Error(done.error.what);
  return done.value;
}
