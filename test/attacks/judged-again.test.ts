/**
 * Whoever is at a network device stays there only as long as they would be let in (T1078, T1133): groups that are lost and policies
 * that change put them out, and policies that say other things of them are told to the device (RFC 5176). What comes back is believed
 * only when it is signed, and of this very request.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { NetworkSessionId } from '../../server/gate/network/network-words.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import {
  type Attribute,
  attribute,
  CODE,
  type Packet,
  readPacket,
  TYPE,
} from '../../server/wire/radius/packet.ts';
import { createSharedSecret } from '../../server/wire/radius/shared-secret.ts';
import { integerOf, textOf } from '../../server/wire/radius/values.ts';
import { count, events, eventsOf, onRecord, type TestEvent } from '../support/events.ts';
import type { TestHouse } from '../support/house.ts';
import { activateForNetwork } from '../support/network-policies.ts';
import { signIn, type TestPerson } from '../support/people.ts';
import { att, openRadiusClient, type RadiusClient } from '../support/radius-client.ts';
import { openRadiusHouse, operator, type RadiusHouse } from '../support/radius-house.ts';
import { openTacacsHouse } from '../support/tacacs-house.ts';
import { until } from '../support/until.ts';

const BY = { door: 'cli' } as const;
const TUNNEL_PRIVATE_GROUP = 81;
const SESSION_TIMEOUT = 27;
const CLASS = 25;

const letsIn = (reply: string, group = 'network-operators') =>
  `@id("operators")\n@because("They log in.")\n@reply("${reply}")\npermit (principal in Group::"${group}", action == Action::"logIn", resource);\n`;

const regroup = ({ house }: TestHouse, { id }: TestPerson, groups: readonly string[]) =>
  house.store.write((tx) => house.people.change(tx, id, { groups }, BY));

describe('a session at a network device that speaks RADIUS', () => {
  let house: RadiusHouse;
  let device: RadiusClient;
  let eve: TestPerson;
  const heard: Packet[] = [];
  let answers: (request: Packet) => Uint8Array | undefined;
  let close: () => Promise<void>;

  /** A network device that takes Disconnect-Requests and CoA-Requests at a port of its own. */
  async function open(change: readonly string[]) {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    house = await openRadiusHouse({
      tls: false,
      dynamicAuthorization: { port, change: [...change] },
    });
    device = await openRadiusClient(house.secret);
    eve = await operator(house.test, 'eve');
    const secret = createSharedSecret(house.secret);
    heard.length = 0;
    answers = (request) =>
      secret.answer(
        request,
        request.code === CODE.coaRequest ? CODE.coaAck : CODE.disconnectAck,
        [],
      );
    socket.on('message', (bytes, from) => {
      const read = readPacket(new Uint8Array(bytes));
      assert.ok(read.ok);
      assert.equal(secret.checkRequest(read.value, 'first'), undefined, 'it is signed');
      heard.push(read.value);
      const answer = answers(read.value);
      if (answer !== undefined) socket.send(answer, from.port, from.address);
    });
    close = async () => {
      await device.close();
      await house.close();
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    };
  }
  beforeEach(() => open(['hall']));
  afterEach(() => close());

  async function logIn(who: TestPerson): Promise<NetworkSessionId> {
    house.test.clock.advance(30_000);
    const { authentication, accounting } = house.door.ports();
    const password = device.pap(who.identifier, who.password);
    const first = await device.ask(password, authentication);
    const state: Attribute = { type: TYPE.state, value: attribute(first, TYPE.state)! }; // Of a challenge.
    const code = device.pap(who.identifier, who.totp.code(), [state]);
    const accepted = await device.ask(code, authentication);
    assert.equal(accepted.code, CODE.accessAccept);
    const given = textOf(accepted, CLASS) ?? '';
    const start = device.write(CODE.accountingRequest, [
      att('Acct-Status-Type', 'Start'),
      att('Acct-Session-Id', `S-${who.identifier}`),
      att('Class', given),
    ]);
    await device.ask(start, accounting);
    return given.replace('sallyport:', '') as NetworkSessionId;
  }
  const stands = (id: NetworkSessionId) => house.test.house.gate.network.stands(id, house.client);

  /** What a change leaves on record, once who is there was judged again and it is known what the network device made of so many requests. */
  async function judgedAgain(
    change: () => Promise<unknown>,
    requests: number,
  ): Promise<TestEvent[]> {
    const { test } = house;
    const before = count(await events(test), 'login.told');
    return eventsOf(test, async () => {
      await change();
      await test.house.gate.settleNetwork();
      await onRecord(test, 'login.told', before + requests);
    });
  }
  /** Out with whoever it is, and nothing was asked of the network device before: what is under way comes in its order. */
  async function isFirstHeard(who: TestPerson): Promise<void> {
    await judgedAgain(() => regroup(house.test, who, []), 1);
    assert.deepEqual(
      heard.map((packet) => [packet.code, textOf(packet, 44)]),
      [[CODE.disconnectRequest, `S-${who.identifier}`]],
    );
  }
  const ends = (left: readonly TestEvent[]) =>
    left
      .filter(({ type }) => type === 'login.ended')
      .map(({ subject, reason, data }) => [subject, data.why, reason]);
  const told = (left: readonly TestEvent[]) =>
    left
      .filter(({ type }) => type === 'login.told')
      .map(({ data }) => [data.asked, data.answer, data.cause]);

  it('ends with the group that it rested on, and nobody else’s does', async () => {
    const [hers, theirs] = [await logIn(house.ada), await logIn(eve)];
    const left = await judgedAgain(() => regroup(house.test, house.ada, ['others']), 1);
    assert.deepEqual(ends(left), [[house.ada.id, 'judged', 'not-permitted']]);
    assert.deepEqual(told(left), [['end', 'done', undefined]]);
    assert.deepEqual([await stands(hers), await stands(theirs)], [false, true]);
    assert.deepEqual(
      heard.map((packet) => [packet.code, textOf(packet, 44)]),
      [[CODE.disconnectRequest, 'S-ada']],
    );
    const again = await judgedAgain(() => regroup(house.test, eve, []), 1);
    assert.deepEqual(ends(again), [[eve.id, 'judged', 'not-permitted']]);
    assert.deepEqual(
      heard.map((packet) => textOf(packet, 44)),
      ['S-ada', 'S-eve'],
      'each once',
    );
    house.test.clock.advance(30_000);
    const { session } = await signIn(house.test, house.ada);
    const { activity } = house.test.house;
    const own = await activity.recent(session.token, { limit: 20 }, house.test.arrival());
    assert.ok(own.state === 'done');
    const at = own.value.filter(({ type }) => /^login\.(granted|ended|told)$/.test(type));
    assert.deepEqual(
      at.map(({ type, client }) => [type, client]),
      ['login.told', 'login.ended', 'login.granted'].map((type) => [type, 'hall']),
      'she is told where',
    );
  });

  it('goes on with another group that permits the same', async () => {
    await regroup(house.test, eve, ['network-operators', 'night-shift']);
    const session = await logIn(eve);
    const left = await judgedAgain(() => regroup(house.test, eve, ['network-operators']), 0);
    assert.deepEqual([ends(left), await stands(session)], [[], true]);
    await isFirstHeard(eve);
  });

  it('ends, however many there are, with policies that permit nobody', async () => {
    await logIn(house.ada);
    await logIn(eve);
    const left = await judgedAgain(
      () => activateForNetwork(house.test, letsIn('privilege=15', 'nobody')),
      2,
    );
    assert.equal(ends(left).length, 2);
    assert.equal(told(left).length, 2);
  });

  it('goes on under policies that say the same of it, hours after its proofs were fresh', async () => {
    const session = await logIn(house.ada);
    house.test.clock.advance(3 * 3_600_000);
    const left = await judgedAgain(() => activateForNetwork(house.test, letsIn('privilege=15')), 0);
    assert.deepEqual([ends(left), await stands(session)], [[], true]);
    await isFirstHeard(house.ada);
  });

  it('is changed where policies say another thing of it, and goes on when the device says that it did', async () => {
    const session = await logIn(house.ada);
    const left = await judgedAgain(
      () => activateForNetwork(house.test, letsIn('privilege=15 vlan=30 sessionTimeout=600')),
      1,
    );
    const [change, ...others] = heard;
    assert.ok(change);
    assert.deepEqual([change.code, others.length], [CODE.coaRequest, 0]);
    assert.deepEqual([textOf(change, 1), textOf(change, 44)], ['ada', 'S-ada']);
    assert.match(textOf(change, TUNNEL_PRIVATE_GROUP) ?? '', /30$/);
    assert.equal(attribute(change, CLASS), undefined, 'it keeps the one that it has');
    const seconds = integerOf(change, SESSION_TIMEOUT) ?? 0;
    assert.ok(seconds > 500 && seconds <= 600, `${seconds}`);
    assert.deepEqual(told(left), [['change', 'done', undefined]]);
    assert.equal(count(left, 'login.changed', 'done'), 1);
    assert.deepEqual([ends(left), await stands(session)], [[], true]);
    house.test.clock.advance(601_000);
    assert.equal(await stands(session), false, 'it lasts no longer than it is said to');
  });

  it('is read by tshark as what it is, with the key', {
    skip: spawnSync('tshark', ['--version']).status !== 0 && 'tshark is not installed',
  }, async (t) => {
    await logIn(house.ada);
    await judgedAgain(() => activateForNetwork(house.test, letsIn('privilege=15 vlan=30')), 1);
    const folder = mkdtempSync(join(tmpdir(), 'coa-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'coa.pcap');
    const input = Buffer.from(heard[0]?.bytes ?? [])
      .toString('hex')
      .replaceAll(/../g, ' $&');
    const made = spawnSync('text2pcap', ['-u', '40000,3799', '-', file], {
      input: `0000${input}\n`,
    });
    assert.equal(made.status, 0, String(made.stderr));
    const key = `radius.shared_secret:${Buffer.from(house.secret)}`;
    const { stdout } = spawnSync('tshark', ['-r', file, '-V', '-o', key]);
    for (const words of [
      'Code: CoA-Request (43)',
      'User-Name: ada',
      'Tunnel-Private-Group-Id: 30',
      'Acct-Session-Id: S-ada',
    ]) {
      assert.ok(String(stdout).includes(words), `${words}\n${stdout}`);
    }
    assert.doesNotMatch(String(stdout), /Malformed|\[incorrect/);
  });

  it('ends where the device is not known to take changes', async () => {
    await close();
    await open(['another']);
    await logIn(house.ada);
    const left = await judgedAgain(
      () => activateForNetwork(house.test, letsIn('privilege=15 vlan=30')),
      1,
    );
    assert.deepEqual(told(left), [['end', 'done', undefined]]);
    assert.deepEqual(
      heard.map(({ code }) => code),
      [CODE.disconnectRequest],
    );
    assert.deepEqual(ends(left), [[house.ada.id, 'changed', undefined]]);
  });

  const forged = createSharedSecret(Buffer.from('a secret that the device has not'));
  const lies: readonly (readonly [
    string,
    (request: Packet, good: ReturnType<typeof createSharedSecret>) => Uint8Array | undefined,
    readonly unknown[],
  ])[] = [
    [
      'says no',
      (request, good) => good.answer(request, CODE.coaNak, [att('Error-Cause', 401)]),
      ['change', 'refused', 401],
    ],
    ['says nothing', () => undefined, ['change', 'unanswered', undefined]],
    [
      'gives an answer that is signed with another secret',
      (request) => forged.answer(request, CODE.coaAck, []),
      ['change', 'unanswered', undefined],
    ],
    [
      'gives the answer to another request again',
      (request, good) =>
        good.answer({ ...request, authenticator: new Uint8Array(16) }, CODE.coaAck, []),
      ['change', 'unanswered', undefined],
    ],
    [
      'gives the answer to a Disconnect-Request',
      (request, good) => good.answer(request, CODE.disconnectAck, []),
      ['change', 'unanswered', undefined],
    ],
  ];
  it('ends where the device says no, says nothing, or its answer is none of its own to this request', async () => {
    const good = createSharedSecret(house.secret);
    const usual = answers;
    for (const [at, [lie, answer, expected]] of lies.entries()) {
      const session = await logIn(house.ada);
      answers = (request) =>
        request.code === CODE.coaRequest ? answer(request, good) : usual(request);
      heard.length = 0;
      const left = await judgedAgain(async () => {
        await activateForNetwork(house.test, letsIn(`privilege=15 vlan=${30 + at}`));
        await house.test.house.gate.settleNetwork();
        // Asked four times, each after a while.
        for (let asked = 1; expected[1] === 'unanswered' && asked <= 4; asked += 1) {
          await until('it is asked', () => heard.length === asked);
          house.runLater();
        }
      }, 2);
      assert.deepEqual(told(left), [expected, ['end', 'done', undefined]], lie);
      assert.deepEqual(ends(left), [[house.ada.id, 'changed', undefined]], lie);
      assert.equal(await stands(session), false, lie);
    }
  });

  it('is judged again when an administrator asks for it, and by nobody else', async () => {
    const session = await logIn(house.ada);
    const { store, logInActs } = house.test.house;
    const ask = (id: NetworkSessionId) => store.write((tx) => logInActs.reauthorize(tx, id, BY));
    assert.deepEqual(await ask(session), { ok: true, value: { outcome: 'same' } });
    await regroup(house.test, house.ada, []);
    assert.deepEqual(await ask(session), { ok: true, value: { outcome: 'ended' } });
    const gone = await ask(session);
    assert.equal(gone.ok ? '' : gone.error.code, 'not-found');
  });
});

describe('a session at a network device that speaks TACACS+', () => {
  it('ends where policies say another thing of it: no command goes through, and a new login does', async (t) => {
    const house = await openTacacsHouse();
    t.after(() => house.close());
    const ada = await house.person('ada');
    const client = await house.connect();
    const logIn = async () => {
      house.test.clock.advance(30_000);
      const replies = await client.logIn({ user: 'ada' }, [ada.password, ada.totp.code()]);
      assert.equal(replies.at(-1)?.status, 1, replies.at(-1)?.message);
    };
    const runs = async () =>
      (await client.authorise('ada', ['service=shell', 'cmd=show', 'cmd-arg=version']))?.status;
    await logIn();
    assert.equal(await runs(), 1);
    const left = await eventsOf(house.test, async () => {
      const { 'network.cedar': shipped = '' } = shippedPolicies();
      await activateForNetwork(
        house.test,
        shipped.replace('@reply("privilege=15")', '@reply("privilege=7")'),
      );
      await house.test.house.gate.settleNetwork();
    });
    assert.equal(count(left, 'login.ended'), 1);
    assert.equal(await runs(), 16);
    await logIn();
    assert.equal(await runs(), 1);
    await client.close();
  });
});
