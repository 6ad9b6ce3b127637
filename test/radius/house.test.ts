/** People at network devices by RADIUS, through a whole house (P8, P9). */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { attribute, CODE } from '../../server/wire/radius/packet.ts';
import { integerOf, textOf } from '../../server/wire/radius/values.ts';
import { count, eventsOf } from '../support/events.ts';
import { att, openRadiusClient, type RadiusClient, stateOf } from '../support/radius-client.ts';
import { openRadiusHouse, type RadiusHouse } from '../support/radius-house.ts';

describe('a network device before the whole house', () => {
  let house: RadiusHouse;
  let device: RadiusClient;
  before(async () => {
    house = await openRadiusHouse({ tls: false });
    device = await openRadiusClient(house.secret);
  });
  after(async () => {
    await device.close();
    await house.close();
  });
  const ask = (name: string, typed: string, more: Parameters<RadiusClient['pap']>[2] = []) =>
    device.ask(device.pap(name, typed, more), house.door.ports().authentication);

  it('lets someone in by password and code, which are on record, and hears when they go', async () => {
    const { ada, test } = house;
    const left = await eventsOf(test, async () => {
      const first = await ask('ada', ada.password);
      assert.equal(first.code, CODE.accessChallenge);
      const second = await ask('ada', ada.totp.code(), [stateOf(first)]);
      assert.equal(second.code, CODE.accessAccept);
      assert.equal(integerOf(second, 6), 6, 'privilege=15 is Administrative');
      const given = attribute(second, 25);
      assert.ok(given);
      const stop = device.write(CODE.accountingRequest, [
        att('Acct-Status-Type', 'Stop'),
        att('Acct-Session-Id', '1'),
        { type: 25, value: given },
      ]);
      const heard = await device.ask(stop, house.door.ports().accounting);
      assert.equal(heard.code, CODE.accountingResponse);
    });
    assert.equal(count(left, 'login.granted', 'granted'), 1);
    assert.equal(count(left, 'network.accounted'), 1);
    assert.equal(count(left, 'login.ended'), 1);
    test.clock.advance(30_000);
    assert.deepEqual(test.notices, []);
  });

  it('refuses a wrong password, a stranger, and a code that was used, and tells them apart from nothing', async () => {
    const { ada, test } = house;
    const wrong = await ask('ada', 'not her password');
    const nobody = await ask('nobody', 'not her password');
    assert.equal(wrong.code, CODE.accessReject);
    assert.deepEqual([nobody.code, textOf(nobody, 18)], [wrong.code, textOf(wrong, 18)]);
    const first = await ask('ada', ada.password);
    const code = ada.totp.code();
    assert.equal((await ask('ada', code, [stateOf(first)])).code, CODE.accessAccept);
    const again = await ask('ada', ada.password);
    const used = await ask('ada', code, [stateOf(again)]);
    assert.notEqual(used.code, CODE.accessAccept);
    test.clock.advance(60_000);
  });

  it('lets in by a recovery code where the authenticator is lost', async () => {
    const { ada } = house;
    const first = await ask('ada', ada.password);
    const last = await ask('ada', ada.recovery[0] ?? '', [stateOf(first)]);
    assert.equal(last.code, CODE.accessAccept);
  });
});
