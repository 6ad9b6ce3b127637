/** What comes in at the door spoilt: by whoever has the secret, and by whoever has not. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { TYPE } from '../../server/wire/tacacs/header.ts';
import { fuzzMilliseconds, fuzzSeed, mutation } from '../support/fuzz.ts';
import { seededBelow } from '../support/seeded.ts';
import { command } from '../support/tacacs-client.ts';
import { openTacacsHouse, type TacacsHouse } from '../support/tacacs-house.ts';
import { bodies } from './packets.ts';

describe('the door for TACACS+, given packets that were spoilt', () => {
  let house: TacacsHouse;
  before(async () => {
    house = await openTacacsHouse();
  });
  after(() => house.close());

  it('answers or closes each time, fails at nothing, and hears the next device as before', async (t) => {
    const seed = fuzzSeed('connections of TACACS+');
    const pick = seededBelow(seed);
    const chance = () => pick(1000) / 1000;
    const spoil = mutation(pick, [], 4000);
    const kinds = [
      [TYPE.authentication, bodies.start],
      [TYPE.authentication, bodies.continue],
      [TYPE.authorization, bodies.authorization],
      [TYPE.accounting, bodies.accounting],
    ] as const;
    const end = performance.now() + fuzzMilliseconds();
    let rounds = 0;
    for (; performance.now() < end; rounds += 1) {
      // What is alike is counted, and guesses are forgotten.
      house.test.clock.advance(61_000);
      const client = await house.connect({ single: chance() < 0.8 });
      const packets = 1 + pick(4);
      let session: number | undefined;
      for (let i = 0; i < packets && client.isOpen; i += 1) {
        const [type, original] = kinds[pick(kinds.length)]!; // Below its length.
        const body = chance() < 0.6 ? spoil(original) : original;
        const header = {
          type,
          ...(chance() < 0.3 ? { sequence: pick(256) } : {}),
          ...(chance() < 0.1 ? { flags: pick(256) } : {}),
          ...(chance() < 0.1 ? { version: pick(256) } : {}),
          ...(chance() < 0.1 ? { length: pick(70_000) } : {}),
          ...(chance() < 0.3 && session !== undefined ? { session } : {}),
        };
        session = client.send(header, body);
      }
      // Whatever was left waiting for the rest of a packet ends here.
      client.socket.end();
      client.socket.resume();
      await client.closed;
    }
    t.diagnostic(`${rounds} connections`);
    assert.deepEqual(house.faults, [], `seed ${seed}`);
    assert.deepEqual(house.test.notices, [], `seed ${seed}`);
    const client = await house.connect();
    assert.equal((await client.authorise('ada', command('show version')))?.status, 0x10);
    await client.close();
  });

  it('closes what is no TACACS+ at all', async () => {
    for (const text of [
      'GET / HTTP/1.1\r\n\r\n',
      '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\0',
      '\n'.repeat(40),
    ]) {
      const client = await house.connect();
      client.socket.write(Buffer.from(text, 'latin1'));
      await client.closed;
    }
    assert.deepEqual(house.faults, []);
  });
});
