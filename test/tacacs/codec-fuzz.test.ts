import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readAccounting, readAccountingReply } from '../../server/wire/tacacs/accounting.ts';
import { readContinue, readReply, readStart } from '../../server/wire/tacacs/authentication.ts';
import { readAuthorization, readResponse } from '../../server/wire/tacacs/authorization.ts';
import { createFrames } from '../../server/wire/tacacs/frames.ts';
import { HEADER, versionOf, writeHeader } from '../../server/wire/tacacs/header.ts';
import { seeded } from '../support/seeded.ts';
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
const ROUNDS = process.env.SLOW ? 20_000_000 : 60_000;

describe('readers of TACACS+, fed with packets that were spoilt', () => {
  it('answer each with a value or a fault, without a throw and without taking more than they were given', () => {
    const seed = Number(process.env.SEED ?? 49);
    const chance = seeded(seed);
    const pick = (below: number) => Math.floor(chance() * below);
    const originals = Object.values(bodies);
    let read = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const original = originals[pick(originals.length)]!; // Below its length.
      let body = original.slice(0, chance() < 0.3 ? pick(original.length + 1) : original.length);
      for (let spoil = pick(4); spoil > 0; spoil -= 1) {
        if (body.length > 0) body[pick(body.length)] = pick(256);
      }
      if (chance() < 0.2) body = new Uint8Array([...body, ...body.subarray(pick(body.length + 1))]);
      for (const reader of readers) {
        const result = reader(body);
        if (!result.ok) continue;
        read += 1;
        const taken = Object.values(result.value as object).reduce(
          (sum: number, value) =>
            sum + (typeof value === 'object' && value !== null ? Number(value.length) : 0),
          0,
        );
        assert.ok(taken <= body.length, `seed ${seed}, round ${round}`);
      }
    }
    // Some are still right: else nothing but the first check was tried.
    assert.ok(read > ROUNDS / 10, `${read} were read`);
  });

  it('keep no more of a stream than one packet', () => {
    const chance = seeded(50);
    const pick = (below: number) => Math.floor(chance() * below);
    for (let round = 0; round < 500; round += 1) {
      const frames = createFrames(4096);
      for (let chunk = 0; chunk < 40; chunk += 1) {
        const bytes = writeHeader({
          version: versionOf(0),
          type: 1,
          sequence: 1,
          flags: 0,
          session: chunk,
          length: pick(300),
        });
        if (chance() < 0.1) bytes[pick(HEADER)] = pick(256);
        const fault = frames.push(bytes.subarray(0, 1 + pick(bytes.length)), ({ body }) => {
          assert.ok(body.length <= 4096);
          return true;
        });
        if (fault !== undefined) break;
      }
    }
  });
});
