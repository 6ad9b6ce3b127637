import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  kindOfAccounting,
  readAccounting,
  readAccountingReply,
  writeAccounting,
  writeAccountingReply,
} from '../../server/wire/tacacs/accounting.ts';
import {
  readContinue,
  readReply,
  readStart,
  writeContinue,
  writeReply,
  writeStart,
} from '../../server/wire/tacacs/authentication.ts';
import {
  readAuthorization,
  readResponse,
  writeAuthorization,
  writeResponse,
} from '../../server/wire/tacacs/authorization.ts';
import { createFrames, type Frame } from '../../server/wire/tacacs/frames.ts';
import {
  HEADER,
  MOST_BODY,
  readHeader,
  versionOf,
  writeHeader,
} from '../../server/wire/tacacs/header.ts';
import { createObfuscation } from '../../server/wire/tacacs/obfuscation.ts';
import {
  arbAccounting,
  arbAccountingReply,
  arbAsking,
  arbContinue,
  arbReply,
  arbResponse,
  arbStart,
  bodies,
  reload,
} from './packets.ts';

const readers = {
  start: readStart,
  reply: readReply,
  continue: readContinue,
  authorization: readAuthorization,
  response: readResponse,
  accounting: readAccounting,
  accountingReply: readAccountingReply,
} as const;
const kinds = Object.keys(bodies) as (keyof typeof bodies)[];

const given = {
  version: versionOf(0),
  type: 2,
  sequence: 1,
  flags: 0,
  session: 0xdeadbeef,
  length: 3,
} as const;

describe('the header of a TACACS+ packet (RFC 8907 §4.1)', () => {
  it('has twelve octets, in the order of the clause', () => {
    const bytes = writeHeader(given);
    assert.equal(Buffer.from(bytes).toString('hex'), `c0020100deadbeef00000003${'00'.repeat(3)}`);
    assert.deepEqual(readHeader(bytes, 0), { ok: true, value: { ...given, minor: 0 } });
  });

  it('is refused for another version, type, number or length', () => {
    const spoilt = (at: number, octet: number) => {
      const bytes = writeHeader(given);
      bytes[at] = octet;
      const read = readHeader(bytes, 0);
      return read.ok ? 'read' : read.error;
    };
    assert.equal(spoilt(0, 0xd0), 'version');
    assert.equal(spoilt(0, 0xc2), 'version');
    assert.equal(spoilt(0, 0xc1), 'read');
    assert.equal(spoilt(1, 0), 'type');
    assert.equal(spoilt(1, 4), 'type');
    assert.equal(spoilt(2, 0), 'sequence');
    assert.equal(spoilt(9, 1), 'long');
    assert.equal(spoilt(8, 0x80), 'long');
  });
});

describe('the obfuscation (RFC 8907 §4.5)', () => {
  const obfuscate = createObfuscation();
  const secret = Buffer.from('a secret that is shared');

  it('is the body and a chain of MD5 hashes, each over the one before it', () => {
    const md5 = (...parts: Uint8Array[]) => createHash('md5').update(Buffer.concat(parts)).digest();
    const head = Buffer.from('deadbeef', 'hex');
    const tail = Buffer.from([0xc0, 1]);
    const one = md5(head, secret, tail);
    const two = md5(head, secret, tail, one);
    const three = md5(head, secret, tail, two);
    const body = new Uint8Array(40);
    const pad = Buffer.concat([one, two, three]).subarray(0, 40);
    assert.deepEqual(Buffer.from(obfuscate(body, given, secret)), pad);
  });

  it('shows what it hid, and leaves what it was handed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(0xffffffff), (body, session) => {
        const before = body.slice();
        const header = { ...given, session };
        const hidden = obfuscate(body, header, secret);
        assert.deepEqual(body, before);
        assert.deepEqual(obfuscate(hidden, header, secret), before);
      }),
    );
  });

  it('shows nothing that adds up to whoever has another secret', () => {
    for (const kind of kinds) {
      const hidden = obfuscate(bodies[kind], given, secret);
      const read = readers[kind](obfuscate(hidden, given, Buffer.from('another')));
      assert.ok(!read.ok, kind);
    }
  });
});

describe('the bodies of TACACS+ packets', () => {
  it('are what the clauses show', () => {
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
    const text = (words: string) => Buffer.from(words, 'latin1').toString('hex');
    assert.equal(
      hex(bodies.start),
      `01010201${'0304090d'}${text('adatty2192.0.2.9correct horse')}`,
    );
    assert.equal(hex(bodies.reply), `0501000a0000${text('Password: ')}`);
    assert.equal(hex(bodies.continue), `000d000000${text('correct horse')}`);
    assert.equal(
      hex(bodies.authorization),
      `060f0101${'03040905'}${'0d0a0a090c'}${text(`adatty2192.0.2.9${reload.args.join('')}`)}`,
    );
    assert.equal(
      hex(bodies.response),
      `01020000${'0000'}${'0b0a'}${text('priv-lvl=15timeout=60')}`,
    );
    assert.equal(hex(bodies.accounting), `04${hex(bodies.authorization)}`);
    assert.equal(hex(bodies.accountingReply), '0000000001');
  });

  it('are read as they were written', () => {
    const round = <T extends object>(
      arb: fc.Arbitrary<T>,
      write: (value: T) => Uint8Array,
      read: (body: Uint8Array) => unknown,
    ) =>
      fc.assert(
        fc.property(arb, (value) => {
          assert.deepEqual(read(write(value)), { ok: true, value: { ...value } });
        }),
      );
    round(arbStart, writeStart, readStart);
    round(arbReply, writeReply, readReply);
    round(arbContinue, writeContinue, readContinue);
    round(arbAsking, writeAuthorization, readAuthorization);
    round(arbResponse, writeResponse, readResponse);
    round(arbAccounting, writeAccounting, readAccounting);
    round(arbAccountingReply, writeAccountingReply, readAccountingReply);
  });

  it('are refused when an octet is missing or one is too many', () => {
    for (const kind of kinds) {
      const body = bodies[kind];
      const longer = new Uint8Array([...body, 0]);
      assert.deepEqual(readers[kind](longer), { ok: false, error: 'sum' }, kind);
      for (let length = 0; length < body.length; length += 1) {
        const read = readers[kind](body.subarray(0, length));
        assert.deepEqual(read, { ok: false, error: 'sum' }, `${kind}, ${length} octets`);
      }
    }
  });

  it('are refused with a name that is not UTF-8, or a privilege above 15', () => {
    const start = bodies.start.slice();
    start[8] = 0xff;
    assert.deepEqual(readStart(start), { ok: false, error: 'text' });
    const asking = bodies.authorization.slice();
    asking[1] = 16;
    assert.deepEqual(readAuthorization(asking), { ok: false, error: 'value' });
  });

  it('are never written with a field that is too long for its length', () => {
    const long = 'x'.repeat(256);
    assert.throws(() => writeAuthorization({ ...reload, user: long }), /does not fit/);
    assert.throws(() => writeAuthorization({ ...reload, args: [long] }), /does not fit/);
    assert.throws(
      () => writeAuthorization({ ...reload, args: Array.from({ length: 256 }, () => 'a=b') }),
      /does not fit/,
    );
  });

  it('tell in accounting what began, goes on or ended (RFC 8907 §7.2)', () => {
    const all = Array.from({ length: 16 }, (_, flags) => kindOfAccounting(flags));
    const none = undefined;
    assert.deepEqual(all, [
      ...[none, none, 'start', 'start', 'stop', 'stop', none, none],
      ...['interim', 'interim', 'interim', 'interim', none, none, none, none],
    ]);
  });
});

describe('a stream of TACACS+ packets', () => {
  const packet = (sequence: number, body: Uint8Array) => {
    const bytes = writeHeader({ ...given, sequence, length: body.length });
    bytes.set(body, HEADER);
    return bytes;
  };
  const sent = [
    packet(1, bodies.start),
    packet(2, new Uint8Array()),
    packet(3, bodies.continue),
    packet(255, bodies.authorization),
  ];
  const whole = Buffer.concat(sent);

  function read(chunks: readonly Uint8Array[]) {
    const frames = createFrames(MOST_BODY);
    const found: Frame[] = [];
    for (const chunk of chunks) {
      const fault = frames.push(chunk, (frame) => {
        found.push(frame);
        return true;
      });
      assert.equal(fault, undefined);
    }
    assert.equal(frames.partial, false);
    return found.map(({ header, body }) => packet(header.sequence, body));
  }

  it('is cut into the packets that were sent, whole and byte by byte', () => {
    assert.deepEqual(read([whole]), sent);
    assert.deepEqual(read(Array.from(whole, (octet) => Uint8Array.of(octet))), sent);
  });

  it('is cut into them wherever it was split', () => {
    const cuts = fc.array(fc.nat(whole.length), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, (at) => {
        const ends = [0, ...at.toSorted((a, b) => a - b), whole.length];
        const chunks = ends.slice(1).map((end, i) => whole.subarray(ends[i], end));
        assert.deepEqual(read(chunks), sent);
      }),
    );
  });

  it('ends at a header that announces too much, before room is taken for it', () => {
    const frames = createFrames(1000);
    const long = writeHeader({ ...given, length: 0 });
    new DataView(long.buffer).setUint32(8, 0xffffffff);
    assert.equal(
      frames.push(long, () => true),
      'long',
    );
  });

  it('goes no further when whoever takes a packet wants no more', () => {
    const frames = createFrames(MOST_BODY);
    let taken = 0;
    frames.push(whole, () => {
      taken += 1;
      return false;
    });
    assert.equal(taken, 1);
  });
});
