/**
 * A file with the root's key that somebody changed on its way: a count of hashes that would take hours (CWE-834, T1499). It is refused
 * before anything is computed, whatever else stands in the file, and the true one is taken.
 */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { integer, nothing, octets, oid, sequence } from '../../server/wire/der/der-writer.ts';
import { readPem, writePem } from '../../server/wire/der/pem.ts';
import { hashesOf } from '../../server/wire/x509/encrypted-key.ts';
import { computed } from '../support/computed.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';

let test: TestHouse;
before(async () => {
  test = await openTestHouse();
});
after(() => test.close());

function encrypted(hashes: number, by = '1.2.840.113549.1.5.12'): Buffer {
  const salt = octets(new Uint8Array(8));
  const derived = sequence(
    oid(by),
    sequence(salt, integer(hashes), sequence(oid('1.2.840.113549.2.9'), nothing())),
  );
  const cipher = sequence(oid('2.16.840.1.101.3.4.1.42'), octets(new Uint8Array(16)));
  const scheme = sequence(oid('1.2.840.113549.1.5.13'), sequence(derived, cipher));
  return sequence(scheme, octets(new Uint8Array(160)));
}

it('a key file that wants a passphrase hashed for hours is refused at once, and the true one is taken', async () => {
  const { store, authority } = test.house;
  const { rootCare } = authority;
  await store.write((tx) => rootCare.begin(tx));
  const exported = await store.write((tx) => rootCare.exportRoot(tx, {}));
  assert.ok(exported.ok);
  const { pem, passphrase } = exported.value;
  assert.ok((await store.write((tx) => rootCare.removeRoot(tx, {}))).ok);
  const back = (file: string) =>
    store.write((tx) => rootCare.bringBack(tx, file, passphrase, { door: 'cli' }));
  const absurd = encrypted(0x7fffffff);
  assert.equal(hashesOf(absurd), 0x7fffffff);
  const label = 'ENCRYPTED PRIVATE KEY';
  const files = [
    writePem(label, absurd),
    writePem('PRIVATE KEY', absurd),
    `${writePem(label, absurd)}${pem}`,
    // In forms that OpenSSL reads, and that what looks at it could pass over.
    writePem(label, absurd).replaceAll('\n', '\r\n'),
    writePem(label, absurd).replace('-----\n', '-----\nComment: x\n\n'),
    // By scrypt, whose cost is told in another place.
    writePem(label, encrypted(1, '1.3.6.1.4.1.11591.4.11')),
  ];
  const began = computed();
  const refused = await eventsOf(test, async () => {
    for (const file of files) {
      assert.deepEqual(await back(file), { ok: false, error: 'unreadable' });
    }
  });
  assert.ok(computed() - began < 2000);
  assert.equal(count(refused, 'authority.root-brought-back'), 0);
  const [der] = readPem(pem, [label]);
  assert.equal(der && hashesOf(der), 2048);
  const taken = await eventsOf(test, async () => assert.ok((await back(pem)).ok));
  assert.equal(count(taken, 'authority.root-brought-back'), 1);
});
