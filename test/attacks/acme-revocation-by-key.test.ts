/**
 * Somebody's certificate that whoever found its key ends at the door for devices (RFC 8555 §7.6: the key alone may): with it goes all
 * that came of it, as when an administrator revokes it (T1550, T1649). A thief keeps no session and no token.
 */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type AcmeHouse, openAcmeHouse } from '../support/acme.ts';
import { type AcmeKey, acmeClient, acmeKey } from '../support/acme-client.ts';
import { count, eventsOf } from '../support/events.ts';
import { enrolledPerson, signIn } from '../support/people.ts';
import { addProcess } from '../support/processes.ts';

const BY = { door: 'cli' } as const;

describe('a certificate that is ended by its own key', () => {
  let house: AcmeHouse;
  before(async () => {
    house = await openAcmeHouse();
    await house.house.authority.chain();
  });
  after(() => house.close());

  async function certificateOf(kind: 'person' | 'process', named: string) {
    house.request(named, `/CN=${named}`);
    const csr = new Uint8Array(Buffer.from(house.file(`${named}.b64`).toString(), 'base64'));
    const { store, certificateActs } = house.house;
    const issued = await store.write((tx) =>
      certificateActs.issue(tx, { kind, named, profile: kind, csr }, BY),
    );
    assert.ok(issued.ok, JSON.stringify(issued));
    const key = createPrivateKey(house.file(`${named}.key`));
    const { crv = '', kty = '', x = '', y = '' } = key.export({ format: 'jwk' });
    const own: AcmeKey = { ...acmeKey(), key, jwk: { crv, kty, x, y } };
    return { own, certificate: Buffer.from(issued.value.certificate).toString('base64url') };
  }
  const ends = async (certificate: string, by?: AcmeKey) =>
    (await acmeClient(house, by).post('revoke-cert', { certificate, reason: 1 })).status;

  it('leaves its person no session, and another’s key leaves them all', async () => {
    const ada = await enrolledPerson(house, 'ada');
    const { own, certificate } = await certificateOf('person', 'ada');
    const { session } = await signIn(house, ada);
    const isIn = async () =>
      (await house.house.portal.me(session.token, house.arrival())).state === 'done';
    const seen = await eventsOf(house, async () => {
      assert.equal(await ends(certificate), 403);
      assert.equal(await isIn(), true);
      assert.equal(await ends(certificate, own), 200);
      assert.equal(await isIn(), false);
    });
    assert.equal(count(seen, 'acme.revocation-refused', 'refused'), 1);
    assert.equal(count(seen, 'certificate.revoked', 'done'), 1);
    await signIn(house, ada);
  });

  it('leaves its process nothing that it was granted', async () => {
    const process = await addProcess(house, 'shipping');
    const { own, certificate } = await certificateOf('process', 'shipping');
    const epoch = async () =>
      (await house.house.store.read((q) => house.house.processes.get(q, process.id)))?.epoch;
    assert.equal(await ends(certificate), 403);
    assert.equal(await epoch(), process.epoch);
    assert.equal(await ends(certificate, own), 200);
    assert.equal(await epoch(), process.epoch + 1);
  });
});
