/**
 * What ends is not gone around by asking at the same moment (T1649): a certificate for a TPM's proof that is ended just now, or whose
 * maker is, and one in exchange for another that is revoked just now. Either is given before the end, or it is not given.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createAcmeCertificates } from '../../server/gate/use-cases/acme/acme-certificates.ts';
import {
  insertAccount,
  insertAuthorization,
  insertOrder,
  settleAuthorization,
  tryAuthorization,
} from '../../server/gate/use-cases/acme/acme-table.ts';
import { createBoundTpm } from '../../server/gate/use-cases/acme/bound-tpm.ts';
import { createStillVouched } from '../../server/gate/use-cases/acme/still-vouched.ts';
import { createEnrolling } from '../../server/gate/use-cases/devices/enrol.ts';
import type { Enrolling } from '../../server/gate/use-cases/devices/enrol-words.ts';
import { HOUR } from '../../server/kernel/clock.ts';
import { failed, ok } from '../../server/kernel/result.ts';
import type { Queries } from '../../server/store/store.ts';
import type { DeviceProofId } from '../../server/subjects/device-proofs.ts';
import type { Device } from '../../server/subjects/devices.ts';
import { type AcmeHouse, openAcmeHouse } from '../support/acme.ts';
import { makeCertificate } from '../support/certificates.ts';
import { eventsOf } from '../support/events.ts';

const BY = { door: 'cli' } as const;

describe('what is given while that on which it rests is ending', () => {
  let house: AcmeHouse;
  let made = 0;
  before(async () => {
    house = await openAcmeHouse();
    await house.house.authority.chain();
    assert.ok((await trusts()).ok);
  });
  after(() => house.close());

  /** As long as it takes to do what nobody holds up. */
  async function aWhile() {
    for (let turn = 0; turn < 60; turn++) {
      await house.house.store.read((q) => house.house.deviceProofs.list(q, '' as never)); // Of none.
    }
  }
  const arrival = () => house.arrival({ door: 'acme' });
  const told = (seen: Awaited<ReturnType<typeof eventsOf>>) =>
    seen
      .map(({ type }) => type)
      .filter((type) => /^device\.(enrolled|proof-ended)|\.revoked|\.untrusted/.test(type));

  function keyed(name: string, subject = name) {
    house.request(name, `/CN=${subject}`);
    const words = ['pkey', '-in', `${name}.key`, '-pubout', '-outform', 'DER', '-out', 'spki.der'];
    house.run('openssl', ...words);
    const csr = Buffer.from(house.file(`${name}.b64`).toString(), 'base64');
    return { csr: new Uint8Array(csr), publicKey: new Uint8Array(house.file('spki.der')) };
  }

  /** An order for a key that the TPM of the device vouched for. */
  async function attested() {
    const name = `tpm-${made++}`;
    const device = await house.addDevice(name);
    const pass = await house.issuePass(device);
    const { csr, publicKey } = keyed(name);
    const { store, deviceProofs, ids } = house.house;
    const now = house.clock.now();
    const until = now + HOUR;
    const fingerprint = (letter: string) => `${name}${letter}`.padEnd(43, letter);
    const detail = {
      ...{ attestationKey: fingerprint('A'), endorsementKey: fingerprint('B') },
      ...{ maker: 'Maker', tpm: 'Maker Test 1', chain: [] },
    };
    const account = ids.next<'acme-account'>();
    const order = ids.next<'acme-order'>();
    const part = ids.next<'acme-authorization'>();
    const proof = await store.write(async (tx) => {
      const adding = { kind: 'tpm', name: 'TPM', shown: detail } as const;
      const added = await deviceProofs.add(tx, device, adding, BY);
      assert.ok(added.ok, JSON.stringify(added));
      await tx.run(insertAccount, {
        ...{ id: account, thumbprint: fingerprint('C'), jwk: '{}', device_id: device.id },
        ...{ pass_id: pass.id as never, names: '[]', networks: '[]', attestation: '[]' },
        ...{ eab: '{}', created_at: now },
      });
      const identifiers = JSON.stringify([{ type: 'permanent-identifier', value: name }]);
      await tx.run(insertOrder, {
        ...{ id: order, account_id: account, identifiers, created_at: now, expires_at: until },
      });
      await tx.run(insertAuthorization, {
        ...{ id: part, order_id: order, account_id: account, identifier: name, token: name },
        ...{ identifier_type: 'permanent-identifier', challenge: 'device-attest-01' },
        expires_at: until,
      });
      await tx.run(tryAuthorization, { id: part, now, lost: 0 });
      const { id } = added.value.proof;
      const settled = { id: part, status: 'valid', now, problem: null } as const;
      await tx.run(settleAuthorization, { ...settled, key: publicKey, tpm: id, vouched: null });
      return id;
    });
    const finalize = (enrolling: Pick<Enrolling, 'issueIn' | 'note'> = house.house.enrolling) =>
      createAcmeCertificates({
        ...house.house,
        enrolling,
        stillVouched: createStillVouched({
          boundTpm: createBoundTpm({
            deviceProofs,
            authority: { endorsements: { judge: async (q) => judgeMaker(q) } },
          }),
          vouchedTpm: async () => failed('It is bound.'),
        }),
      }).finalize(
        { id: account, device: device.id } as never, // All that is asked of it.
        order,
        { csr, dns: [], publicKey },
        arrival(),
      );
    return { device, proof, finalize };
  }
  /** As far as its maker is trusted. */
  async function judgeMaker(q: Queries) {
    const all = await house.house.authority.trusted.list(q);
    return all.some(({ name }) => name === 'Maker')
      ? ok({} as never) // Nobody reads it.
      : failed('nobody trusts its maker');
  }
  const trusts = () =>
    house.house.store.write((tx) => {
      const maker = makeCertificate({ subject: { CN: 'Maker' }, authority: true });
      const trusting = { name: 'Maker', trustedFor: ['tpm'], certificates: [maker.der] } as const;
      return house.house.authority.trusted.add(tx, trusting, BY);
    });
  const distrusts = (meanwhile = async () => {}) =>
    house.house.store.write(async (tx) => {
      assert.ok(await house.house.authority.trusted.remove(tx, 'Maker', BY));
      await meanwhile();
    });
  const endsProof = (device: Device, proof: DeviceProofId, meanwhile = async () => {}) =>
    house.house.store.write(async (tx) => {
      assert.ok((await house.house.deviceActs.endProof(tx, device.id, proof, BY)).ok);
      await meanwhile();
    });

  it('is given for a proof that is in force, and not for one that has ended', async () => {
    const { finalize } = await attested();
    const done = await finalize();
    assert.ok(done.ok, JSON.stringify(done));
    const other = await attested();
    await endsProof(other.device, other.proof);
    const refused = await other.finalize();
    assert.equal(!refused.ok && refused.error.code, 'unauthorized');
  });

  it('is not given for a proof whose end is under way', async () => {
    const { device, proof, finalize } = await attested();
    let finishing: ReturnType<typeof finalize> | undefined;
    const seen = await eventsOf(house, async () => {
      await endsProof(device, proof, async () => {
        finishing ??= finalize();
        await aWhile();
      });
      const done = await finishing;
      assert.equal(done && !done.ok && done.error.code, 'unauthorized', JSON.stringify(done));
    });
    assert.deepEqual(told(seen), ['device.proof-ended']);
  });

  it('is given before a proof ends that was in force when it was asked for', async () => {
    const { device, proof, finalize } = await attested();
    let ending: Promise<void> | undefined;
    const seen = await eventsOf(house, async () => {
      const done = await finalize({
        ...house.house.enrolling,
        async issueIn(...asked) {
          ending ??= endsProof(device, proof);
          await aWhile();
          return house.house.enrolling.issueIn(...asked);
        },
      });
      assert.ok(done.ok, JSON.stringify(done));
      await ending;
    });
    assert.deepEqual(told(seen), ['device.enrolled', 'device.proof-ended']);
  });

  it('is not given for a TPM whose maker is distrusted just now', async () => {
    const { finalize } = await attested();
    let finishing: ReturnType<typeof finalize> | undefined;
    const seen = await eventsOf(house, async () => {
      await distrusts(async () => {
        finishing ??= finalize();
        await aWhile();
      });
      const done = await finishing;
      assert.equal(done && !done.ok && done.error.code, 'unauthorized', JSON.stringify(done));
    });
    assert.deepEqual(told(seen), ['authority.untrusted']);
    assert.ok((await trusts()).ok);
    assert.ok((await finalize()).ok);
  });

  it('is given before the maker of a TPM is distrusted who was trusted when it was asked for', async () => {
    const { finalize } = await attested();
    let ending: Promise<void> | undefined;
    const seen = await eventsOf(house, async () => {
      const done = await finalize({
        ...house.house.enrolling,
        async issueIn(...asked) {
          ending ??= distrusts();
          await aWhile();
          return house.house.enrolling.issueIn(...asked);
        },
      });
      assert.ok(done.ok, JSON.stringify(done));
      await ending;
    });
    assert.deepEqual(told(seen), ['device.enrolled', 'authority.untrusted']);
    assert.ok((await trusts()).ok);
  });

  it('is given before a certificate is revoked in whose place it comes, or not at all', async () => {
    const name = `est-${made++}`;
    const device = await house.addDevice(name);
    const pass = await house.issuePass(device);
    const { enrolling, store, authority } = house.house;
    const asked = { csr: keyed(name).csr, dns: [] };
    const first = await enrolling.withPass(pass.secret, asked, arrival());
    assert.ok(first.ok, JSON.stringify(first));
    const { serial, certificate } = first.value;
    const revokes = () =>
      store.write(async (tx) => void (await authority.revoke(tx, serial, 'key-compromise', BY)));
    let ending: Promise<void> | undefined;
    const slow = createEnrolling({
      ...house.house,
      passes: house.house.enrolmentPasses,
      authority: {
        ...authority,
        async renew(...of) {
          ending ??= revokes();
          await aWhile();
          return authority.renew(...of);
        },
      },
    });
    const next = { csr: keyed(`${name}-next`, name).csr, dns: [] };
    const seen = await eventsOf(house, async () => {
      const done = await slow.withCertificate(certificate, next, true, arrival());
      assert.ok(done.ok, JSON.stringify(done));
      await ending;
      const late = await slow.withCertificate(certificate, next, true, arrival());
      assert.equal(!late.ok && late.error.reason, 'certificate');
    });
    assert.deepEqual(told(seen), ['device.enrolled', 'certificate.revoked']);
  });
});
