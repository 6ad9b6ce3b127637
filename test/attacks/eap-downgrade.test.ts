/** Talking 802.1X down to a method that proves less (RFC 3748 §7.8), or out of one that has begun. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type EapHouse, openEapHouse } from '../eap/eap-house.ts';
import { eventsOf } from '../support/events.ts';

const IDENTITY = 'sensor-1';
const TLS = 13;
const TTLS = 21;
const NAK = 3;
const NAMES: Readonly<Record<number, string>> = {
  0: 'none',
  4: 'MD5-Challenge',
  6: 'GTC',
  17: 'LEAP',
  25: 'PEAP',
  26: 'MSCHAPv2',
  43: 'EAP-FAST',
};

describe('talking down to another method', () => {
  let opened: EapHouse;
  let strict: EapHouse;
  before(async () => {
    opened = await openEapHouse();
    strict = await openEapHouse({ methods: ['tls'] });
  });
  after(async () => {
    await opened.close();
    await strict.close();
  });

  const named = Buffer.concat([Buffer.from('0207000d01', 'hex'), Buffer.from(IDENTITY)]);
  const response = (identifier: number, type: number, ...data: number[]) =>
    Uint8Array.from([2, identifier, 0, 5 + data.length, type, ...data]);

  /** Says one thing after the other, and gives the last answer. */
  async function says(house: EapHouse, ...words: readonly [type: number, ...data: number[]][]) {
    let answer = await house.eap.begin(house.round(named));
    for (const [type, ...data] of words) {
      assert.equal(answer.state, 'challenge');
      if (answer.state !== 'challenge') break;
      const packet = response(answer.eap[1]!, type, ...data); // A header is there.
      answer = await house.eap.continue(answer.conversation, house.round(packet));
    }
    return answer;
  }

  /** Each of these conversations is refused, and all that the record tells of it is that no certificate was shown there. */
  async function refuses(
    house: EapHouse,
    ...conversations: readonly (readonly [type: number, ...data: number[]][])[]
  ) {
    for (const words of conversations) {
      // Of the same at the same place, one a minute is written.
      house.test.clock.advance(61_000);
      const left = await eventsOf(house.test, async () => {
        assert.equal((await says(house, ...words)).state, 'reject');
      });
      assert.deepEqual(
        left.map(({ type, outcome, reason, door, data }) => [
          `${type} ${outcome} ${reason}`,
          door,
          data.client,
          data.kind,
        ]),
        [['network.refused refused not-held', 'radius', house.client.device, 'certificate']],
      );
    }
    assert.equal(house.eap.inFlight, 0);
  }

  for (const [type, name] of Object.entries(NAMES)) {
    it(`is refused, and on record, for ${name}`, () =>
      refuses(opened, [[NAK, Number(type)]], [[Number(type), 1, 2, 3]]));
  }

  it('is refused, and on record, for a method that is spoken elsewhere and not offered here', () =>
    refuses(strict, [[NAK, TTLS]], [[TTLS, 0]]));

  it('is refused, and on record, once a method has begun, and a second time', () => {
    const hello = [0x80 | 0x40, 0, 0, 1, 0, 22] as const;
    return refuses(
      opened,
      [
        [TLS, ...hello],
        [NAK, TTLS],
      ],
      [
        [NAK, TTLS],
        [NAK, TLS],
      ],
      [
        [NAK, TTLS],
        [TLS, 0],
      ],
    );
  });

  it('gives a peer another method that is offered, when it asks for that first', async () => {
    const answer = await says(opened, [NAK, 4, TTLS]);
    assert.equal(answer.state, 'challenge');
    assert.equal(answer.state === 'challenge' && answer.eap[4], TTLS);
    if (answer.state === 'challenge') opened.eap.forget(answer.conversation);
  });

  it('does not keep whoever does it right from coming in', async () => {
    for (const house of [opened, strict]) {
      const device = await house.device(IDENTITY);
      const left = await eventsOf(house.test, async () => {
        const tls = { ca: house.root, cert: device.cert, key: device.key };
        assert.equal((await house.meet({ identity: IDENTITY, tls })).state, 'accept');
      });
      assert.deepEqual(
        left.map(({ type, outcome, subject, door, data }) => [
          `${type} ${outcome}`,
          subject,
          door,
          data.client,
        ]),
        [['network.admitted granted', device.id, 'radius', house.client.device]],
      );
    }
  });
});
