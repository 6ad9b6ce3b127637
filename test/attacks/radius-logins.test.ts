/**
 * Logins by RADIUS that are played again, carried elsewhere, guessed, or typed for a machine (D5; T1550, T1110). Each has the honest one
 * beside it, and what is left on record.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Attribute, CODE } from '../../server/wire/radius/packet.ts';
import { type AttackedRadius, openAttackedRadius } from '../support/attacked-radius.ts';
import { addDevice, giveProof } from '../support/devices.ts';
import { count, eventsOf } from '../support/events.ts';
import { addClient } from '../support/network.ts';
import { att, openRadiusClient, type RadiusClient, stateOf } from '../support/radius-client.ts';
import { openRadiusHouse } from '../support/radius-house.ts';

describe('logins by RADIUS that are not what they seem', () => {
  let attacked: AttackedRadius;
  before(async () => {
    attacked = await openAttackedRadius();
  });
  after(() => attacked.close());

  it('a request that is sent again is answered again, and judged once', async () => {
    const { house, device, port, login, aMinuteLater } = attacked;
    aMinuteLater();
    const first = await device.ask(login(), port);
    const bytes = device.pap('ada', house.ada.totp.code(), [stateOf(first)]);
    const left = await eventsOf(house.test, async () => {
      const answers = await Promise.all([1, 2, 3].map(() => device.exchange(bytes, port)));
      const later = await device.exchange(bytes, port);
      const texts = [...answers, later].map((one) => one && Buffer.from(one).toString('hex'));
      assert.equal(new Set(texts).size, 1);
      assert.equal(later?.[0], CODE.accessAccept);
    });
    assert.deepEqual(
      left
        .filter(({ outcome }) => outcome === 'granted' || outcome === 'refused')
        .map(({ type, subject, door, data }) => [type, subject, door, data.client]),
      [['login.granted', house.ada.id, 'radius', house.client.device]],
    );
  });

  it('a recorded login that is played again opens nothing: its State is gone, and its code used', async () => {
    const { house, device, port, login, logsIn, aMinuteLater } = attacked;
    aMinuteLater();
    const first = await device.ask(login(), port);
    const second = device.pap('ada', house.ada.totp.code(), [stateOf(first)]);
    assert.equal((await device.ask(second, port)).code, CODE.accessAccept);
    // When the answer is kept no more, it is judged as any other.
    aMinuteLater();
    const left = await eventsOf(house.test, async () => {
      assert.equal((await device.ask(second, port)).code, CODE.accessReject);
    });
    assert.equal(count(left, 'login.granted'), 0);
    const told = left.filter(({ type }) => type === 'network.unjudged');
    assert.deepEqual(
      told.map(({ outcome, reason, actor, door, data }) => [
        outcome,
        reason,
        actor,
        door,
        data.why,
      ]),
      [['refused', 'expired', house.client.device, 'radius', 'state']],
    );
    await logsIn();
  });

  it('nor does one that has password and code in one packet, and that is on record', async (t) => {
    const once = await openRadiusHouse({ tls: false, codeAppended: ['hall'] });
    t.after(once.close);
    const other = await openRadiusClient(once.secret);
    t.after(other.close);
    const at = once.door.ports().authentication;
    const { password, totp } = once.ada;
    const left = await eventsOf(once.test, async () => {
      const bytes = other.pap('ada', password + totp.code());
      assert.equal((await other.ask(bytes, at)).code, CODE.accessAccept);
      // Until its code is over, with a new packet; and the packet itself when its answer is kept no more.
      const again = other.pap('ada', password + totp.code());
      assert.equal((await other.ask(again, at)).code, CODE.accessReject);
      once.test.clock.advance(60_000);
      assert.equal((await other.ask(bytes, at)).code, CODE.accessReject);
      const next = other.pap('ada', password + totp.code());
      assert.equal((await other.ask(next, at)).code, CODE.accessAccept);
    });
    const of = (wanted: string) => left.filter(({ type }) => type === wanted);
    const { id } = once.ada;
    assert.deepEqual(
      of('login.granted').map(({ subject, door, data }) => [subject, door, data.client]),
      [1, 2].map(() => [id, 'radius', once.client.device]),
    );
    assert.deepEqual(
      of('proof.refused').map(({ reason, subject, door }) => [reason, subject, door]),
      ['used', 'wrong'].map((reason) => [reason, id, 'radius']),
    );
  });

  it('the State of one network device is nothing to another', async (t) => {
    const { house, device, port, login, aMinuteLater } = attacked;
    const gate = await addClient(house.test, 'gate', '127.0.0.4');
    assert.ok(gate.secret);
    const other = await openRadiusClient(gate.secret, '127.0.0.4');
    t.after(other.close);
    aMinuteLater();
    const state = stateOf(await device.ask(login(), port));
    const answer = (by: RadiusClient) =>
      by.ask(by.pap('ada', house.ada.totp.code(), [state]), port);
    const left = await eventsOf(house.test, async () => {
      assert.equal((await answer(other)).code, CODE.accessReject);
      assert.equal((await answer(device)).code, CODE.accessAccept, 'it is as good as before');
    });
    assert.deepEqual(
      left
        .filter(({ type }) => type === 'network.unjudged' || type === 'login.granted')
        .map(({ type, outcome, data }) => [`${type} ${outcome}`, data.why, data.client]),
      [
        ['network.unjudged refused', 'state', gate.device],
        ['login.granted granted', undefined, house.client.device],
      ],
    );
    assert.equal(count(left, 'proof.refused'), 0, 'nothing was judged');
  });

  it('a MAC address that is typed as name and password logs nobody in; a port that sees it lets the device join', async () => {
    const { house, device, port, aMinuteLater } = attacked;
    aMinuteLater();
    const mac = '02:00:5e:10:00:44';
    await addDevice(house.test, 'printer', { kind: 'printer', mac });
    const excepted = await giveProof(house.test, 'printer', {
      kind: 'mac',
      name: 'mac',
      mac,
      owner: house.ada.id,
      reason: 'It has no 802.1X',
      control: 'A network of its own',
      expiresAt: house.test.clock.now() + 86_400_000,
    });
    assert.ok(excepted.ok, JSON.stringify(excepted));
    const ask = async (more: readonly Attribute[]) =>
      (await device.ask(device.pap(mac, mac, more), port)).code;
    const left = await eventsOf(house.test, async () => {
      assert.equal(await ask([]), CODE.accessReject);
      assert.equal(await ask([att('NAS-Port-Type', 'Virtual')]), CODE.accessReject);
      const station = att('Calling-Station-Id', '02-00-5E-10-00-44');
      assert.equal(await ask([att('NAS-Port-Type', 'Ethernet'), station]), CODE.accessAccept);
    });
    const told = left
      .filter(({ outcome }) => outcome === 'granted' || outcome === 'refused')
      .map(({ type, reason, door, data }) => [type, reason, door, data.client]);
    const typed = ['proof.refused', 'unknown-subject', 'radius', undefined];
    const joined = ['network.admitted', undefined, 'radius', house.client.device];
    assert.deepEqual(told, [typed, typed, joined]);
  });

  it('whoever is put out is named to the network device by the station, too, that they called from', async () => {
    const { house, port, logsIn, login, device, aMinuteLater } = attacked;
    const station = '02-00-5E-10-00-45';
    const named: (string | undefined)[] = [];
    const { gate, store } = house.test.house;
    gate.network.onEnded((ended) => void named.push(ended.station));
    await logsIn([att('Calling-Station-Id', station)]);
    const [open] = await store.read((q) => gate.networkSessions.list(q, { limit: 1 }));
    assert.ok(open);
    const left = await eventsOf(house.test, async () => {
      await store.write((tx) => gate.networkSessions.revoke(tx, open.id, { door: 'cli' }));
      await gate.settleNetwork();
    });
    assert.deepEqual([named, count(left, 'login.ended')], [[station], 1]);
    aMinuteLater();
    assert.equal((await device.ask(login(), port)).code, CODE.accessChallenge);
  });

  it('guesses at a code over RADIUS are slowed down like those at any other door', async () => {
    const { house, device, port, login, logsIn, aMinuteLater } = attacked;
    aMinuteLater();
    const left = await eventsOf(house.test, async () => {
      const typed = await Promise.all(
        Array.from({ length: 30 }, () => device.ask(device.pap('ada', 'a wrong one'), port)),
      );
      assert.ok(typed.every(({ code }) => code === CODE.accessReject));
      const honest = await device.ask(login(), port);
      assert.equal(honest.code, CODE.accessReject, 'they have to wait now');
    });
    assert.ok(count(left, 'throttle.engaged') > 0);
    assert.ok(left.some(({ type, reason }) => type === 'proof.refused' && reason === 'throttled'));
    house.test.clock.advance(86_400_000);
    await logsIn();
  });
});
