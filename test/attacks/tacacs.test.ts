/**
 * Attacks on TACACS+ (RFC 8907 §10; D5, P9; ATT&CK T1599): each with what goes through, what is refused, and what stands on record.
 * Those by what is typed are in tacacs-commands.test.ts.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { writeContinue, writeStart } from '../../server/wire/tacacs/authentication.ts';
import { writeAuthorization } from '../../server/wire/tacacs/authorization.ts';
import { FLAG, TYPE } from '../../server/wire/tacacs/header.ts';
import { cameFrom, count, eventsOf, type TestEvent } from '../support/events.ts';
import { addDevice, giveSecret } from '../support/network.ts';
import type { TestPerson } from '../support/people.ts';
import { logIn, runs } from '../support/tacacs-admin.ts';
import { admin, command, newSession, type TacacsClient } from '../support/tacacs-client.ts';
import { openTacacsHouse, type TacacsHouse } from '../support/tacacs-house.ts';

const PASS_ADD = 0x01;
const FAIL = 0x10;
const ERROR = 0x11;

describe('an attack on TACACS+', () => {
  let house: TacacsHouse;
  let ada: TestPerson;
  before(async () => {
    house = await openTacacsHouse();
    ada = await house.person('ada');
  });
  after(() => house.close());
  // What is alike is on record once a minute.
  beforeEach(() => house.test.clock.advance(61_000));

  const asAda = () => logIn(house, ada);
  const permitted = (client: TacacsClient, ...lines: readonly string[]) =>
    runs(house, client, ada, lines);

  const request = (line: string) =>
    writeAuthorization({ ...admin, user: 'ada', args: command(line) });
  const start = writeStart({
    ...{ action: 1, privilege: 1, type: 1, service: 1, user: 'ada', data: new Uint8Array() },
    ...{ port: admin.port, remoteAddress: admin.remoteAddress },
  });
  /** Why the record says that nobody was heard; and that it was this device, at this door, from here. */
  async function why(left: readonly TestEvent[]) {
    const all = left.filter(({ type }) => type === 'network.client-refused');
    for (const event of all) {
      const { outcome, door, subject, data } = event;
      const known = data.why === 'unknown' ? [undefined, undefined] : [house.device.id, 'switch-1'];
      assert.deepEqual([outcome, door, subject, data.client], ['refused', 'tacacs', ...known]);
      assert.equal(await cameFrom(house.test, event), '127.0.0.1');
    }
    assert.equal(count(left, 'command.granted') + count(left, 'login.granted'), 0);
    return all.map(({ data }) => data.why);
  }

  /** Sends one packet, and gives the status of the answer, if any, once the connection is closed. */
  async function refusedPacket(
    client: TacacsClient,
    header: Parameters<TacacsClient['send']>[0],
    body: Uint8Array,
    statusAt = 0,
  ) {
    let status: number | undefined;
    const left = await eventsOf(house.test, async () => {
      const session = client.send(header, body);
      status = (await client.next(session))?.body[statusAt];
      await client.closed;
    });
    return { status, why: await why(left) };
  }

  describe('in the clear, with the unencrypted flag', () => {
    it('goes through without the flag', async () => {
      const client = await asAda();
      await permitted(client, 'show version');
      await client.close();
    });

    for (const [what, type, body, error] of [
      ['a login', TYPE.authentication, start, 7],
      ['a command', TYPE.authorization, request('show version'), ERROR],
    ] as const) {
      it(`is answered with an error, closed and on record with it: ${what}`, async () => {
        const client = await asAda();
        const header = { type, flags: FLAG.unencrypted | FLAG.singleConnect };
        const refused = await refusedPacket(client, header, body);
        assert.deepEqual(refused, { status: error, why: ['unencrypted'] });
      });
    }
  });

  describe('by proofs that need readable passwords', () => {
    for (const [type, word] of [
      [3, 'chap'],
      [5, 'ms-chap'],
      [6, 'ms-chap'],
    ] as const) {
      it(`is refused by ${word} (${type}), on record, and goes through by PAP`, async () => {
        const client = await house.connect({ single: true });
        const left = await eventsOf(house.test, async () => {
          for (let i = 0; i < 3; i++) {
            const asked = { type, user: 'ada', data: Buffer.alloc(33) };
            assert.equal((await client.logIn(asked, []))[0]?.status, 2);
          }
        });
        const unjudged = left.filter(({ type }) => type === 'network.unjudged');
        assert.deepEqual(
          unjudged.map(({ data, actor, door }) => [data.why, actor, door]),
          [[word, house.device.id, 'tacacs']],
        );
        assert.equal(count(left, 'login.granted'), 0);
        const pap = { type: 2, user: 'ada', data: Buffer.from(ada.password + ada.totp.code()) };
        assert.equal((await client.logIn(pap, []))[0]?.status, 1);
        house.test.clock.advance(30_000);
        await client.close();
      });
    }
  });

  describe('with a session id that was there before', () => {
    it('goes through with a new one each time', async () => {
      const client = await asAda();
      await permitted(client, 'show version', 'show clock');
      await client.close();
    });

    it('is refused on the same connection, and on another', async () => {
      const client = await asAda();
      const session = newSession();
      const header = { type: TYPE.authorization, session };
      client.send(header, request('show version'));
      assert.equal((await client.next(session))?.body[0], PASS_ADD);
      const here = await refusedPacket(client, header, request('show version'));
      assert.deepEqual(here, { status: undefined, why: ['replayed'] });
      house.test.clock.advance(61_000);
      const elsewhere = await refusedPacket(await house.connect(), header, request('show clock'));
      assert.deepEqual(elsewhere, { status: undefined, why: ['replayed'] });
    });

    it('is refused with a whole login that was recorded on the wire', async () => {
      const recorded: Uint8Array[] = [];
      const client = await house.connect({
        onPacket: (from, packet) => void (from === 'device' && recorded.push(packet)),
      });
      const pap = { type: 2, user: 'ada', data: Buffer.from(ada.password + ada.totp.code()) };
      const first = await eventsOf(house.test, async () => {
        assert.equal((await client.logIn(pap, []))[0]?.status, 1);
      });
      assert.deepEqual(
        first
          .filter(({ type }) => type === 'login.granted')
          .map(({ subject, door, data }) => [subject, door, data.client]),
        [[ada.id, 'tacacs', house.device.id]],
      );
      await client.close();
      const replay = await house.connect();
      const left = await eventsOf(house.test, async () => {
        replay.socket.write(recorded[0] ?? '');
        await replay.closed;
      });
      assert.deepEqual(await why(left), ['replayed']);
      house.test.clock.advance(30_000);
    });
  });

  describe('without the secret', () => {
    it('goes through with it', async () => {
      await (await asAda()).close();
    });

    it('is answered with an error that it can not read, closed and on record', async () => {
      const client = await house.connect({ secret: 'not the secret that was agreed on' });
      let answered = 0;
      client.socket.on('data', () => {
        answered += 1;
      });
      const left = await eventsOf(house.test, async () => {
        client.send({ type: TYPE.authentication }, start);
        await client.closed;
      });
      assert.deepEqual(await why(left), ['wrong-secret']);
      assert.equal(answered, 1);
    });

    it('is closed without a word for who is no device of ours', async () => {
      const { device, test } = house;
      const { store, devices } = test.house;
      const by = { door: 'cli' } as const;
      await store.write((tx) => devices.disable(tx, device.id, by));
      const left = await eventsOf(test, async () => {
        const client = await house.connect();
        assert.equal(await client.authorise('ada', command('show version')), undefined);
        await client.closed;
      });
      assert.deepEqual(await why(left), ['unknown']);
      await store.write((tx) => devices.enable(tx, device.id, by));
    });
  });

  describe('out of sequence', () => {
    const typed = writeContinue({
      flags: 0,
      message: Buffer.from('x'),
      data: new Uint8Array(),
    });
    it('is refused with a number that is not the next one', async () => {
      for (const sequence of [2, 5, 7, 255]) {
        house.test.clock.advance(61_000);
        const client = await house.connect();
        const session = client.send({ type: TYPE.authentication }, start);
        assert.equal((await client.next(session))?.body[0], 5);
        const header = { type: TYPE.authentication, session, sequence };
        const refused = await refusedPacket(client, header, typed);
        assert.deepEqual(refused.why, ['malformed'], `${sequence}`);
        assert.equal(refused.status, undefined);
      }
    });

    it('is refused with a session that never began, and with one of another kind', async () => {
      const never = { type: TYPE.authentication, sequence: 3 } as const;
      const refused = await refusedPacket(await house.connect(), never, typed);
      assert.deepEqual(refused, { status: undefined, why: ['malformed'] });
      house.test.clock.advance(61_000);
      const client = await house.connect();
      const session = client.send({ type: TYPE.authentication }, start);
      await client.next(session);
      const other = { type: TYPE.authorization, session, sequence: 3 } as const;
      assert.deepEqual((await refusedPacket(client, other, request('reload'))).why, ['malformed']);
    });

    it('is refused with a second session where they may not follow one another', async () => {
      const client = await house.connect({ single: false });
      client.send({ type: TYPE.authentication }, start);
      const second = await refusedPacket(client, { type: TYPE.authentication }, start);
      assert.deepEqual(second, { status: 7, why: ['malformed'] });
    });

    it('goes through in sequence, and without single-connection mode the connection is closed then', async () => {
      const client = await house.connect({ single: false });
      const [, failed] = await client.logIn({ user: 'ada' }, ['wrong']);
      assert.equal(failed?.status, 2);
      await client.closed;
      house.test.clock.advance(600_000);
    });
  });

  describe('with lengths that are too large', () => {
    it('goes through with the largest that a request can have', async () => {
      const client = await asAda();
      const args = ['service=shell', 'cmd=show', ...Array.from({ length: 250 }, () => 'cmd-arg=x')];
      assert.equal((await client.authorise('ada', args))?.status, PASS_ADD);
      await client.close();
    });

    it('is closed at the header, before anything is kept of it', async () => {
      for (const length of [65_537, 0x7fffffff, 0xffffffff]) {
        house.test.clock.advance(61_000);
        const client = await house.connect();
        const header = { type: TYPE.authorization, length };
        const refused = await refusedPacket(client, header, request('show version'));
        assert.deepEqual(refused, { status: undefined, why: ['malformed'] });
      }
    });

    it('is refused where the lengths in a body do not add up', async () => {
      for (const at of [4, 5, 6, 7, 8]) {
        house.test.clock.advance(61_000);
        const body = request('show version').slice();
        body[at] = 255;
        const refused = await refusedPacket(
          await house.connect(),
          { type: TYPE.authorization },
          body,
        );
        assert.deepEqual(refused, { status: ERROR, why: ['wrong-secret'] });
      }
    });
  });

  describe('as another device', () => {
    it('is refused with the login of a person at another device', async () => {
      const client = await asAda();
      await client.close();
      const porch = await addDevice(house.test, 'porch', { addresses: ['127.0.0.2'] });
      const secret = await giveSecret(house.test, porch, 'tacacs');
      house.test.clock.advance(2000);
      const there = await house.connect({ secret, from: '127.0.0.2' });
      const left = await eventsOf(house.test, async () => {
        assert.equal((await there.authorise('ada', command('show version')))?.status, FAIL);
        assert.equal((await there.authorise('ada', ['service=shell', 'cmd=']))?.status, FAIL);
      });
      assert.deepEqual(
        left.map(({ type, reason, actor }) => [type, reason, actor]),
        ['command', 'shell'].map(() => ['command.refused', 'no-session', porch.id]),
      );
      await there.close();
    });

    it('is closed in the midst of a connection once the device was disabled or has another secret', async () => {
      const client = await asAda();
      const { test, device } = house;
      const { store, devices } = test.house;
      const by = { door: 'cli' } as const;
      await store.write((tx) => devices.disable(tx, device.id, by));
      test.clock.advance(6000);
      assert.equal(await client.authorise('ada', command('show version')), undefined);
      await client.closed;
      await store.write((tx) => devices.enable(tx, device.id, by));
      const again = await asAda();
      await giveSecret(test, device, 'tacacs');
      test.clock.advance(6000);
      assert.equal(await again.authorise('ada', command('show version')), undefined);
      await again.closed;
    });
  });

  it('makes nothing fail on our side', () => {
    assert.deepEqual(house.faults, []);
    assert.deepEqual(house.test.notices, []);
  });
});
