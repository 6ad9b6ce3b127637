/**
 * What is left of an issuing CA that was revoked or is over (RFC 6960 §2.7): nothing that it issued is good, anywhere; and whoever
 * asks about it makes nothing by asking, and has nothing kept for each way to ask (T1499).
 */
import assert from 'node:assert/strict';
import { hash, X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { signerOf } from '../../server/authority/x509/key-material.ts';
import { createOcsp } from '../../server/authority/x509/ocsp.ts';
import { DAY } from '../../server/kernel/clock.ts';
import { readBits, readDer, readOne, TAG, within } from '../../server/wire/der/der-reader.ts';
import { nothing, octets, oid, sequence, unsigned } from '../../server/wire/der/der-writer.ts';
import { readCertificate } from '../../server/wire/x509/certificate.ts';
import { writeRevocationList } from '../../server/wire/x509/revocation-list.ts';
import { makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { ADDRESS, addClient, addDevice, certify, networkArrival } from '../support/network.ts';

const BY = { door: 'cli' } as const;
const UNAUTHORIZED = '30030a0106';
const MALFORMED = '30030a0101';

interface Certified {
  readonly chain: readonly Uint8Array[];
  readonly serial: string;
}

function question({ chain, serial }: Certified, parameters: Uint8Array = nothing()): Uint8Array {
  const issuer = readCertificate(chain[1] ?? new Uint8Array());
  assert.ok(issuer);
  const key = readBits(within(readOne(issuer.publicKey), TAG.sequence)?.[1]) ?? new Uint8Array();
  const sha1 = (bytes: Uint8Array) => octets(hash('sha1', bytes, 'buffer'));
  const id = sequence(
    sequence(oid('1.3.14.3.2.26'), parameters),
    sha1(issuer.subject),
    sha1(key),
    unsigned(serial),
  );
  return sequence(sequence(sequence(sequence(id))));
}

/** The tag of the status of the one certificate that it tells of: 0x80 good, 0xa1 revoked, 0x82 unknown. */
function statusIn(response: Uint8Array): number | undefined {
  const bytes = within(readOne(response), TAG.sequence)?.[1]?.content;
  const basic = within(readOne(bytes), TAG.sequence);
  const [body] = within(readOne(basic?.[1]?.content), TAG.sequence) ?? [];
  const list = within(body, TAG.sequence)?.find(({ tag }) => tag === TAG.sequence);
  const [one] = (list && readDer(list.content)) ?? [];
  return within(one, TAG.sequence)?.[1]?.tag;
}

describe('an issuing CA that was revoked', () => {
  let test: TestHouse;
  before(async () => {
    test = await openTestHouse();
  });
  after(() => test.close());

  it('puts out whoever came onto the network by it, and OCSP says so of all that it issued', async () => {
    const { authority, store, gate } = test.house;
    const port = await addClient(test, 'floor');
    const laptop = await addDevice(test, 'laptop', { kind: 'workstation' });
    const old = await certify(test, laptop);
    const admit = (chain: readonly Uint8Array[]) =>
      gate.network.admit(
        { certificate: chain, service: 'wired' },
        port,
        networkArrival(test, port),
      );
    const told: string[] = [];
    gate.network.onEnded(({ name }) => told.push(name));
    const came = await eventsOf(test, async () => {
      assert.equal((await admit(old.chain)).state, 'granted');
      await gate.settleNetwork();
    });
    assert.deepEqual([count(came, 'network.admitted'), count(came, 'login.ended')], [1, 0]);
    const ask = async () => statusIn((await authority.ocsp(question(old))).response);
    assert.equal(await ask(), 0x80);

    const ca = (await authority.published()).find(({ role }) => role === 'issuing');
    assert.ok(ca);
    const left = await eventsOf(test, async () => {
      const done = await store.write((tx) =>
        authority.rootCare.revokeIssuing(tx, ca.id, 'key-compromise', BY),
      );
      assert.ok(done.ok);
      await gate.settleNetwork();
    });
    assert.deepEqual(told, ['laptop']);
    assert.deepEqual([count(left, 'authority.revoked'), count(left, 'login.ended')], [1, 1]);
    assert.equal(await ask(), 0xa1, 'what was kept is not told on');
    assert.deepEqual(await admit(old.chain), { state: 'refused', reason: 'wrong' });

    const fresh = await certify(test, laptop);
    assert.equal((await admit(fresh.chain)).state, 'granted');
    assert.equal(statusIn((await authority.ocsp(question(fresh))).response), 0x80);
    await gate.settleNetwork();
    assert.deepEqual(told, ['laptop']);
  });
});

describe('a CA of others', () => {
  let test: TestHouse;
  before(async () => {
    test = await openTestHouse();
  });
  after(() => test.close());

  async function plantIn(name: string) {
    const { authority, store, deviceProofs, gate } = test.house;
    const ca = makeCertificate({ subject: { CN: name }, authority: true });
    const trust = { name, trustedFor: ['device'] as const, certificates: [ca.der] };
    assert.ok((await store.write((tx) => authority.trusted.add(tx, trust, BY))).ok);
    const port = await addClient(test, `${name} floor`, name === 'Plant' ? '192.0.2.21' : ADDRESS);
    const machine = async (called: string) => {
      const wish = { subject: { CN: called }, authority: false, forClients: true };
      const device = await addDevice(test, called, { kind: 'other' });
      const held = { kind: 'certificate', name, authority: name, named: called } as const;
      assert.ok((await store.write((tx) => deviceProofs.add(tx, device, held, BY))).ok);
      return makeCertificate(wish, ca).der;
    };
    const admit = async (der: Uint8Array) =>
      (
        await gate.network.admit(
          { certificate: [der], service: 'wired' },
          port,
          networkArrival(test, port),
        )
      ).state;
    return { ca, machine, admit };
  }
  const open = async () =>
    (await test.house.store.read((q) => test.house.gate.networkSessions.list(q, { limit: 50 })))
      .map(({ name }) => name)
      .sort();

  it('puts out whoever its list revokes, and leaves the others', async () => {
    const { store, authority, gate } = test.house;
    const { ca, machine, admit } = await plantIn('Plant');
    const [press, drill] = [await machine('press'), await machine('drill')];
    assert.deepEqual([await admit(press), await admit(drill)], ['granted', 'granted']);
    const serial = readCertificate(press)?.serial ?? '';
    const now = test.clock.now();
    const list = (...serials: readonly string[]) =>
      writeRevocationList(
        {
          ...{ issuer: ca.name, authorityKeyId: ca.keyId, number: 1n, thisUpdate: now - 1000 },
          nextUpdate: now + DAY,
          revoked: serials.map((one) => ({ serial: one, at: now, reason: 1 })),
        },
        signerOf(ca.key),
      );
    const take = (der: Uint8Array) =>
      eventsOf(test, async () => {
        const taken = await store.write((tx) => authority.trusted.importList(tx, 'Plant', der, BY));
        assert.ok(taken.ok);
        await gate.settleNetwork();
      });
    assert.equal(count(await take(list()), 'login.ended'), 0);
    assert.deepEqual(await open(), ['drill', 'press']);
    const left = await take(list(serial));
    const ended = left.filter(({ type }) => type === 'login.ended');
    assert.deepEqual(
      ended.map(({ reason, data }) => [reason, data.why]),
      [['revoked', 'judged']],
    );
    assert.deepEqual(await open(), ['drill']);
    assert.deepEqual([await admit(press), await admit(drill)], ['refused', 'granted']);
  });

  it('that is trusted under two names revokes under both', async () => {
    const { store, authority } = test.house;
    const ca = makeCertificate({ subject: { CN: 'Twice' }, authority: true });
    for (const [name, kind] of [['One', 'device'] as const, ['Two', 'person'] as const]) {
      const trust = { name, trustedFor: [kind], certificates: [ca.der] };
      assert.ok((await store.write((tx) => authority.trusted.add(tx, trust, BY))).ok);
    }
    const made = (CN: string) =>
      makeCertificate({ subject: { CN }, authority: false, forClients: true }, ca).der;
    const [lost, kept] = [made('lost'), made('kept')];
    const judge = async (der: Uint8Array) => {
      const judged = await store.read((q) => authority.judge(q, [der], 'client'));
      return judged.ok ? judged.issuer : judged.reason;
    };
    assert.deepEqual([await judge(lost), await judge(kept)], ['One', 'One']);
    const now = test.clock.now();
    const list = writeRevocationList(
      {
        ...{ issuer: ca.name, authorityKeyId: ca.keyId, number: 1n, thisUpdate: now - 1000 },
        nextUpdate: now + DAY,
        revoked: [{ serial: readCertificate(lost)?.serial ?? '', at: now, reason: 1 }],
      },
      signerOf(ca.key),
    );
    assert.ok((await store.write((tx) => authority.trusted.importList(tx, 'Two', list, BY))).ok);
    assert.deepEqual([await judge(lost), await judge(kept)], ['revoked', 'One']);
  });

  it('puts out whoever came by it once it is not trusted any more, even if another of its name is', async () => {
    const { store, authority, gate } = test.house;
    const mill = await plantIn('Mill');
    const saw = await mill.machine('saw');
    assert.equal(await mill.admit(saw), 'granted');
    await gate.settleNetwork();
    assert.ok((await open()).includes('saw'));
    const left = await eventsOf(test, async () => {
      assert.ok(await store.write((tx) => authority.trusted.remove(tx, 'Mill', BY)));
      const other = makeCertificate({ subject: { CN: 'Mill' }, authority: true });
      const trust = { name: 'Mill', trustedFor: ['device'] as const, certificates: [other.der] };
      assert.ok((await store.write((tx) => authority.trusted.add(tx, trust, BY))).ok);
      await gate.settleNetwork();
    });
    assert.equal(count(left, 'login.ended'), 1);
    assert.ok(!(await open()).includes('saw'));
    assert.equal(await mill.admit(saw), 'refused');
  });
});

describe('an issuing CA by which a whole house came onto the network', () => {
  it('puts all of them out at once', async () => {
    const test = await openTestHouse();
    const { authority, store, gate } = test.house;
    const port = await addClient(test, 'floor');
    const laptop = await addDevice(test, 'laptop', { kind: 'workstation' });
    const { chain } = await certify(test, laptop);
    for (let i = 0; i < 600; i += 1) {
      const arrival = networkArrival(test, port);
      const came = await gate.network.admit(
        { certificate: chain, service: 'wired' },
        port,
        arrival,
      );
      assert.equal(came.state, 'granted');
    }
    let told = 0;
    gate.network.onEnded(() => {
      told += 1;
    });
    await gate.settleNetwork();
    assert.equal(told, 0);
    const ca = (await authority.published()).find(({ role }) => role === 'issuing');
    const left = await eventsOf(test, async () => {
      await store.write((tx) =>
        authority.rootCare.revokeIssuing(tx, ca?.id ?? '', 'key-compromise', BY),
      );
      await gate.settleNetwork();
    });
    assert.deepEqual([told, count(left, 'login.ended')], [600, 600]);
    await test.close();
  });
});

describe('questions of OCSP that strangers ask', () => {
  let test: TestHouse;
  let plc: Certified;
  before(async () => {
    test = await openTestHouse();
    plc = await certify(test, await addDevice(test, 'plc', { kind: 'other' }));
  });
  after(() => test.close());

  const ask = async (asked: Uint8Array) =>
    Buffer.from((await test.house.authority.ocsp(asked)).response).toString('hex');

  it('in more ways than there are to name a hash are none, and those that there are get an answer', async () => {
    const { authority } = test.house;
    for (const parameters of [nothing(), new Uint8Array(0)]) {
      const { response } = await authority.ocsp(question(plc, parameters));
      assert.equal(statusIn(response), 0x80);
    }
    for (const parameters of [
      octets(new Uint8Array(3000)),
      unsigned('01'),
      sequence(),
      Buffer.concat([nothing(), nothing()]),
      Buffer.from('050100', 'hex'),
    ]) {
      assert.equal(await ask(question(plc, parameters)), MALFORMED);
    }
  });

  it('about authorities of others have our rows read once', async () => {
    const { store } = test.house;
    let looked = 0;
    const ocsp = createOcsp({
      store,
      clock: test.clock,
      cas: {
        all: async () => {
          looked += 1;
          return [];
        },
      } as unknown as Parameters<typeof createOcsp>[0]['cas'], // Nothing else is asked of it here.
      life: DAY,
    });
    for (let i = 0; i < 50; i++) await ocsp(question(plc));
    assert.equal(looked, 1);
  });

  it('make nobody who answers anew once the CA is near its end, or over', async () => {
    const { authority } = test.house;
    const ca = (await authority.published()).find(({ role }) => role === 'issuing');
    assert.ok(ca);
    const asked = question(plc);
    const nearly = new Date(new X509Certificate(ca.certificate).validTo).getTime() - 60_000;
    test.clock.advance(nearly - test.clock.now());
    const left = await eventsOf(test, async () => {
      for (let i = 0; i < 5; i++) {
        test.clock.advance(1000);
        assert.equal(statusIn((await authority.ocsp(asked)).response), 0x80);
      }
    });
    assert.equal(count(left, 'authority.created'), 1);
    test.clock.advance(DAY);
    const over = await eventsOf(test, async () => {
      for (let i = 0; i < 5; i++) {
        test.clock.advance(1000);
        assert.equal(await ask(asked), UNAUTHORIZED);
      }
    });
    assert.equal(count(over, 'authority.created'), 0);
  });
});
