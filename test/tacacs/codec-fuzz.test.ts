import assert from 'node:assert/strict';
import { readAccounting, readAccountingReply } from '../../server/wire/tacacs/accounting.ts';
import { readContinue, readReply, readStart } from '../../server/wire/tacacs/authentication.ts';
import { readAuthorization, readResponse } from '../../server/wire/tacacs/authorization.ts';
import { createFrames } from '../../server/wire/tacacs/frames.ts';
import { TYPE, versionOf, writeHeader } from '../../server/wire/tacacs/header.ts';
import { fuzz } from '../support/fuzz.ts';
import { bodies } from './packets.ts';

const readers = [
  readStart,
  readReply,
  readContinue,
  readAuthorization,
  readResponse,
  readAccounting,
  readAccountingReply,
];
const LONGEST = 4096;

fuzz('bodies of TACACS+', {
  seeds: Object.values(bodies),
  edges: [5, 6, 7, 8, 16, 17, 33],
  read(bytes) {
    const read = readers.map((reader) => reader(bytes)).filter(({ ok }) => ok);
    for (const result of read) {
      const fields = Object.values(result.ok ? result.value : {}).map((value: unknown) =>
        value instanceof Uint8Array || typeof value === 'string' || Array.isArray(value)
          ? value.length
          : 0,
      );
      const taken = fields.reduce((sum, length) => sum + length, 0);
      assert.ok(taken <= bytes.length, 'no more than was there');
    }
    return read.length > 0;
  },
});

function packet(body: Uint8Array, session: number): Uint8Array {
  const { length } = body;
  const header = { version: versionOf(0), type: TYPE.authentication, sequence: 1, flags: 4 };
  const whole = writeHeader({ ...header, session, length });
  whole.set(body, whole.length - length);
  return whole;
}

fuzz('streams of TACACS+', {
  seeds: [
    packet(bodies.start, 1),
    Buffer.concat([packet(bodies.start, 1), packet(bodies.continue, 2)]),
  ],
  edges: [0xc0, 0xc1],
  read(bytes) {
    const frames = createFrames(LONGEST);
    let packets = 0;
    // However it is cut.
    const step = 1 + ((bytes[0] ?? 0) % 7) + (bytes.length >> 4);
    for (let at = 0; at < bytes.length; at += step) {
      const fault = frames.push(bytes.subarray(at, at + step), ({ body }) => {
        assert.ok(body.length <= LONGEST);
        packets += 1;
        return true;
      });
      if (fault !== undefined) break;
    }
    return packets > 0;
  },
});
