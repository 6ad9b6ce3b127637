/**
 * A certificate that is somebody else's: of another client, of the same CA with another name, or made to look like the right one
 * (T1649; RFC 8705 §7.3 and §7.4: what a CA signs for others; CVE-2021-44532 and -44533: names that read like two).
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { ProcessOffer } from '../../server/proofs/process-proof.ts';
import type { Resource } from '../../server/subjects/resource.ts';
import { type Issuer, makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addApi, addProcess, addProof, enter, entered, refusal } from '../support/processes.ts';

const offer = ({ der }: Pick<Issuer, 'der'>): ProcessOffer => ({
  kind: 'certificate',
  data: { der: new Uint8Array(der) },
});

describe('a certificate', () => {
  let test: TestHouse;
  let api: Resource;
  const ca = makeCertificate({ subject: { CN: 'Plant CA' }, authority: true });
  const pinned = makeCertificate({ subject: { CN: 'meter' }, authority: false });
  const names = { dns: 'pump.plant.example' };
  const pump = (change: Partial<Parameters<typeof makeCertificate>[0]> = {}, by: Issuer = ca) =>
    makeCertificate(
      { subject: { CN: 'pump', O: 'Plant' }, authority: false, alternative: names, ...change },
      by,
    );
  let addresses = 0;

  before(async () => {
    test = await openTestHouse();
    api = await addApi(test);
    const entries = [{ resource: api.id, scopes: ['read'] }];
    const meter = await addProcess(test, 'meter', entries);
    await addProof(test, meter, 'certificate', { certificate: pinned.pem });
    const byRule = await addProcess(test, 'pump', entries);
    await addProof(test, byRule, 'certificate', {
      ca: ca.pem,
      names: { ...names, commonName: 'pump' },
    });
    const valve = await addProcess(test, 'valve', entries);
    await addProof(test, valve, 'certificate', {
      ca: ca.pem,
      names: { dns: 'valve.plant.example' },
    });
  });
  after(() => test.close());

  async function refused(as: string, certificate: Pick<Issuer, 'der'>, because: string) {
    const address = `198.51.100.${(addresses++ % 250) + 1}`;
    const from = { address, network: address };
    const right = as === 'meter' ? pinned : pump();
    const seen = await eventsOf(test, async () => {
      assert.equal(refusal(await enter(test, { as, offers: [offer(certificate)] }, from)), 'wrong');
      if (as !== 'valve') entered(await enter(test, { as, offers: [offer(right)] }, from));
    });
    assert.equal(count(seen, 'entry.granted'), as === 'valve' ? 0 : 1);
    assert.deepEqual(
      seen.filter(({ type }) => type === 'entry.refused').map(({ reason }) => reason),
      [because],
    );
  }

  it('that is pinned lets its process in, and binds what it is given to itself', async () => {
    const { confirmation } = entered(await enter(test, { as: 'meter', offers: [offer(pinned)] }));
    const { fingerprint256 } = new X509Certificate(pinned.der);
    const thumbprint = Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
    assert.deepEqual(confirmation, { 'x5t#S256': thumbprint });
  });

  it('of another client is refused', async () => {
    await refused('pump', pinned, 'wrong');
    await refused('meter', pump(), 'wrong');
    await refused('valve', pump(), 'wrong');
  });

  it('with the same names from another CA, or from itself, is refused', async () => {
    const other = makeCertificate({ subject: { CN: 'Plant CA' }, authority: true });
    await refused('pump', pump({}, other), 'wrong');
    const itself = makeCertificate({
      subject: { CN: 'pump', O: 'Plant' },
      authority: false,
      alternative: names,
    });
    await refused('pump', itself, 'wrong');
    await refused(
      'meter',
      makeCertificate({ subject: { CN: 'meter' }, authority: false }),
      'wrong',
    );
  });

  it('of the right CA with other names is refused, however alike they look', async () => {
    for (const alternative of [
      { dns: 'pump.plant.example.evil.example' },
      { dns: 'evil.pump.plant.example' },
      { dns: '*.plant.example' },
      { uri: 'pump.plant.example' },
      { email: 'pump.plant.example' },
      { dns: 'evil.example, DNS:pump.plant.example' },
    ]) {
      await refused('pump', pump({ alternative }), 'wrong');
    }
    // CVE-2021-44532: no name has such a character, and no certificate is one with it.
    const alternative = { dns: 'pump.plant.example\u0000.evil.example' };
    await refused('pump', pump({ alternative }), 'malformed');
    await refused('pump', pump({ subject: { O: 'Plant' } }), 'wrong');
    await refused('pump', pump({ subject: { CN: 'Pump', O: 'Plant' } }), 'wrong');
    await refused('pump', pump({ subject: { O: 'Plant\nCN=pump' } }), 'wrong');
  });

  it('that has expired, or is not yet good, is refused', async () => {
    const now = test.clock.now();
    await refused('pump', pump({ to: new Date(now - 1000) }), 'expired');
    await refused('pump', pump({ from: new Date(now + 60_000) }), 'expired');
  });

  it('that is for servers, for a CA, or has what nobody understands, is refused', async () => {
    await refused('pump', pump({ forClients: false }), 'wrong');
    await refused('pump', pump({ authority: true }), 'wrong');
    await refused('pump', pump({ unknownCritical: true }), 'wrong');
    entered(await enter(test, { as: 'pump', offers: [offer(pump({ forClients: true }))] }));
  });

  it('signed by a client’s certificate, as if that were a CA, is refused', async () => {
    await refused('pump', pump({}, pump()), 'wrong');
  });

  it('with something behind it, or cut short, or in other bytes, is refused', async () => {
    const good = pump();
    await refused('pump', { der: Buffer.concat([good.der, Buffer.of(0)]) }, 'malformed');
    await refused('pump', { der: good.der.subarray(0, -1) }, 'malformed');
    await refused('pump', { der: Buffer.from(good.pem) }, 'malformed');
    await refused('pump', { der: Buffer.alloc(0) }, 'malformed');
    await refused('pump', { der: Buffer.alloc(20_000) }, 'malformed');
    const broken = Buffer.from(good.der);
    broken[broken.length - 5] = (broken[broken.length - 5] ?? 0) ^ 1;
    await refused('pump', { der: broken }, 'wrong');
  });

  it('is good only as long as the CA itself', async () => {
    const until = test.clock.now() + 3_600_000;
    const brief = makeCertificate({
      subject: { CN: 'Brief' },
      authority: true,
      to: new Date(until),
    });
    const process = await addProcess(test, 'brief', [{ resource: api.id, scopes: ['read'] }]);
    await addProof(test, process, 'certificate', { ca: brief.pem, names });
    const one = offer(pump({}, brief));
    const seen = await eventsOf(test, async () => {
      entered(await enter(test, { as: 'brief', offers: [one] }));
      test.clock.advance(3_600_000);
      assert.equal(refusal(await enter(test, { as: 'brief', offers: [one] })), 'wrong');
    });
    assert.equal(count(seen, 'entry.granted'), 1);
    assert.deepEqual(
      seen.filter(({ type }) => type === 'entry.refused').map(({ reason }) => reason),
      ['expired'],
    );
  });
});
