/**
 * What hides a packet of TACACS+ is made of the secret, its session and its number (RFC 8907 §4.5, §10.1). Whoever recorded a login
 * and can make us hide a text that is known under the same numbers reads the password without the secret (T1040, T1557).
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import {
  FLAG,
  HEADER,
  type Header,
  readHeader,
  TYPE,
  writeHeader,
} from '../../server/wire/tacacs/header.ts';
import { count, eventsOf } from '../support/events.ts';
import type { TestPerson } from '../support/people.ts';
import type { TacacsClient } from '../support/tacacs-client.ts';
import { openTacacsHouse, type TacacsHouse } from '../support/tacacs-house.ts';

describe('a recorded login over TACACS+', () => {
  let house: TacacsHouse;
  let ada: TestPerson;
  const recorded: { readonly header: Header; readonly hidden: Uint8Array }[] = [];
  before(async () => {
    house = await openTacacsHouse();
    ada = await house.person('ada');
  });
  after(() => house.close());
  beforeEach(() => house.test.clock.advance(61_000));

  /** What came back on the wire, as it was: whoever listens has no secret. */
  async function provoke(header: Partial<Header>, body = new Uint8Array(64)) {
    const heard: Uint8Array[] = [];
    const client: TacacsClient = await house.connect({
      secret: 'any other secret that is not the right one',
      onPacket: (from, packet) => void (from === 'server' && heard.push(packet)),
    });
    const left = await eventsOf(house.test, async () => {
      const raw = writeHeader({
        ...{ version: 0xc0, type: TYPE.authentication, sequence: 1, flags: 0, session: 1 },
        ...header,
        length: body.length,
      });
      raw.set(body, HEADER);
      client.socket.write(raw);
      await client.closed;
    });
    return { heard, left };
  }

  it('goes through, and is heard by somebody who has no secret', async () => {
    const client = await house.connect({
      onPacket: (_, packet) => {
        const header = readHeader(packet, 0);
        assert.ok(header.ok);
        recorded.push({ header: header.value, hidden: packet.slice(HEADER) });
      },
    });
    const left = await eventsOf(house.test, async () => {
      const replies = await client.logIn({ user: 'ada' }, [ada.password, ada.totp.code()]);
      assert.equal(replies.at(-1)?.status, 1);
    });
    assert.equal(count(left, 'login.granted'), 1);
    await client.close();
    assert.deepEqual(
      recorded.map(({ header }) => header.sequence),
      [1, 2, 3, 4, 5, 6],
    );
  });

  it('is not laid open by an answer that is hidden as one of its packets was', async () => {
    for (const { header } of recorded) {
      const { session, version, type } = header;
      for (const flags of [0, FLAG.unencrypted]) {
        for (const sequence of [header.sequence, header.sequence - 1]) {
          if (sequence === 0) continue;
          house.test.clock.advance(61_000);
          const asked = { session, version, type, sequence, flags };
          const { heard, left } = await provoke(asked);
          assert.equal(count(left, 'network.client-refused'), 1);
          for (const packet of heard) {
            const answered = readHeader(packet, 0);
            assert.ok(answered.ok);
            const { sequence: number } = answered.value;
            const same = recorded.find((one) => one.header.sequence === number);
            assert.equal(same, undefined, `${sequence} is answered as ${number}, hidden alike`);
          }
        }
      }
    }
  });

  it('leaves an answer to whoever has another secret, and begins a session of their own', async () => {
    const { heard, left } = await provoke({ session: 0x5eed });
    assert.equal(heard.length, 1);
    const refused = left.filter(({ type }) => type === 'network.client-refused');
    assert.deepEqual(
      refused.map(({ data }) => data.why),
      ['wrong-secret'],
    );
  });
});
