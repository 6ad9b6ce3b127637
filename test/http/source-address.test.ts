import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { placeOf } from '../../server/http/place-words.ts';
import {
  canonicalAddress,
  networkOf,
  sourceAddress,
  sourcesIn,
} from '../../server/http/source-address.ts';
import { parseNetworks } from '../../server/kernel/networks.ts';

function networks(...entries: string[]) {
  const read = parseNetworks(entries);
  assert.ok(read.ok);
  return read.value;
}

const nobody = networks();
const proxies = networks('10.0.0.0/8', '2001:db8:ffff::/48');

test('the socket address counts, whatever a client writes about itself', () => {
  const read = sourceAddress('203.0.113.9', '1.2.3.4', proxies);
  assert.deepEqual(read, { ok: true, value: { address: '203.0.113.9', network: '203.0.113.9' } });
  fc.assert(
    fc.property(fc.ipV4(), fc.string(), (address, forwarded) => {
      const from = sourceAddress(address, forwarded, nobody);
      assert.ok(from.ok && from.value.address === address);
    }),
  );
});

test('behind a trusted proxy the rightmost address that is not a proxy counts', () => {
  const from = (header: string) => {
    const read = sourceAddress('10.0.0.1', header, proxies);
    return read.ok ? read.value.address : read.error;
  };
  assert.equal(from('203.0.113.9'), '203.0.113.9');
  assert.equal(from('1.1.1.1, 203.0.113.9'), '203.0.113.9');
  assert.equal(from('1.1.1.1, 203.0.113.9, 10.2.3.4'), '203.0.113.9');
  assert.equal(from('10.9.9.9, 10.2.3.4'), '10.9.9.9');
  assert.equal(from('2001:DB8::7'), '2001:db8::7');
});

test('what stands left of the counted address is not read, what has to be read must be an address', () => {
  const from = (header: string) => sourceAddress('10.0.0.1', header, proxies);
  assert.ok(from('<script>, 203.0.113.9').ok);
  for (const header of [
    '',
    ' ',
    'unknown',
    '203.0.113.9:443',
    '1.2.3',
    '203.0.113.9,',
    '01.2.3.4',
  ]) {
    assert.deepEqual(from(header), { ok: false, error: 'malformed-forwarded-for' }, header);
  }
  const long = new Array(17).fill('10.0.0.2').join(',');
  assert.deepEqual(from(long), { ok: false, error: 'malformed-forwarded-for' });
});

test('an attacker who can only add on the left never changes the answer', () => {
  const word = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('', 'x', '10.0.0.3', '127.0.0.1'));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 10 }), fc.ipV4(), (left, real) => {
      fc.pre(!real.startsWith('10.'));
      const read = sourceAddress('10.0.0.1', [...left, real].join(', '), proxies);
      assert.ok(read.ok && read.value.address === real);
    }),
  );
});

test('an address has one text, and an IPv4 address in IPv6 clothes is IPv4', () => {
  assert.equal(canonicalAddress('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(canonicalAddress('::FFFF:c000:0201'), '192.0.2.1');
  assert.equal(canonicalAddress('2001:0DB8:0:0:0:0:0:1'), '2001:db8::1');
  assert.equal(canonicalAddress('fe80::1%eth0'), 'fe80::1');
  assert.equal(canonicalAddress('::1'), '::1');
  for (const wrong of ['', 'localhost', '1.2.3.4.5', '1::2::3', '0x7f.1']) {
    assert.equal(canonicalAddress(wrong), undefined, wrong);
  }
});

test('throttles count one IPv4 address and one IPv6 /64', () => {
  assert.equal(networkOf('203.0.113.9'), '203.0.113.9');
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(networkOf('2001:db8::1'), '2001:db8:0:0::/64');
  assert.equal(networkOf('::1'), '0:0:0:0::/64');
  fc.assert(
    fc.property(
      fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 }),
      fc.array(fc.nat(0xffff), { minLength: 4, maxLength: 4 }),
      (groups, other) => {
        const text = (parts: number[]) => parts.map((part) => part.toString(16)).join(':');
        const one = canonicalAddress(text(groups));
        const two = canonicalAddress(text([...groups.slice(0, 4), ...other]));
        fc.pre(one !== undefined && two !== undefined && one.includes(':') && two.includes(':'));
        assert.equal(networkOf(one!), networkOf(two!));
      },
    ),
  );
});

test('a list of networks names the entry that is none', () => {
  for (const wrong of [
    '',
    'proxy',
    '10.0.0.0/33',
    '10.0.0.0/8/8',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/-1',
  ]) {
    assert.deepEqual(parseNetworks(['10.0.0.1', wrong]), { ok: false, error: wrong });
  }
});

test('whether a source is in some networks is looked up once for each', () => {
  const asked: string[] = [];
  const within = sourcesIn((address) => {
    asked.push(address);
    return address === '10.0.0.1';
  });
  const ours = { address: '10.0.0.1', network: '10.0.0.1' };
  const other = { address: '203.0.113.9', network: '203.0.113.9' };
  const told = [ours, other, ours, other, { ...ours }].map(within);
  assert.deepEqual(told, [true, false, true, false, true]);
  assert.deepEqual(asked, ['10.0.0.1', '203.0.113.9', '10.0.0.1']);
});

test('a place is told only as far as it is known', () => {
  assert.equal(placeOf('127.0.0.1'), 'this-computer');
  assert.equal(placeOf('::1'), 'this-computer');
  assert.equal(placeOf('192.168.1.7'), 'private-network');
  assert.equal(placeOf('fd00::7'), 'private-network');
  assert.equal(placeOf('203.0.113.9'), 'unknown-place');
  assert.equal(placeOf(''), 'unknown-place');
});
