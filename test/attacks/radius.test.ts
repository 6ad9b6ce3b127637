/**
 * Whoever stands between network devices and us, or passes for one: BlastRADIUS (CVE-2024-3596), replays, spoofed and unknown
 * devices, attributes out of bounds, guesses at shared secrets (D5; T1557, T1550, T1110). Each has the honest one beside it, and what is
 * left on record.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import {
  type Attribute,
  attribute,
  CODE,
  HEADER,
  type Packet,
  readPacket,
  TYPE,
  writePacket,
} from '../../server/wire/radius/packet.ts';
import { createSharedSecret } from '../../server/wire/radius/shared-secret.ts';
import { addDevice, giveProof } from '../support/devices.ts';
import { cameFrom, count, eventsOf, type TestEvent } from '../support/events.ts';
import { addClient } from '../support/network.ts';
import { att, openRadiusClient, type RadiusClient } from '../support/radius-client.ts';
import { HERE, openRadiusHouse, type RadiusHouse } from '../support/radius-house.ts';

/** How long nothing is waited for. */
const SILENCE = 150;

const stateOf = (packet: Packet): Attribute => ({
  type: TYPE.state,
  value: attribute(packet, TYPE.state)!, // Of a challenge.
});

/** The packet with its attributes changed, and nothing signed again. */
function changed(bytes: Uint8Array, change: (all: readonly Attribute[]) => readonly Attribute[]) {
  const read = readPacket(bytes);
  assert.ok(read.ok);
  const written = writePacket({ ...read.value, attributes: change(read.value.attributes) });
  assert.ok(written);
  return written;
}

describe('RADIUS under attack', () => {
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
  const login = (more: readonly Attribute[] = [], by = device) =>
    by.pap('ada', house.ada.password, more);
  const aMinuteLater = () => house.test.clock.advance(60_000);

  /** The same done rightly: both proofs, at this network device, and what is on record of it. */
  async function logsIn(more: readonly Attribute[] = [], by = device, at = house.client) {
    aMinuteLater();
    const left = await eventsOf(house.test, async () => {
      const first = await by.ask(login(more, by), port);
      assert.equal(first.code, CODE.accessChallenge);
      const code = by.pap('ada', house.ada.totp.code(), [stateOf(first), ...more]);
      assert.equal((await by.ask(code, port)).code, CODE.accessAccept);
    });
    const granted = left.filter(({ type }) => type === 'login.granted');
    assert.deepEqual(
      granted.map(({ subject, door, data }) => [subject, door, data.client]),
      [[house.ada.id, 'radius', at.device]],
    );
    assert.ok(left.every(({ outcome }) => outcome !== 'refused'));
  }

  /** A packet that is not heard: what stands on record of it. */
  async function unheard(bytes: Uint8Array, by = device, at = port) {
    // Of what is alike, one a minute is told.
    aMinuteLater();
    const left = await eventsOf(house.test, async () => {
      assert.equal(await by.exchange(bytes, at, SILENCE), undefined);
    });
    return Promise.all(left.map(told));
  }
  /** Who was refused, why, at which door, and from where they came. */
  async function told(event: TestEvent) {
    const { type, outcome, door, subject, data } = event;
    const from = await cameFrom(house.test, event);
    return [`${type} ${outcome} ${door}`, data.why, subject, data.client, from];
  }
  const REFUSED = 'network.client-refused refused radius';
  const ofHall = (why: string) => [REFUSED, why, house.client.device, 'hall', HERE];

  it('a request whose Message-Authenticator is missing, wrong or late is not heard', async () => {
    aMinuteLater();
    const signed = login();
    const wrong = signed.slice();
    wrong[HEADER + 2]! ^= 1; // Of the Message-Authenticator.
    const missing = changed(signed, (all) => all.slice(1));
    assert.deepEqual(await unheard(missing), [ofHall('unsigned')]);
    assert.deepEqual(await unheard(createLate()), [ofHall('unsigned')]);
    assert.deepEqual(await unheard(wrong), [ofHall('wrong-secret')]);
    await logsIn();

    /** Signed as it should be, but with something before it. */
    function createLate(): Uint8Array {
      const read = readPacket(login());
      assert.ok(read.ok);
      const [first, ...others] = read.value.attributes;
      assert.ok(first);
      const empty = { type: first.type, value: new Uint8Array(16) };
      const bytes = writePacket({ ...read.value, attributes: [...others, empty] });
      assert.ok(bytes);
      bytes.set(createHashMac(bytes), bytes.length - 16);
      const again = readPacket(bytes);
      assert.ok(again.ok);
      assert.equal(device.secret.checkRequest(again.value, 'anywhere'), undefined);
      return bytes;
    }
    function createHashMac(bytes: Uint8Array): Uint8Array {
      return hmacMd5(house.secret, bytes);
    }
  });

  it('an answer never goes without a Message-Authenticator in front, whatever is put into Proxy-State', async () => {
    // The attack grows a Proxy-State until the hash of a Reject is that of an Accept: what is signed comes before it.
    const long = { type: TYPE.proxyState, value: new Uint8Array(253).fill(0x41) };
    for (const more of [[], [long], [long, long, long]]) {
      const bytes = device.pap('ada', 'wrong', more);
      let raw: Uint8Array | undefined;
      const left = await eventsOf(house.test, async () => {
        raw = await device.exchange(bytes, port);
      });
      assert.deepEqual(
        left.map(({ type, outcome, reason, subject, door }) => [
          `${type} ${outcome} ${reason}`,
          subject,
          door,
        ]),
        [['proof.refused refused wrong', house.ada.id, 'radius']],
      );
      assert.ok(raw);
      const read = readPacket(raw);
      assert.ok(read.ok);
      assert.equal(read.value.code, CODE.accessReject);
      assert.equal(read.value.attributes[0]?.type, TYPE.messageAuthenticator);
      assert.equal(
        device.secret.checkAnswer(read.value, bytes, 'anywhere'),
        undefined,
        'it is ours',
      );
      const forged = raw.slice();
      forged[0] = CODE.accessAccept;
      // Even if its Response Authenticator were forged, as it can be: the other one can't.
      forged.set(responseAuthenticator(forged, bytes, house.secret), 4);
      const accept = readPacket(forged);
      assert.ok(accept.ok);
      assert.equal(device.secret.checkAnswer(accept.value, bytes, 'anywhere'), 'wrong');
    }
    await logsIn([long, long, long]);
  });

  it('a request that is sent again is answered again, and judged once', async () => {
    aMinuteLater();
    const first = await device.ask(login(), port);
    const bytes = device.pap('ada', house.ada.totp.code(), [stateOf(first)]);
    const left = await eventsOf(house.test, async () => {
      const answers = await Promise.all([1, 2, 3].map(() => device.exchange(bytes, port, 1000)));
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

  it('whoever is no network device hears nothing, also with the secret and the name of one', async (t) => {
    const stranger = await openRadiusClient(house.secret, '127.0.0.2');
    t.after(stranger.close);
    const posing = [att('NAS-IP-Address', HERE), att('NAS-Identifier', 'hall')];
    assert.deepEqual(await unheard(login(posing, stranger), stranger), [
      [REFUSED, 'unknown', undefined, undefined, '127.0.0.2'],
    ]);
    await logsIn(posing);
  });

  it('one network device does not pass for another: not by what it says, nor by its secret', async (t) => {
    const porch = await addClient(house.test, 'porch', '127.0.0.3');
    assert.ok(porch.secret);
    const own = await openRadiusClient(porch.secret, '127.0.0.3');
    t.after(own.close);
    const other = await openRadiusClient(house.secret, '127.0.0.3');
    t.after(other.close);
    const posing = [att('NAS-IP-Address', HERE), att('NAS-Identifier', 'hall')];
    assert.deepEqual(await unheard(login(posing, other), other), [
      [REFUSED, 'wrong-secret', porch.device, 'porch', '127.0.0.3'],
    ]);
    // Whatever it says of itself, it is judged and recorded as who it is.
    await logsIn(posing, own, porch);
    await logsIn();
  });

  it('guesses at a shared secret hear nothing, however many, and fill no record', async () => {
    aMinuteLater();
    const left = await eventsOf(house.test, async () => {
      for (let i = 0; i < 100; i++) {
        const guess = createSharedSecret(new TextEncoder().encode(`radius${i}`));
        const bytes = guess.request(
          CODE.accessRequest,
          i,
          [att('User-Name', 'ada')],
          new Uint8Array(16),
        );
        assert.ok(bytes);
        if (i < 99) void device.exchange(bytes, port, 1);
        else assert.equal(await device.exchange(bytes, port, SILENCE), undefined);
      }
      await house.test.house.counter.stop();
    });
    const [first, counted, ...others] = left.filter(({ outcome: is }) => is === 'refused');
    assert.ok(first && counted && others.length === 0);
    assert.deepEqual(await told(first), ofHall('wrong-secret'));
    const { type, outcome, subject, door, data } = counted;
    assert.deepEqual(
      [type, outcome, subject, door, data.count],
      ['decision.counted', 'refused', house.client.device, 'radius', 99],
    );
    await logsIn();
  });

  it('packets with attributes out of bounds are not heard, though they are signed, and the next one is', async () => {
    aMinuteLater();
    const whole = login();
    const [name, password] = [HEADER + 18, HEADER + 18 + 2 + 'ada'.length];
    assert.deepEqual([whole[name], whole[password]], [TYPE.userName, TYPE.userPassword]);
    const set = (at: number, octet: number) => {
      const bytes = whole.slice();
      bytes[at] = octet;
      return bytes;
    };
    const more = (...octets: readonly number[]) => Uint8Array.of(...whole, ...octets);
    /** One attribute of a vendor, and another, until it has so many octets. */
    const filled = (length: number) => {
      const bytes = new Uint8Array(length);
      bytes.set(whole);
      for (let at = whole.length; at < length; ) {
        const left = length - at;
        const size = left > 255 + 7 ? 255 : Math.min(left, 248);
        bytes.set([TYPE.vendorSpecific, size], at);
        at += size;
      }
      return bytes;
    };
    const wrong: Readonly<Record<string, Uint8Array>> = {
      'the last one goes on beyond the packet': set(password + 1, 200),
      'one covers the next and ends beyond the packet': set(name + 1, 100),
      'one is shorter than its header': set(name + 1, 1),
      'one is of no length': set(name + 1, 0),
      'one of no length stands behind all others': more(TYPE.proxyState, 0),
      'one has no length at all': more(TYPE.proxyState),
      'one name and another': more(TYPE.userName, 5, 0x65, 0x76, 0x65),
      'one password and another': more(...whole.subarray(password, password + 18)),
      'two Message-Authenticators': more(...whole.subarray(HEADER, HEADER + 18)),
      'more octets than a packet has': filled(4097),
    };
    for (const [what, bytes] of Object.entries(wrong)) {
      assert.deepEqual(await unheard(signed(bytes)), [ofHall('malformed')], what);
    }
    assert.deepEqual(await unheard(new Uint8Array(3)), [ofHall('malformed')]);
    // As many octets as a packet may have, in the same hand.
    const largest = await device.ask(signed(filled(4096)), port);
    assert.equal(largest.code, CODE.accessChallenge);
    await logsIn();

    /** Its length told and its Message-Authenticator made again: whoever has the secret makes no nonsense, and it is refused all the same. */
    function signed(spoilt: Uint8Array): Uint8Array {
      const bytes = spoilt.slice();
      bytes.set([bytes.length >>> 8, bytes.length & 255], 2);
      bytes.fill(0, HEADER + 2, HEADER + 18);
      bytes.set(hmacMd5(house.secret, bytes), HEADER + 2);
      return bytes;
    }
  });

  it('an accounting report with another secret, or changed on its way, is not believed', async () => {
    const { accounting } = house.door.ports();
    const report = device.write(CODE.accountingRequest, [
      att('Acct-Status-Type', 'Start'),
      att('Acct-Session-Id', '17'),
      att('User-Name', 'ada'),
    ]);
    const other = report.slice();
    other[other.length - 1]! ^= 1; // Of the name.
    assert.deepEqual(await unheard(other, device, accounting), [ofHall('wrong-secret')]);
    const right = await eventsOf(house.test, async () => {
      assert.equal((await device.ask(report, accounting)).code, CODE.accountingResponse);
    });
    assert.equal(count(right, 'network.accounted', 'done'), 1);
  });

  it('a MAC address that is typed as name and password logs nobody in; a port that sees it lets the device join', async () => {
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

  it('guesses at a code over RADIUS are slowed down like those at any other door', async () => {
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

/** By the RFC's words, apart from our own code (RFC 2865 §3). */
function responseAuthenticator(answer: Uint8Array, request: Uint8Array, secret: Uint8Array) {
  return createHash('md5')
    .update(answer.subarray(0, 4))
    .update(request.subarray(4, HEADER))
    .update(answer.subarray(HEADER))
    .update(secret)
    .digest();
}

function hmacMd5(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const pad = (byte: number) => new Uint8Array(64).map((_, i) => byte ^ (key[i] ?? 0));
  const inner = createHash('md5').update(pad(0x36)).update(bytes).digest();
  return new Uint8Array(createHash('md5').update(pad(0x5c)).update(inner).digest());
}
