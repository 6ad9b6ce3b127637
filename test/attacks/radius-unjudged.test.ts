/**
 * What a network device asks for by RADIUS and nobody can judge: CHAP and MS-CHAP, which need passwords that can be read back, answers
 * to questions that are over, answers under another name. Refused, on record, and not often enough to fill it.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type Attribute, CODE } from '../../server/wire/radius/packet.ts';
import { count, eventsOf, type TestEvent } from '../support/events.ts';
import { att, openRadiusClient, type RadiusClient, stateOf } from '../support/radius-client.ts';
import { openRadiusHouse, type RadiusHouse } from '../support/radius-house.ts';

const name = (said: string) => att('User-Name', said);
const CHAP: Attribute = { type: 3, value: new Uint8Array(17) };
/** RFC 2548 §2.3.2: MS-CHAP2-Response. */
const MS_CHAP: Attribute = {
  type: 26,
  value: Uint8Array.from([0, 0, 1, 55, 25, 52, ...new Uint8Array(50)]),
};

describe('what can not be judged over RADIUS', () => {
  let house: RadiusHouse;
  let device: RadiusClient;
  let port: number;
  before(async () => {
    house = await openRadiusHouse({ tls: false });
    device = await openRadiusClient(house.secret);
    port = house.door.ports().authentication;
  });
  after(async () => {
    await device.close();
    await house.close();
  });
  beforeEach(() => house.test.clock.advance(61_000));

  const unjudged = (left: readonly TestEvent[]) =>
    left
      .filter(({ type }) => type === 'network.unjudged')
      .map(({ data, reason, actor, door }) => [data.why, reason, actor, door]);
  const asks = async (attributes: readonly Attribute[]) =>
    (await device.ask(device.write(CODE.accessRequest, attributes, new Uint8Array(16)), port)).code;
  async function logsIn() {
    const first = await device.ask(device.pap('ada', house.ada.password), port);
    const second = device.pap('ada', house.ada.totp.code(), [stateOf(first)]);
    assert.equal((await device.ask(second, port)).code, CODE.accessAccept);
  }

  it('CHAP and MS-CHAP are refused and on record, and the same person comes in by PAP', async () => {
    const left = await eventsOf(house.test, async () => {
      assert.equal(await asks([name('ada'), CHAP]), CODE.accessReject);
      assert.equal(await asks([name('ada'), MS_CHAP]), CODE.accessReject);
      assert.equal(await asks([name('ada')]), CODE.accessReject);
    });
    const { device: hall } = house.client;
    assert.deepEqual(unjudged(left), [
      ['chap', 'not-asked', hall, 'radius'],
      ['ms-chap', 'not-asked', hall, 'radius'],
      ['no-password', 'malformed', hall, 'radius'],
    ]);
    assert.equal(count(left, 'login.granted'), 0);
    await logsIn();
  });

  it('a flood of them is written a few times a minute, and counted beyond that', async () => {
    const left = await eventsOf(house.test, async () => {
      const codes = await Promise.all(
        Array.from({ length: 100 }, (_, i) => asks([name(`somebody-${i}`), CHAP])),
      );
      assert.ok(codes.every((code) => code === CODE.accessReject));
      await house.test.house.counter.stop();
    });
    assert.equal(unjudged(left).length, 10);
    assert.equal(count(left, 'decision.counted', 'refused'), 1);
    await logsIn();
  });

  it("a State that is over, or another's name with it, is refused and on record", async () => {
    const first = await device.ask(device.pap('ada', house.ada.password), port);
    const left = await eventsOf(house.test, async () => {
      const other = device.pap('eve', house.ada.totp.code(), [stateOf(first)]);
      assert.equal((await device.ask(other, port)).code, CODE.accessReject);
      // It was good once.
      const again = device.pap('ada', house.ada.totp.code(), [stateOf(first)]);
      assert.equal((await device.ask(again, port)).code, CODE.accessReject);
    });
    assert.deepEqual(
      unjudged(left).map(([why]) => why),
      ['other-name', 'state'],
    );
    assert.equal(count(left, 'login.granted'), 0);
    await logsIn();
  });
});
