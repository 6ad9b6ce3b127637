/**
 * Packets by whoever stands between network devices and us, or passes for one: BlastRADIUS (CVE-2024-3596), spoofed and unknown devices,
 * attributes out of bounds, guesses at shared secrets (D5; T1557). Each has the honest one beside it, and what is left on record.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import {
  type Attribute,
  CODE,
  HEADER,
  readPacket,
  TYPE,
  writePacket,
} from '../../server/wire/radius/packet.ts';
import { createSharedSecret } from '../../server/wire/radius/shared-secret.ts';
import { type AttackedRadius, openAttackedRadius, REFUSED } from '../support/attacked-radius.ts';
import { count, eventsOf } from '../support/events.ts';
import { addClient } from '../support/network.ts';
import { att, openRadiusClient } from '../support/radius-client.ts';
import { HERE } from '../support/radius-house.ts';

/** The packet with its attributes changed, and nothing signed again. */
function changed(bytes: Uint8Array, change: (all: readonly Attribute[]) => readonly Attribute[]) {
  const read = readPacket(bytes);
  assert.ok(read.ok);
  const written = writePacket({ ...read.value, attributes: change(read.value.attributes) });
  assert.ok(written);
  return written;
}

describe('packets of RADIUS that are forged', () => {
  let attacked: AttackedRadius;
  before(async () => {
    attacked = await openAttackedRadius();
  });
  after(() => attacked.close());

  it('a request whose Message-Authenticator is missing, wrong or late is not heard', async () => {
    const { house, device, login, logsIn, unheard, ofHall, aMinuteLater } = attacked;
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
    const { house, device, port, logsIn } = attacked;
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

  it('whoever is no network device hears nothing, also with the secret and the name of one', async (t) => {
    const { house, login, logsIn, unheard } = attacked;
    const stranger = await openRadiusClient(house.secret, '127.0.0.2');
    t.after(stranger.close);
    const posing = [att('NAS-IP-Address', HERE), att('NAS-Identifier', 'hall')];
    assert.deepEqual(await unheard(login(posing, stranger), stranger), [
      [REFUSED, 'unknown', undefined, undefined, '127.0.0.2'],
    ]);
    await logsIn(posing);
  });

  it('one network device does not pass for another: not by what it says, nor by its secret', async (t) => {
    const { house, login, logsIn, unheard } = attacked;
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
    const { house, device, port, login, logsIn, told, ofHall, aMinuteLater } = attacked;
    aMinuteLater();
    const left = await eventsOf(house.test, async () => {
      const over = Promise.withResolvers<void>();
      const answers = Array.from({ length: 100 }, (_, i) => {
        const guess = createSharedSecret(new TextEncoder().encode(`radius${i}`));
        // Under identifiers of their own: what comes for the honest one is not taken for theirs.
        const bytes = guess.request(
          CODE.accessRequest,
          156 + i,
          [att('User-Name', 'ada')],
          new Uint8Array(16),
        );
        assert.ok(bytes);
        return device.exchange(bytes, port, over.promise);
      });
      // Whoever comes after them is answered after them.
      assert.equal((await device.ask(login(), port)).code, CODE.accessChallenge);
      over.resolve();
      assert.ok((await Promise.all(answers)).every((answer) => answer === undefined));
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
    const { house, device, port, login, logsIn, unheard, ofHall, aMinuteLater } = attacked;
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
    const { house, device, unheard, ofHall } = attacked;
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
