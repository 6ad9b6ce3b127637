import assert from 'node:assert/strict';
import { readEap, readIdentity, readNak, writeEap } from '../../server/wire/eap/eap-packet.ts';
import {
  createReassembly,
  readTlsFragment,
  splitTls,
  writeTlsFragment,
} from '../../server/wire/eap/eap-tls-fragment.ts';
import { readAvps, unpadded, writeAvps } from '../../server/wire/eap/ttls-avp.ts';
import { fuzz } from '../support/fuzz.ts';

const of = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const MOST = 32_768;
let reassembly = createReassembly(MOST);
let pieces = 0;

fuzz('packets of EAP', {
  seeds: [
    of('02 07 000d 01 73656e736f722d31'),
    of('02 08 0007 03 150d'),
    of('02 08 0010 0d c0 00000bb8 160301020301'),
    of('02 08 000b 15 00 160301 0203'),
    of('02 09 0010 fe 000000 00000003 150d0000'),
    of(
      '02 09 0029 15 00 00000001 4000000b 616461 00 00000002 40000018 70770000000000000000000000000000',
    ),
  ],
  edges: [13, 21, 64, 192],
  most: 4000,
  mend(bytes) {
    if (bytes.length >= 4) bytes.set([bytes.length >>> 8, bytes.length & 255], 2);
    return bytes;
  },
  read(bytes) {
    // Nobody sends pieces to one conversation for ever.
    if (++pieces % 1000 === 0) reassembly = createReassembly(MOST);
    const read = readEap(bytes);
    const data = read.ok && 'data' in read.value ? read.value.data : bytes;
    readIdentity(data);
    readNak(data);
    unpadded(data);
    const fragment = readTlsFragment(data);
    if (fragment.ok) {
      writeTlsFragment(fragment.value);
      reassembly.take(fragment.value);
      assert.ok(reassembly.held() <= MOST);
      const avps = readAvps(fragment.value.data);
      if (avps.ok) writeAvps(avps.value);
      splitTls(fragment.value.data, 64);
    }
    readAvps(data);
    if (!read.ok) return false;
    // What is read is written as it was, but for what stood behind it.
    const written = writeEap(read.value);
    assert.ok(written !== undefined);
    assert.deepEqual(Buffer.from(written), Buffer.from(bytes.subarray(0, written.length)));
    return true;
  },
});
