import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromHex, hex } from '../../../server/kernel/bytes.ts';
import { hmacSha256 } from '../../../server/kernel/hmac.ts';

/** RFC 4231 §4: the cases whose data is text; 4.4 and 4.5 have bytes that no UTF-8 has, and 4.6 cuts the output. */
const CASES = [
  {
    section: '4.2',
    key: '0b'.repeat(20),
    data: 'Hi There',
    mac: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  },
  {
    section: '4.3, a key shorter than the output',
    key: hex(Buffer.from('Jefe')),
    data: 'what do ya want for nothing?',
    mac: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  },
  {
    section: '4.7, a key longer than a block',
    key: 'aa'.repeat(131),
    data: 'Test Using Larger Than Block-Size Key - Hash Key First',
    mac: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  },
  {
    section: '4.8, key and data longer than a block',
    key: 'aa'.repeat(131),
    data: 'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
    mac: '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  },
];

for (const { section, key, data, mac } of CASES) {
  test(`RFC 4231 §${section}`, () => {
    assert.equal(hex(hmacSha256(fromHex(key)!)(data)), mac);
  });
}

test('it agrees with OpenSSL on any key and text, however often the key is used', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 150 }),
      fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 }),
      (key, texts) => {
        const mac = hmacSha256(key);
        for (const text of texts) {
          assert.equal(hex(mac(text)), createHmac('sha256', key).update(text).digest('hex'));
        }
      },
    ),
  );
});
