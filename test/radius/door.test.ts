import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { LogInOutcome } from '../../server/gate/network/network-words.ts';
import { CODE, TYPE } from '../../server/wire/radius/packet.ts';
import { integerOf, ofVendor, readText, textOf } from '../../server/wire/radius/values.ts';
import { att, openRadiusClient, stateOf } from '../support/radius-client.ts';
import { loggedIn, nas, openRadiusDoor, type Played, SECRET } from '../support/radius-door.ts';
import { until } from '../support/until.ts';

const client = await openRadiusClient(SECRET);
after(() => client.close());

const challenged = (...kinds: string[]): LogInOutcome => ({
  state: 'challenged',
  attempt: {
    token: 'attempt',
    challenges: kinds.map((kind) => ({ kind: kind as 'totp', data: {} })), // A kind of those that people hold.
    proven: ['password'],
    expiresAt: Number.MAX_SAFE_INTEGER,
  },
});
const right = (offer: { kind: string; data: unknown } | undefined, kind: string, text: string) =>
  offer?.kind === kind && Object.values(offer.data as object)[0] === text;

/** Ada has a password and an authenticator app. */
const ada: Played = {
  logIn: ({ identifier }, offer) =>
    identifier === 'ada' && right(offer, 'password', 'enigma')
      ? challenged('totp', 'recovery')
      : { state: 'refused', reason: 'wrong' },
  prove: (_token, offer) =>
    right(offer, 'totp', '123456')
      ? { state: 'granted', login: loggedIn({ attributes: { vlan: '30', privilege: 15 } }) }
      : { state: 'refused', reason: 'wrong', ...rest(challenged('totp')) },
};
function rest(outcome: LogInOutcome) {
  return outcome.state === 'challenged' ? { attempt: outcome.attempt } : {};
}

describe('people at network devices', () => {
  test('A password is challenged for a code, and the code lets in with what policies tell', async (t) => {
    const house = await openRadiusDoor({ ...ada, client: nas({ groups: ['cisco'] }) });
    t.after(house.close);
    const first = await client.ask(client.pap('ada', 'enigma'), house.port);
    assert.equal(first.code, CODE.accessChallenge);
    assert.match(textOf(first, 18) ?? '', /code that your authenticator app shows, or .*recovery/);
    const second = await client.ask(client.pap('ada', '123456', [stateOf(first)]), house.port);
    assert.equal(second.code, CODE.accessAccept);
    assert.equal(integerOf(second, 64), 13);
    assert.equal(textOf(second, 81), '30');
    assert.equal(integerOf(second, 6), 6);
    assert.deepEqual(
      ofVendor(second, 9).map(({ value }) => readText(value)),
      ['shell:priv-lvl=15'],
    );
    assert.equal(integerOf(second, 27), 3600);
    assert.equal(textOf(second, 25), `sallyport:${loggedIn().session}`);
    assert.deepEqual(
      house.judged.map(({ service }) => service),
      ['vpn', ''],
    );
  });

  test('A mistyped code is asked for again, with another State; the first is good no more', async (t) => {
    const house = await openRadiusDoor(ada);
    t.after(house.close);
    const first = await client.ask(client.pap('ada', 'enigma'), house.port);
    const again = await client.ask(client.pap('ada', '999999', [stateOf(first)]), house.port);
    assert.equal(again.code, CODE.accessChallenge);
    assert.match(textOf(again, 18) ?? '', /did not match/);
    const old = await client.ask(client.pap('ada', '123456', [stateOf(first)]), house.port);
    assert.equal(old.code, CODE.accessReject);
    const last = await client.ask(client.pap('ada', '123456', [stateOf(again)]), house.port);
    assert.equal(last.code, CODE.accessAccept);
  });

  test('A challenge that is answered too late, or under another name, is refused', async (t) => {
    const house = await openRadiusDoor(ada, { answerTime: '60s' });
    t.after(house.close);
    const first = await client.ask(client.pap('ada', 'enigma'), house.port);
    const other = await client.ask(client.pap('eve', '123456', [stateOf(first)]), house.port);
    assert.equal(other.code, CODE.accessReject);
    const second = await client.ask(client.pap('ada', 'enigma'), house.port);
    house.clock.advance(60_000);
    const late = await client.ask(client.pap('ada', '123456', [stateOf(second)]), house.port);
    assert.equal(late.code, CODE.accessReject);
    assert.equal(house.judged.filter(({ name }) => name === 'attempt').length, 0);
  });

  test('Where a device can’t ask twice, password and code come in one and are cut apart', async (t) => {
    const house = await openRadiusDoor(ada, { codeAppended: ['vpn1'] });
    t.after(house.close);
    const code = async (typed: string) =>
      (await client.ask(client.pap('ada', typed), house.port)).code;
    assert.equal(await code('enigma123456'), CODE.accessAccept);
    assert.equal(await code('enigma999999'), CODE.accessReject);
    assert.equal(await code('enigma'), CODE.accessReject);
    assert.equal(await code('wrong123456'), CODE.accessReject);
  });

  test('What is no login is refused: no password, CHAP, a name with control characters', async (t) => {
    const house = await openRadiusDoor(ada);
    t.after(house.close);
    const random = new Uint8Array(16).fill(3);
    const chap = { type: 3, value: new Uint8Array(17) };
    for (const attributes of [[], [att('User-Name', 'ada')], [att('User-Name', 'ada'), chap]]) {
      const bytes = client.write(CODE.accessRequest, attributes, random);
      assert.equal((await client.ask(bytes, house.port)).code, CODE.accessReject);
    }
    const odd = client.pap('ada\nroot', 'enigma');
    assert.equal((await client.ask(odd, house.port)).code, CODE.accessReject);
    assert.equal(house.judged.length, 0);
  });

  test('A fault on the way refuses, and is reported', async (t) => {
    const house = await openRadiusDoor({
      logIn: () => {
        throw new Error('broken');
      },
    });
    t.after(house.close);
    const answer = await client.ask(client.pap('ada', 'enigma'), house.port);
    assert.equal(answer.code, CODE.accessReject);
    assert.equal(house.faults.length, 1);
  });

  test('What policies tell and RADIUS can’t say lets nobody in', async (t) => {
    const attributes = { 'no-such-word': 'x' };
    const house = await openRadiusDoor({
      logIn: () => ({ state: 'granted', login: loggedIn({ attributes }) }),
    });
    t.after(house.close);
    const answer = await client.ask(client.pap('ada', 'enigma'), house.port);
    assert.equal(answer.code, CODE.accessReject);
    assert.equal(house.faults.length, 1);
  });
});

describe('what comes with it', () => {
  test('Proxy-State goes back as it came, in its order, after all else', async (t) => {
    const house = await openRadiusDoor(ada);
    t.after(house.close);
    const states = [att('User-Name', 'x')].map(({ value }) => ({ type: TYPE.proxyState, value }));
    const two = [...states, { type: TYPE.proxyState, value: Uint8Array.of(2, 0, 255) }];
    const answer = await client.ask(client.pap('ada', 'wrong', two), house.port);
    assert.deepEqual(
      answer.attributes.slice(-2).map(({ type, value }) => [type, ...value]),
      two.map(({ type, value }) => [type, ...value]),
    );
  });

  test('Status-Server is answered on either port, and on neither unless it is signed', async (t) => {
    const house = await openRadiusDoor(ada);
    t.after(house.close);
    const bytes = client.write(CODE.statusServer, [], new Uint8Array(16).fill(7));
    assert.equal((await client.ask(bytes, house.port)).code, CODE.accessAccept);
    assert.equal((await client.ask(bytes, house.accountingPort)).code, CODE.accountingResponse);
    const unsigned = bytes.slice(0, 20);
    unsigned.set([0, 20], 2);
    const noted = until('it is noted', () => house.unheard.length > 0);
    assert.equal(await client.exchange(unsigned, house.port, noted), undefined);
    assert.deepEqual(house.unheard, ['unsigned']);
  });

  test('A device that shows its MAC address alone is asked about as one', async (t) => {
    const house = await openRadiusDoor({ admit: (mac) => mac === '02:00:5e:10:00:01' });
    t.after(house.close);
    const mac = '02005e100001';
    const at = (station: string) => [
      att('NAS-Port-Type', 'Ethernet'),
      att('Calling-Station-Id', station),
    ];
    const answer = await client.ask(client.pap(mac, mac, at('02-00-5E-10-00-01')), house.port);
    assert.equal(answer.code, CODE.accessAccept);
    assert.equal(textOf(answer, 81), 'quarantine');
    const other = '02005e100002';
    const check = [att('Service-Type', 'Call-Check')];
    const refused = await client.ask(client.pap(other, other, check), house.port);
    assert.equal(refused.code, CODE.accessReject);
    assert.deepEqual(
      house.judged.map(({ service }) => service),
      ['mac', 'mac'],
    );
  });

  test('A MAC address that is typed where people log in, or of another than who is there, is a name', async () => {
    const mac = '02005e100001';
    const port = att('NAS-Port-Type', 'Ethernet');
    const virtual = att('NAS-Port-Type', 'Virtual');
    const station = att('Calling-Station-Id', '02-00-5E-10-00-01');
    for (const [kind, more] of [
      ['vpn', []],
      ['vpn', [station]],
      ['access-point', [virtual, station]],
      ['switch', [port]],
      ['switch', [port, att('Calling-Station-Id', '02-00-5E-10-00-02')]],
      ['switch', [port, station, att('Service-Type', 'Administrative')]],
    ] as const) {
      const house = await openRadiusDoor({ client: nas({ kind }), admit: () => true });
      const answer = await client.ask(client.pap(mac, mac, more), house.port);
      await house.close();
      assert.equal(answer.code, CODE.accessReject);
      assert.deepEqual(
        house.judged.map(({ name, offer }) => [name, offer?.kind]),
        [[mac, 'password']],
      );
    }
  });

  test('Accounting is answered once it is written, and not when it can’t be', async (t) => {
    const reports: unknown[] = [];
    let broken = false;
    const house = await openRadiusDoor({
      account: (report) => {
        if (broken) throw new Error('no disk');
        reports.push(report);
      },
    });
    t.after(house.close);
    const session = loggedIn().session;
    const stop = client.write(CODE.accountingRequest, [
      att('Acct-Status-Type', 'Stop'),
      att('Acct-Session-Id', '0000001A'),
      att('User-Name', 'ada'),
      att('Class', `sallyport:${session}`),
      att('Acct-Session-Time', 65),
      att('Acct-Input-Octets', 10),
      att('Acct-Input-Gigawords', 1),
      att('Acct-Terminate-Cause', 'User-Request'),
      att('Framed-IP-Address', '192.0.2.80'),
    ]);
    const answer = await client.ask(stop, house.accountingPort);
    assert.equal(answer.code, CODE.accountingResponse);
    assert.deepEqual(reports, [
      {
        kind: 'stop',
        session,
        deviceSession: '0000001A',
        name: 'ada',
        seconds: 65,
        bytesIn: 2 ** 32 + 10,
        cause: 'user-request',
        address: '192.0.2.80',
      },
    ]);
    broken = true;
    const next = client.write(CODE.accountingRequest, [att('Acct-Status-Type', 'Start')]);
    const failed = until('it is reported', () => house.faults.length > 0);
    assert.equal(await client.exchange(next, house.accountingPort, failed), undefined);
    broken = false;
    assert.ok(await client.exchange(next, house.accountingPort), 'the same packet is judged again');
    assert.equal(reports.length, 2);
  });

  test('EAP goes in and out whole, with keys that the network device can read', async (t) => {
    const long = new Uint8Array(700).fill(5);
    const recv = new Uint8Array(32).fill(1);
    const send = new Uint8Array(32).fill(2);
    const seen: number[] = [];
    const house = await openRadiusDoor(
      {},
      {},
      {
        async begin({ eap }) {
          seen.push(eap.length);
          return { state: 'challenge', eap: long, conversation: 'one' };
        },
        async continue(conversation, { eap }) {
          assert.equal(conversation, 'one');
          seen.push(eap.length);
          if (eap.length === 9) return { state: 'ignore' };
          return {
            state: 'accept',
            eap: Uint8Array.of(3, 1, 0, 4),
            keys: { recv, send },
            login: loggedIn(),
          };
        },
        forget() {},
      },
    );
    t.after(house.close);
    const eap = (value: Uint8Array) => ({ type: TYPE.eapMessage, value });
    const ask = (...attributes: { type: number; value: Uint8Array }[]) =>
      client.write(
        CODE.accessRequest,
        attributes,
        new Uint8Array(16).map(() => Math.random() * 256),
      );
    const first = await client.ask(
      ask(eap(new Uint8Array(253)), eap(new Uint8Array(47))),
      house.port,
    );
    assert.equal(first.code, CODE.accessChallenge);
    const state = stateOf(first);
    const nothing = ask(eap(new Uint8Array(9)), state);
    const wasSeen = until('it is seen', () => seen.length === 2);
    assert.equal(await client.exchange(nothing, house.port, wasSeen), undefined);
    const last = ask(eap(new Uint8Array(10)), state);
    const accept = await client.ask(last, house.port);
    assert.equal(accept.code, CODE.accessAccept);
    assert.deepEqual(seen, [300, 9, 10]);
    const keys = new Map(
      ofVendor(accept, 311).map(({ type, value }) => [
        type,
        client.secret.showWithSalt(value, last.subarray(4, 20)),
      ]),
    );
    assert.deepEqual(keys.get(17), recv);
    assert.deepEqual(keys.get(16), send);
  });
});
