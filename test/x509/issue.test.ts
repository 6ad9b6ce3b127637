/** What the authority issues, as OpenSSL and Node read it. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { DeviceId } from '../../server/kernel/id.ts';
import { readRevocationList } from '../../server/wire/x509/revocation-list.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { cheapSettings } from '../support/settings.ts';

describe('a certificate', () => {
  let test_: TestHouse;
  before(async () => {
    test_ = await openTestHouse();
  });
  after(() => test_.close());

  test('is issued to a device under the root, and judged good', async () => {
    const { authority, store } = test_.house;
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const id = test_.house.ids.next<'device'>() as DeviceId;
    const subject = { kind: 'device', id, name: 'plc-7' } as const;
    const issued = await store.write((tx) =>
      authority.issue(tx, { profile: 'device', publicKey, subject }, { door: 'cli' }),
    );
    assert.ok(issued.ok, JSON.stringify(issued));
    const leaf = new X509Certificate(issued.value.certificate);
    const [issuing, root] = (await authority.chain()).map((der) => new X509Certificate(der));
    assert.ok(issuing && root);
    assert.ok(leaf.checkIssued(issuing) && leaf.verify(issuing.publicKey));
    assert.ok(issuing.checkIssued(root) && issuing.verify(root.publicKey));
    assert.equal(leaf.subject, 'CN=plc-7');
    assert.equal(leaf.subjectAltName, `URI:urn:sallyport:device:${id}`);
    const judged = await store.read((q) =>
      authority.judge(q, [issued.value.certificate], 'client'),
    );
    assert.ok(judged.ok, JSON.stringify(judged));
    assert.deepEqual(judged.subject, { kind: 'device', id });
    const asServer = await store.read((q) =>
      authority.judge(q, [issued.value.certificate], 'server'),
    );
    const own = { serial: issued.value.serial, subject: { kind: 'device', id } };
    assert.deepEqual(asServer, { ok: false, reason: 'not-for-this', own });
    await store.write((tx) =>
      authority.revoke(tx, issued.value.serial, 'key-compromise', { door: 'cli' }),
    );
    const after_ = await store.read((q) =>
      authority.judge(q, [issued.value.certificate], 'client'),
    );
    assert.deepEqual(after_, { ok: false, reason: 'revoked', own });
  });

  test('for our own TLS is made once, and is the same on every node', async () => {
    const first = await test_.house.authority.serverCredentials('radius-server');
    const other = await (await test_.beside()).house.authority.serverCredentials('radius-server');
    assert.deepEqual(other, first);
    assert.equal(
      new X509Certificate(first.cert).subjectAltName,
      'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    );
  });

  test('is forgotten a month after its end, unless its key was in wrong hands', async () => {
    const { authority, store, sweeper, ids } = test_.house;
    const make = async () => {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const subject = { kind: 'device', id: ids.next<'device'>() as DeviceId, name: 'a' } as const;
      const wanted = { profile: 'device', publicKey, subject } as const;
      const issued = await store.write((tx) => authority.issue(tx, wanted, {}));
      assert.ok(issued.ok);
      return { serial: issued.value.serial, wanted };
    };
    const [plain, compromised] = [await make(), await make()];
    await store.write((tx) => authority.revoke(tx, compromised.serial, 'key-compromise', {}));
    const there = ({ serial }: { serial: string }) => store.read((q) => authority.get(q, serial));
    test_.clock.advance(119 * 86_400_000);
    await sweeper.sweep();
    assert.ok(await there(plain));
    test_.clock.advance(2 * 86_400_000);
    await sweeper.sweep();
    assert.equal(await there(plain), undefined);
    assert.ok(await there(compromised));
    const again = await store.write((tx) => authority.issue(tx, compromised.wanted, {}));
    assert.ok(!again.ok && again.error.code === 'key-revoked');
  });

  test('of a key kind that the configuration chose: RSA, and Ed25519, each checked by Node', async () => {
    for (const algorithm of ['rsa', 'ed25519'] as const) {
      const settings = cheapSettings({ authority: { algorithm } });
      const other = await openTestHouse(settings);
      try {
        const { authority, store, ids } = other.house;
        const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        const subject = {
          kind: 'device',
          id: ids.next<'device'>() as DeviceId,
          name: 'a',
        } as const;
        const issued = await store.write((tx) =>
          authority.issue(tx, { profile: 'device', publicKey, subject }, {}),
        );
        assert.ok(issued.ok);
        const leaf = new X509Certificate(issued.value.certificate);
        const [issuing, root] = (await authority.chain()).map((der) => new X509Certificate(der));
        assert.ok(
          issuing && root && leaf.verify(issuing.publicKey) && issuing.verify(root.publicKey),
        );
        assert.equal(issuing.publicKey.asymmetricKeyType, algorithm);
        assert.ok((await authority.crl())?.length);
      } finally {
        await other.close();
      }
    }
  });

  test('outlives its issuing CA never, and the next CA takes over at two thirds', async () => {
    const { authority, store, ids } = test_.house;
    const [before_] = await authority.published();
    assert.ok(before_);
    const life = before_.notAfter - before_.notBefore;
    test_.clock.advance(before_.notBefore + (life * 2) / 3 - test_.clock.now() + 1000);
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const subject = { kind: 'device', id: ids.next<'device'>() as DeviceId, name: 'a' } as const;
    const issued = await store.write((tx) =>
      authority.issue(tx, { profile: 'device', publicKey, subject }, {}),
    );
    assert.ok(issued.ok);
    const all = await authority.published();
    const next = all.find(({ role, inUse }) => role === 'issuing' && inUse);
    assert.ok(next && next.id !== before_.id);
    const leaf = new X509Certificate(issued.value.certificate);
    assert.ok(leaf.verify(new X509Certificate(next.certificate).publicKey));
    // Lists of the one before are signed on.
    assert.ok(await authority.crl(before_.id));
  });

  test('of two nodes that begin at once comes from one authority', async () => {
    const one = await openTestHouse();
    try {
      const nodes = [one, await one.beside()];
      const issued = await Promise.all(
        nodes.flatMap(({ house }) =>
          [1, 2, 3].map((i) => {
            const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
            const id = house.ids.next<'device'>() as DeviceId;
            const subject = { kind: 'device', id, name: `device-${i}` } as const;
            return house.store.write((tx) =>
              house.authority.issue(tx, { profile: 'device', publicKey, subject }, {}),
            );
          }),
        ),
      );
      const all = await one.house.authority.published();
      assert.deepEqual(all.map(({ role }) => role).toSorted(), ['issuing', 'root']);
      const issuing = all.find(({ role }) => role === 'issuing');
      assert.ok(issuing);
      const { publicKey } = new X509Certificate(issuing.certificate);
      for (const each of issued) {
        assert.ok(each.ok && new X509Certificate(each.value.certificate).verify(publicKey));
      }
    } finally {
      await one.close();
    }
  });

  test('chains up to a root whose list is there while its key is away', async () => {
    const one = await openTestHouse();
    try {
      const { authority, store } = one.house;
      await store.write((tx) => authority.rootCare.begin(tx));
      const root = (await authority.published()).find(({ role }) => role === 'root');
      assert.ok(root);
      const exported = await store.write((tx) => authority.rootCare.exportRoot(tx, {}));
      assert.ok(exported.ok);
      assert.ok((await store.write((tx) => authority.rootCare.removeRoot(tx, {}))).ok);
      one.clock.advance(300 * 86_400_000);
      const beside = await one.beside();
      const der = await beside.house.authority.crl(root.id);
      const list = der && readRevocationList(der);
      assert.ok(list?.nextUpdate && list.nextUpdate > one.clock.now());
      const again = await store.write((tx) => authority.rootCare.removeRoot(tx, {}));
      assert.deepEqual(again, { ok: false, error: 'key-away' });
      const { pem, passphrase } = exported.value;
      const wrong = await store.write((tx) => authority.rootCare.bringBack(tx, pem, 'wrong', {}));
      assert.deepEqual(wrong, { ok: false, error: 'unreadable' });
      assert.ok(
        (await store.write((tx) => authority.rootCare.bringBack(tx, pem, passphrase, {}))).ok,
      );
      const fresh = await beside.house.authority.crl(root.id);
      assert.notDeepEqual(fresh, der);
    } finally {
      await one.close();
    }
  });
});
