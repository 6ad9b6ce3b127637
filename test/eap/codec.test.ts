/** EAP (RFC 3748), the carriage of TLS in it (RFC 5216, RFC 9190, RFC 5281), and what stands in a tunnel (RFC 5281 §10). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  EAP_TYPE,
  type EapPacket,
  readEap,
  readIdentity,
  readNak,
  writeEap,
} from '../../server/wire/eap/eap-packet.ts';
import {
  createReassembly,
  LEAST_PACKET,
  readTlsFragment,
  splitTls,
  writeTlsFragment,
} from '../../server/wire/eap/eap-tls-fragment.ts';
import { type Avp, readAvps, unpadded, writeAvps } from '../../server/wire/eap/ttls-avp.ts';

const of = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const plain = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** Each as its RFC draws it. */
const PACKETS: readonly [string, string, EapPacket][] = [
  [
    'a question for a name (RFC 3748 §5.1)',
    '01 07 0005 01',
    { code: 'request', identifier: 7, type: EAP_TYPE.identity, data: of('') },
  ],
  [
    'a name',
    '02 07 000d 01 73656e736f722d31',
    { code: 'response', identifier: 7, type: EAP_TYPE.identity, data: Buffer.from('sensor-1') },
  ],
  [
    'a wish for another method (RFC 3748 §5.3.1)',
    '02 08 0006 03 15',
    { code: 'response', identifier: 8, type: EAP_TYPE.nak, data: of('15') },
  ],
  [
    'the start of EAP-TLS (RFC 5216 §2.1.1)',
    '01 08 0006 0d 20',
    { code: 'request', identifier: 8, type: EAP_TYPE.tls, data: of('20') },
  ],
  ['success (RFC 3748 §4.2)', '03 09 0004', { code: 'success', identifier: 9 }],
  ['failure', '04 09 0004', { code: 'failure', identifier: 9 }],
];

describe('an EAP packet', () => {
  for (const [name, hex, packet] of PACKETS) {
    it(`is read and written: ${name}`, () => {
      const read = readEap(of(hex));
      assert.ok(read.ok);
      assert.deepEqual(JSON.stringify(read.value), JSON.stringify(shaped(packet)));
      assert.equal(plain(writeEap(packet)!), hex.replaceAll(' ', '')); // Short enough.
    });

    it(`is refused wherever it is cut: ${name}`, () => {
      const whole = of(hex);
      for (let length = 0; length < whole.length; length++) {
        assert.deepEqual(readEap(whole.subarray(0, length)), { ok: false, error: 'short' });
      }
    });
  }

  const shaped = (packet: EapPacket) =>
    'data' in packet ? { ...packet, data: Uint8Array.from(packet.data) } : packet;

  const FAULTS: readonly [string, string, string][] = [
    ['a code that nobody gave', '05 01 0005 01', 'code'],
    ['code nought', '00 01 0005 01', 'code'],
    ['a length below its header', '01 01 0003 01', 'length'],
    ['a question about nothing', '01 01 0004', 'length'],
    ['a success with more in it', '03 01 0005 00', 'length'],
    ['a length beyond what came', '02 01 0006 01', 'short'],
    ['an expanded type that is cut off (RFC 3748 §5.7)', '02 01 000b fe 000000000000', 'length'],
  ];
  for (const [name, hex, error] of FAULTS) {
    it(`is refused with ${name}`, () => {
      assert.deepEqual(readEap(of(hex)), { ok: false, error });
    });
  }

  it('leaves out what a link put behind it (RFC 3748 §4)', () => {
    const read = readEap(of('02 07 0007 01 6162 000000'));
    assert.ok(read.ok && 'data' in read.value);
    assert.equal(plain(read.value.data), '6162');
  });

  it('is the same after writing and reading, whatever it says', () => {
    const packets = fc.record({
      code: fc.constantFrom('request' as const, 'response' as const),
      identifier: fc.nat(255),
      type: fc.nat(253),
      data: fc.uint8Array({ maxLength: 2000 }),
    });
    fc.assert(
      fc.property(packets, (packet) => {
        const read = readEap(writeEap(packet)!); // Short enough.
        assert.ok(read.ok);
        assert.deepEqual(read.value, { ...packet });
      }),
    );
  });

  it('is not written where its length can’t be said', () => {
    const data = new Uint8Array(65_531);
    assert.equal(writeEap({ code: 'request', identifier: 1, type: 1, data }), undefined);
  });
});

describe('what a peer says of itself', () => {
  it('is a name of UTF-8 that fits into a User-Name', () => {
    assert.equal(readIdentity(Buffer.from('zoë@plant.example')), 'zoë@plant.example');
    assert.equal(readIdentity(new Uint8Array(0)), '');
    assert.equal(readIdentity(Buffer.alloc(253, 'a'))?.length, 253);
    assert.equal(readIdentity(Buffer.alloc(254, 'a')), undefined);
    for (const odd of [of('ff'), of('610062'), of('610a62'), of('7f'), of('c285')]) {
      assert.equal(readIdentity(odd), undefined, plain(odd));
    }
  });

  it('names the methods that it would rather have', () => {
    assert.deepEqual(readNak(of('150d')), [21, 13]);
    assert.deepEqual(readNak(of('00')), [0]);
    assert.equal(readNak(of('')), undefined);
  });
});

describe('a piece of TLS', () => {
  it('is read and written as RFC 5216 §3.1 draws it', () => {
    const first = of('c0 00000bb8 160301');
    const read = readTlsFragment(first);
    assert.deepEqual(read, {
      ok: true,
      value: { length: 3000, more: true, start: false, version: 0, data: of('160301') },
    });
    assert.equal(plain(writeTlsFragment(read.value)), plain(first));
    assert.equal(plain(writeTlsFragment(okOf('20'))), '20');
    assert.equal(plain(writeTlsFragment(okOf('00'))), '00');
  });

  const okOf = (hex: string) => {
    const read = readTlsFragment(of(hex));
    assert.ok(read.ok);
    return read.value;
  };

  it('is refused without flags, with a length cut off, or with one that its own data is beyond', () => {
    for (const hex of ['', '80', '80 00', '80 0000', '80 000000']) {
      assert.deepEqual(readTlsFragment(of(hex)), { ok: false, error: 'short' }, hex);
    }
    assert.deepEqual(readTlsFragment(of('80 00000001 1603')), { ok: false, error: 'length' });
    for (const hex of ['40', 'c0 00000100']) {
      assert.deepEqual(readTlsFragment(of(hex)), { ok: false, error: 'empty' }, hex);
    }
  });

  it('has been in pieces no longer than is wanted, and becomes whole again', () => {
    const messages = fc.uint8Array({ maxLength: 9000 });
    fc.assert(
      fc.property(messages, fc.integer({ min: LEAST_PACKET, max: 1500 }), (message, most) => {
        const reassembly = createReassembly(16_384);
        const pieces = splitTls(message, most);
        for (const [at, piece] of pieces.entries()) {
          const data = writeTlsFragment(piece);
          assert.ok(5 + data.length <= most);
          const read = readTlsFragment(data);
          assert.ok(read.ok);
          const taken = reassembly.take(read.value);
          assert.ok(taken.ok);
          if (at < pieces.length - 1) assert.equal(taken.value, 'more');
          else assert.deepEqual(taken.value, message);
        }
        assert.equal(reassembly.held(), 0);
      }),
    );
  });

  const piece = (bytes: number, more: boolean, length?: number) => ({
    length,
    more,
    start: false,
    version: 0,
    data: new Uint8Array(bytes),
  });
  const FAULTS: readonly [string, string, ReturnType<typeof piece>[]][] = [
    ['too-long', 'announced beyond what may be held', [piece(10, true, 1001)]],
    ['too-long', 'brought beyond it', [piece(1001, false)]],
    ['unannounced', 'the first of several tells no length', [piece(10, true)]],
    ['changed', 'a later one tells another', [piece(10, true, 30), piece(10, true, 31)]],
    ['overrun', 'they are more than was told', [piece(10, true, 15), piece(10, false)]],
    ['overrun', 'one says that more follows where nothing can', [piece(10, true, 10)]],
    ['underrun', 'they are less than was told', [piece(10, true, 30), piece(10, false)]],
    ['underrun', 'a single one is', [piece(10, false, 11)]],
  ];
  for (const [error, name, pieces] of FAULTS) {
    it(`is no part of a whole, and nothing is held of it, where ${name}`, () => {
      const reassembly = createReassembly(1000);
      const results = pieces.map((one) => reassembly.take(one));
      assert.deepEqual(results.at(-1), { ok: false, error });
      assert.equal(reassembly.held(), 0);
    });
  }

  it('costs what it brings, not what it announces', () => {
    const reassembly = createReassembly(1_000_000);
    reassembly.take(piece(10, true, 999_999));
    assert.equal(reassembly.held(), 10);
  });
});

describe('attributes in a tunnel', () => {
  const PAP = of('00000001 4000000b 616461 00  00000002 40000018 70770000000000000000000000000000');

  it('are read and written as RFC 5281 §10.1 draws them', () => {
    const read = readAvps(PAP);
    assert.ok(read.ok);
    const [name, password] = read.value;
    assert.equal(Buffer.from(name!.value).toString(), 'ada'); // Two were written.
    assert.equal(Buffer.from(unpadded(password!.value)).toString(), 'pw');
    assert.equal(plain(writeAvps(read.value)), plain(PAP));
  });

  it('are refused wherever they are cut, but between them', () => {
    for (let length = 1; length < PAP.length; length++) {
      // The padding of the last is no part of it.
      if (length === 11 || length === 12) continue;
      assert.deepEqual(readAvps(PAP.subarray(0, length)), { ok: false, error: 'short' });
    }
  });

  it('are refused with a length below a header, and when there are too many', () => {
    assert.deepEqual(readAvps(of('00000001 40000007')), { ok: false, error: 'length' });
    assert.deepEqual(readAvps(of('00000001 c000000b 00000137')), { ok: false, error: 'length' });
    const many = writeAvps(
      Array.from({ length: 33 }, () => ({ code: 1, vendor: 0, mandatory: true, value: of('') })),
    );
    assert.deepEqual(readAvps(many), { ok: false, error: 'many' });
  });

  it('are the same after writing and reading, whatever they say', () => {
    const avp: fc.Arbitrary<Avp> = fc.record({
      code: fc.nat(0xffffffff),
      vendor: fc.nat(0xffffffff),
      mandatory: fc.boolean(),
      value: fc.uint8Array({ maxLength: 300 }),
    });
    fc.assert(
      fc.property(fc.array(avp, { maxLength: 10 }), (avps) => {
        assert.deepEqual(readAvps(writeAvps(avps)), {
          ok: true,
          value: avps.map((avp) => ({ ...avp })),
        });
      }),
    );
  });
});
