import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createNarrowest } from '../../server/kernel/narrowest-network.ts';

const find = createNarrowest(
  [
    '10.0.0.0/8',
    '10.1.0.0/16',
    '10.1.2.3',
    '0.0.0.0/0',
    '2001:db8::/32',
    '2001:db8:1::/48',
    '2001:db8:1::7',
    '::ffff:192.0.2.0/120',
    'nonsense',
  ].map((network) => [network, network]),
);

describe('the narrowest of many networks', () => {
  for (const [address, network] of [
    ['10.1.2.3', '10.1.2.3'],
    ['10.1.2.4', '10.1.0.0/16'],
    ['10.2.2.3', '10.0.0.0/8'],
    ['11.0.0.1', '0.0.0.0/0'],
    ['2001:db8:1::7', '2001:db8:1::7'],
    ['2001:DB8:1:0:0:0:0:8', '2001:db8:1::/48'],
    ['2001:db8:2::7', '2001:db8::/32'],
    ['2001:db9::7', undefined],
    ['192.0.2.9', '::ffff:192.0.2.0/120'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::ffff:a01:203', '10.1.2.3'],
    ['fe80::1%eth0', undefined],
    ['10.1.2', undefined],
    ['', undefined],
  ] as const) {
    it(`of ${address || 'nothing'} is ${network ?? 'none'}`, () => {
      assert.equal(find(address), network);
    });
  }
});
