/** Log-ins by RADIUS that are finished with a passkey in the browser, over UDP against the whole house. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { CODE, type Packet, readPacket } from '../../server/wire/radius/packet.ts';
import { textOf } from '../../server/wire/radius/values.ts';
import {
  type ApprovalHouse,
  openApprovalHouse,
  openRadiusAt,
  type RadiusAt,
} from '../support/approvals.ts';
import { count, eventsOf } from '../support/events.ts';
import { stateOf } from '../support/radius-client.ts';
import { RADCLIENT, radclient, without } from '../support/radius-tools.ts';
import type { PasskeyPerson } from '../support/served-people.ts';
import { startUdpRelay } from '../support/udp-relay.ts';
import { until } from '../support/until.ts';

const REPLY_MESSAGE = 18;
const numberIn = (packet: Packet) =>
  Number(/type (\d\d) there/.exec(textOf(packet, REPLY_MESSAGE) ?? '')?.[1]);

describe('a log-in by RADIUS that waits for a passkey', () => {
  let house: ApprovalHouse;
  let ada: PasskeyPerson;
  let root: PasskeyPerson;
  let radius: RadiusAt;
  before(async () => {
    house = await openApprovalHouse();
    ada = await house.operator('ada');
    root = await house.operator('root', ['administrator']);
    radius = await openRadiusAt(house, { approve: { offered: [] } });
  });
  after(async () => {
    await radius.close();
    await house.close();
  });
  beforeEach(() => house.clock.advance(3_600_000));

  const ask = (at: RadiusAt, name: string, typed: string, more: Packet['attributes'] = []) =>
    at.device.ask(at.device.pap(name, typed, more), at.door.ports().authentication);

  it('asks administrators for a passkey by a number, says so again until it is approved, and lets them in', async () => {
    const left = await eventsOf(house, async () => {
      const first = await ask(radius, 'root', root.password);
      assert.equal(first.code, CODE.accessChallenge);
      assert.match(
        textOf(first, REPLY_MESSAGE) ?? '',
        /^Open http:\/\/localhost:\d+\/me and type \d\d there\. Then press Enter here, or type ok\.$/,
      );
      const early = await ask(radius, 'root', 'ok', [stateOf(first)]);
      assert.equal(early.code, CODE.accessChallenge);
      assert.match(textOf(early, REPLY_MESSAGE) ?? '', /^It is not approved yet\. Open /);
      assert.equal(numberIn(early), numberIn(first));
      const { session, id } = await house.onceWaiting(root);
      assert.equal(await house.answer(session, id, numberIn(first)), 'approved');
      const last = await ask(radius, 'root', '', [stateOf(early)]);
      assert.equal(last.code, CODE.accessAccept);
    });
    assert.equal(count(left, 'login.granted', 'granted'), 1);
  });

  it('asks whoever can type a code for one, where the network device is not among those that offer both', async () => {
    const first = await ask(radius, 'ada', ada.password);
    assert.match(textOf(first, REPLY_MESSAGE) ?? '', /^Type the code/);
    assert.deepEqual(await house.waiting(await house.signedIn(ada)), []);
    const last = await ask(radius, 'ada', ada.totp.code(), [stateOf(first)]);
    assert.equal(last.code, CODE.accessAccept);
  });

  it('offers both where it is told to, and takes either', async (t) => {
    const both = await openRadiusAt(house, { approve: { offered: ['hall'] } });
    t.after(both.close);
    const first = await ask(both, 'ada', ada.password);
    assert.match(textOf(first, REPLY_MESSAGE) ?? '', /type \d\d there\..* Or type the code/);
    const wrong = await ask(both, 'ada', '000000', [stateOf(first)]);
    assert.match(textOf(wrong, REPLY_MESSAGE) ?? '', /^That did not match\. Open .* Or type/);
    const { session, id } = await house.onceWaiting(ada);
    assert.equal(await house.answer(session, id, numberIn(wrong)), 'approved');
    assert.equal((await ask(both, 'ada', 'ok', [stateOf(wrong)])).code, CODE.accessAccept);
    house.clock.advance(30_000);
    const again = await ask(both, 'ada', ada.password);
    const typed = await ask(both, 'ada', ada.totp.code(), [stateOf(again)]);
    assert.equal(typed.code, CODE.accessAccept);
    assert.deepEqual(await house.waiting(session), []);
  });

  it('is refused at once after a wrong number, and asked about no more than a few times', async () => {
    const first = await ask(radius, 'root', root.password);
    const { session, id } = await house.onceWaiting(root);
    const other = numberIn(first) === 10 ? 11 : 10;
    assert.equal(await house.answer(session, id, other), 'mismatched');
    assert.equal((await ask(radius, 'root', 'ok', [stateOf(first)])).code, CODE.accessReject);
    let asked = await ask(radius, 'root', root.password);
    let times = 0;
    for (; asked.code === CODE.accessChallenge && times < 50; times += 1) {
      asked = await ask(radius, 'root', 'ok', [stateOf(asked)]);
    }
    assert.equal(asked.code, CODE.accessReject);
    assert.equal(times, 20);
    assert.deepEqual(await house.waiting(session), []);
  });

  it('is not offered where it is turned off', async (t) => {
    const off = await openRadiusAt(house, { approve: { enabled: false } });
    t.after(off.close);
    assert.equal((await ask(off, 'root', root.password)).code, CODE.accessReject);
  });

  describe('at a network device that can’t ask twice', () => {
    it('refuses unless it is allowed to wait without a number', async (t) => {
      const closed = await openRadiusAt(house, { codeAppended: ['hall'] });
      t.after(closed.close);
      assert.equal((await ask(closed, 'root', root.password)).code, CODE.accessReject);
      assert.deepEqual(await house.waiting(await house.signedIn(root)), []);
    });

    it('waits, once for a request that is sent again, and lets in whoever approves', async (t) => {
      const once = await openRadiusAt(house, { approve: { withoutNumber: ['hall'] } });
      t.after(once.close);
      const port = once.door.ports().authentication;
      const left = await eventsOf(house, async () => {
        const request = once.device.pap('root', root.password);
        const answer = once.device.exchange(request, port);
        const { session, id } = await house.onceWaiting(root);
        const again = once.device.exchange(request, port);
        assert.equal((await house.waiting(session)).length, 1);
        assert.equal(await house.answer(session, id), 'approved');
        for (const bytes of [await answer, await again]) {
          const read = readPacket(bytes ?? new Uint8Array());
          assert.ok(read.ok && read.value.code === CODE.accessAccept);
        }
      });
      assert.equal(count(left, 'login.held', 'challenged'), 1);
      assert.equal(count(left, 'login.granted', 'granted'), 1);
    });

    it('waits while radclient asks again and again', {
      skip: without(RADCLIENT, 'freeradius-utils'),
    }, async (t) => {
      const once = await openRadiusAt(house, {
        messageAuthenticator: 'anywhere',
        approve: { withoutNumber: ['hall'] },
      });
      t.after(once.close);
      const relay = await startUdpRelay(once.door.ports().authentication);
      t.after(relay.close);
      const left = await eventsOf(house, async () => {
        const asked = radclient(
          relay.port,
          'auth',
          Buffer.from(house.client.secret ?? '').toString(),
          {
            'Message-Authenticator': '0x00',
            'User-Name': 'root',
            'User-Password': root.password,
          },
          { tries: 10, wait: 1 },
        );
        const { session, id } = await house.onceWaiting(root);
        await until('it asks a second time', () => relay.sent() > 1);
        assert.equal(await house.answer(session, id), 'approved');
        assert.match((await asked).text, /Received Access-Accept/);
      });
      assert.equal(count(left, 'login.held', 'challenged'), 1);
      assert.equal(count(left, 'login.granted', 'granted'), 1);
    });

    it('waits at one node for what is approved at another', async (t) => {
      const other = { ...house, ...(await house.beside()) };
      const there = await openRadiusAt(other, { approve: { withoutNumber: ['hall'] } });
      t.after(there.close);
      const asked = ask(there, 'root', root.password);
      const { session, id } = await house.onceWaiting(root);
      assert.equal(await house.answer(session, id), 'approved');
      assert.equal((await asked).code, CODE.accessAccept);
    });

    it('still takes a code behind the password', async (t) => {
      const once = await openRadiusAt(house, { approve: { withoutNumber: ['hall'] } });
      t.after(once.close);
      const typed = ada.password + ada.totp.code();
      assert.equal((await ask(once, 'ada', typed)).code, CODE.accessAccept);
    });

    it('refuses when time is over, when it asks for something else by then, and when we close', async (t) => {
      const once = await openRadiusAt(house, { approve: { withoutNumber: ['hall'], wait: '30s' } });
      t.after(once.close);
      const port = once.door.ports().authentication;
      const left = await eventsOf(house, async () => {
        const answer = ask(once, 'root', root.password);
        const { session } = await house.onceWaiting(root);
        house.clock.advance(30_000);
        assert.equal((await answer).code, CODE.accessReject);
        assert.deepEqual(await house.waiting(session), []);

        // The same identifier, for another request: the network device has given up the first.
        const request = once.device.pap('root', root.password);
        const over = Promise.withResolvers<void>();
        const given = once.device.exchange(request, port, over.promise);
        const second = await house.onceWaiting(root);
        for (let others = 1; others < 256; others += 1) once.device.write(CODE.statusServer, []);
        const reused = once.device.pap('nobody', 'wrong');
        assert.equal(reused[1], request[1]);
        await once.device.exchange(reused, port);
        await house.onceGone(second.session);

        const closing = once.device.exchange(
          once.device.pap('root', root.password),
          port,
          over.promise,
        );
        const third = await house.onceWaiting(root);
        await once.door.stop();
        over.resolve();
        await Promise.all([given, closing]);
        assert.deepEqual(await house.waiting(third.session), []);
      });
      assert.equal(count(left, 'login.lapsed', 'refused'), 3);
      assert.equal(count(left, 'login.granted', 'granted'), 0);
    });

    it('is refused at once where too many wait already', async (t) => {
      const once = await openRadiusAt(house, {
        approve: { withoutNumber: ['hall'], atOnce: 1, wait: '30s' },
      });
      t.after(once.close);
      const answer = ask(once, 'root', root.password);
      await house.onceWaiting(root);
      assert.equal((await ask(once, 'ada', ada.password)).code, CODE.accessReject);
      house.clock.advance(30_000);
      await answer;
    });
  });
});
