import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { concat, fromHex, hex, utf8 } from '../../server/kernel/bytes.ts';
import { frame, grpcMessage, unframe } from '../../server/wire/spiffe/grpc.ts';
import { readJwtSvidRequest, readValidateRequest } from '../../server/wire/spiffe/messages.ts';
import {
  bytesField,
  doubleField,
  mapField,
  numberField,
  readFields,
  textField,
  varint,
} from '../../server/wire/spiffe/protobuf.ts';
import { computed } from '../support/computed.ts';

describe('protocol buffers', () => {
  it('are written as the examples of the encoding guide', () => {
    assert.equal(hex(varint(150)), '9601');
    assert.equal(hex(numberField(1, 150)), '089601');
    assert.equal(hex(textField(2, 'testing')), '120774657374696e67');
    assert.equal(hex(bytesField(3, numberField(1, 150))), '1a03089601');
  });

  it('leave an empty text out', () => {
    assert.equal(textField(1, '').length, 0);
  });

  it('write a map as messages with a key and a value', () => {
    assert.equal(hex(mapField(2, [['a', utf8('b')]])), '12060a0161120162');
  });

  it('write a double with its least byte first', () => {
    assert.equal(hex(doubleField(2, 1)), '11000000000000f03f');
  });

  it('are read back field by field, whatever their numbers and lengths', () => {
    const field = fc.tuple(fc.integer({ min: 1, max: 2 ** 29 - 1 }), fc.uint8Array());
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        const message = concat(...fields.map(([number, bytes]) => bytesField(number, bytes)));
        const read = readFields(message)?.map(({ field, bytes }) => [
          field,
          hex(bytes ?? utf8('none')),
        ]);
        assert.deepEqual(
          read,
          fields.map(([number, bytes]) => [number, hex(bytes)]),
        );
      }),
    );
  });

  it('that are cut off anywhere are no message, or one of fewer fields', () => {
    const whole = concat(textField(1, 'first'), textField(2, 'second'), numberField(3, 300));
    const ends = [0, 7, 15];
    for (let length = 0; length < whole.length; length++) {
      const read = readFields(whole.subarray(0, length));
      assert.equal(
        read?.length,
        ends.includes(length) ? ends.indexOf(length) : undefined,
        `${length}`,
      );
    }
  });

  it('of any bytes are read or refused, and never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        readFields(bytes);
        readJwtSvidRequest(bytes);
        readValidateRequest(bytes);
      }),
    );
  });

  const refused: readonly (readonly [string, string])[] = [
    ['a field of number nought', '0200'],
    ['a group, which nobody uses any more', '0b0c'],
    ['a length beyond the end', '0a05aa'],
    ['a length of eleven bytes', `0a${'80'.repeat(10)}01`],
    ['a length near 2^64', '0affffffffffffffffff01'],
  ];
  for (const [what, bytes] of refused) {
    it(`with ${what} are refused`, () => {
      assert.equal(readFields(fromHex(bytes) ?? new Uint8Array()), undefined);
    });
  }

  it('with a text that is not UTF-8 are no request', () => {
    assert.equal(readJwtSvidRequest(bytesField(1, Uint8Array.of(0xff))), undefined);
    assert.equal(readJwtSvidRequest(numberField(1, 1)), undefined);
  });

  it('keep every audience, and the last of what may be there once', () => {
    const request = concat(
      textField(1, 'a'),
      textField(2, 'x'),
      textField(1, 'b'),
      textField(2, 'y'),
    );
    assert.deepEqual(readJwtSvidRequest(request), { audience: ['a', 'b'], spiffeId: 'y' });
  });
});

describe('a message of gRPC', () => {
  it('as long as one may be keeps nobody waiting, whatever it is full of', () => {
    const audiences = new Uint8Array(64 * 1024);
    for (let at = 0; at < audiences.length; at += 2) audiences[at] = 0x0a;
    const began = computed();
    assert.equal(readJwtSvidRequest(audiences)?.audience.length, audiences.length / 2);
    assert.ok(computed() - began < 1000);
  });

  it('comes with its length, and is whole when all of it is there', () => {
    const framed = frame(utf8('hello'));
    assert.equal(hex(framed), '000000000568656c6c6f');
    for (let length = 0; length < framed.length; length++) {
      assert.equal(unframe(framed.subarray(0, length), 100, false).state, 'more');
      assert.equal(unframe(framed.subarray(0, length), 100, true).state, 'malformed');
    }
    const whole = unframe(framed, 100, false);
    assert.equal(whole.state === 'whole' && hex(whole.message), hex(utf8('hello')));
  });

  it('is refused where it is compressed, too long, or not the only one', () => {
    const framed = frame(utf8('hello'));
    assert.equal(unframe(Uint8Array.of(1, ...framed.slice(1)), 100, false).state, 'compressed');
    assert.equal(unframe(Uint8Array.of(2, ...framed.slice(1)), 100, false).state, 'malformed');
    assert.equal(unframe(framed, 4, false).state, 'malformed');
    assert.equal(unframe(concat(framed, framed), 100, true).state, 'malformed');
  });

  it('says why in printable characters alone', () => {
    assert.equal(grpcMessage('50% of é\n'), '50%25 of %C3%A9%0A');
  });
});
