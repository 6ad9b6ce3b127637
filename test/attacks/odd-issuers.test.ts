/**
 * A certificate comes with that of whoever signed it, whose key is written in a way that OpenSSL reads and X.509 does not have: bits that
 * are said to be unused (X.690 §8.6.2). Whoever made both is nobody here; what they send is refused as such, and is no fault of ours that
 * fills logs and the record, and hides others (CWE-248, CWE-436).
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { NetworkClient } from '../../server/gate/network/network-words.ts';
import { readCertificate } from '../../server/wire/x509/certificate.ts';
import { type Issuer, makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addClient, addDevice, certify, networkArrival } from '../support/network.ts';

const BY = { door: 'cli' } as const;
/** The point of a key on P-256, uncompressed. */
const POINT = Buffer.from('03420004', 'hex');

/** A CA whose point ends with a bit that may go unused, and its certificate with that said. */
function oddAuthority(): { ca: Issuer; odd: Uint8Array } {
  for (;;) {
    const ca = makeCertificate({ subject: { CN: 'Odd CA' }, authority: true });
    const at = ca.der.indexOf(POINT);
    const last = ca.der[at + 67] ?? 1;
    if (last % 2 !== 0) continue;
    const odd = new Uint8Array(ca.der);
    odd[at + 2] = 1;
    return { ca, odd };
  }
}

describe('a certificate whose issuer has a key that is written oddly', () => {
  let test: TestHouse;
  let port: NetworkClient;
  before(async () => {
    test = await openTestHouse();
    port = await addClient(test, 'floor');
    const { store, authority } = test.house;
    const corp = makeCertificate({ subject: { CN: 'Corp' }, authority: true });
    const trust = { name: 'Corp', trustedFor: ['device'] as const, certificates: [corp.der] };
    assert.ok((await store.write((tx) => authority.trusted.add(tx, trust, BY))).ok);
    test.notices.length = 0;
  });
  after(() => test.close());

  const admit = (certificate: readonly Uint8Array[]) =>
    test.house.gate.network.admit(
      { certificate, service: 'wired' },
      port,
      networkArrival(test, port),
    );

  it('is one of nobody here, and no fault', async () => {
    const { ca, odd } = oddAuthority();
    const leaf = makeCertificate({ subject: { CN: 'x' }, authority: false, forClients: true }, ca);
    const laptop = await addDevice(test, 'laptop', { kind: 'workstation' });
    const { chain } = await certify(test, laptop);
    const seen = await eventsOf(test, async () => {
      const refused = { state: 'refused', reason: 'wrong' };
      assert.deepEqual(await admit([leaf.der, odd]), refused);
      assert.equal((await admit(chain)).state, 'granted');
    });
    assert.deepEqual(test.notices, []);
    assert.deepEqual([count(seen, 'network.refused'), count(seen, 'network.admitted')], [1, 1]);
    assert.equal(seen.find(({ type }) => type === 'network.refused')?.reason, 'unknown-authority');
  });

  it('is not trusted either, by whoever would import it', async () => {
    const { odd } = oddAuthority();
    assert.ok(readCertificate(odd) === undefined);
    const { store, authority } = test.house;
    const trust = { name: 'Odd', trustedFor: ['device'] as const, certificates: [odd] };
    const added = await store.write((tx) => authority.trusted.add(tx, trust, BY));
    assert.ok(!added.ok && added.error.code === 'malformed', JSON.stringify(added));
  });
});
