/** What the authority issues, as OpenSSL and Node read it. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { DeviceId } from '../../server/kernel/id.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';

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
    assert.deepEqual(asServer, { ok: false, reason: 'not-for-this' });
    await store.write((tx) =>
      authority.revoke(tx, issued.value.serial, 'key-compromise', { door: 'cli' }),
    );
    const after_ = await store.read((q) =>
      authority.judge(q, [issued.value.certificate], 'client'),
    );
    assert.deepEqual(after_, { ok: false, reason: 'revoked' });
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
});
