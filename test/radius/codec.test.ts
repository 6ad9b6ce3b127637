import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { attributeNames, entryNamed, entryOf } from '../../server/wire/radius/dictionary.ts';
import { createMd5 } from '../../server/wire/radius/md5.ts';
import {
  allOf,
  attribute,
  CODE,
  createPacketStream,
  joined,
  type Packet,
  readPacket,
  split,
  TYPE,
  writePacket,
} from '../../server/wire/radius/packet.ts';
import { createSharedSecret } from '../../server/wire/radius/shared-secret.ts';
import { addressOf, integerOf, named, ofVendor, textOf } from '../../server/wire/radius/values.ts';
import { SECRET, STATUS, TELNET } from './vectors.ts';

const secret = createSharedSecret(SECRET);
const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('hex');
const read = (bytes: Uint8Array): Packet => {
  const packet = readPacket(bytes);
  assert.ok(packet.ok, packet.ok ? '' : packet.error);
  return packet.value;
};
const bytes = (most: number, least = 0) => fc.uint8Array({ minLength: least, maxLength: most });

test('MD5 and its MAC are those of OpenSSL, whatever is hashed in however many parts', () => {
  const md5 = createMd5();
  fc.assert(
    fc.property(fc.array(bytes(200), { maxLength: 5 }), bytes(100, 1), (parts, key) => {
      const whole = Buffer.concat(parts);
      assert.equal(hex(md5.hash(...parts)), createHash('md5').update(whole).digest('hex'));
      const mac = createHmac('md5', key).update(whole).digest('hex');
      assert.equal(hex(md5.keyed(key)(...parts)), mac);
    }),
  );
});

test('The login that RFC 2865 §7.1 prints is read, its password shown, and its answer checked', () => {
  const request = read(TELNET.request);
  assert.equal(request.code, CODE.accessRequest);
  assert.equal(textOf(request, TYPE.userName), 'nemo');
  assert.equal(addressOf(request, 4), '192.168.1.16');
  assert.equal(integerOf(request, 5), 3);
  const hidden = attribute(request, TYPE.userPassword)!; // The vector has one.
  const shown = secret.showPassword(hidden, request.authenticator)!; // Of sixteen octets.
  assert.equal(Buffer.from(shown).toString(), 'arctangent');
  assert.equal(hex(secret.hidePassword(shown, request.authenticator)), hex(hidden));
  const answer = read(TELNET.answer);
  assert.equal(secret.checkAnswer(answer, TELNET.request, 'optional'), undefined);
  assert.equal(secret.checkAnswer(answer, TELNET.request, 'anywhere'), 'absent');
  assert.equal(hex(writePacket(request)), hex(TELNET.request));
});

test('The Status-Server packets of RFC 5997 §6 are signed as they say', () => {
  for (const [asked, answered] of [
    [STATUS.authentication, STATUS.authenticationAnswer],
    [STATUS.accounting, STATUS.accountingAnswer],
  ] as const) {
    assert.equal(secret.checkRequest(read(asked), 'first'), undefined);
    assert.equal(secret.checkAnswer(read(answered), asked, 'optional'), undefined);
  }
});

test('A packet that is cut anywhere, or changed in any octet, is refused', () => {
  const { authentication } = STATUS;
  for (let length = 0; length < authentication.length; length++) {
    assert.equal(readPacket(authentication.subarray(0, length)).ok, false, `${length} octets`);
  }
  for (let at = 0; at < authentication.length; at++) {
    for (const bit of [1, 128]) {
      const changed = authentication.slice();
      changed[at]! ^= bit; // Within it.
      const packet = readPacket(changed);
      const sound =
        packet.ok &&
        packet.value.code === CODE.statusServer &&
        secret.checkRequest(packet.value, 'first') === undefined;
      assert.equal(sound, false, `octet ${at}`);
    }
  }
});

test('Octets beyond the length are padding, and are not part of what is signed', () => {
  const padded = new Uint8Array([...STATUS.authentication, 1, 2, 3]);
  assert.equal(secret.checkRequest(read(padded), 'first'), undefined);
});

test('What is written is read back the same, and so is what two peers sign for each other', () => {
  const attributes = fc.array(
    fc.record({ type: fc.integer({ min: 96, max: 255 }), value: bytes(253) }),
    { maxLength: 14 },
  );
  const known = [
    CODE.accessRequest,
    CODE.accountingRequest,
    CODE.coaRequest,
    CODE.disconnectRequest,
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...known),
      fc.integer({ min: 0, max: 255 }),
      bytes(16, 16),
      attributes,
      bytes(60, 1),
      (code, identifier, authenticator, attributes, key) => {
        const peer = createSharedSecret(key);
        const signed = code === CODE.accessRequest ? [authenticator] : [];
        const request = peer.request(code, identifier, attributes, ...signed)!; // Fourteen at most fit.
        const packet = read(request);
        assert.deepEqual(
          packet.attributes.slice(1).map(({ type, value }) => [type, hex(value)]),
          attributes.map(({ type, value }) => [type, hex(value)]),
        );
        assert.equal(peer.checkRequest(packet, 'first'), undefined);
        assert.notEqual(
          createSharedSecret(new Uint8Array([...key, 1])).checkRequest(packet, 'first'),
          undefined,
        );
        const answer = peer.answer(packet, CODE.accessAccept, attributes)!; // As above.
        assert.equal(peer.checkAnswer(read(answer), request, 'anywhere'), undefined);
        assert.equal(read(answer).attributes[0]?.type, TYPE.messageAuthenticator);
      },
    ),
    { numRuns: 200 },
  );
});

test('Passwords, and values with a salt, are hidden and shown again; with another secret they are not', () => {
  fc.assert(
    fc.property(
      bytes(128),
      bytes(238),
      bytes(16, 16),
      bytes(2, 2),
      (word, value, authenticator, salt) => {
        const hidden = secret.hidePassword(word, authenticator)!; // No longer than 128.
        let end = word.length;
        while (end > 0 && word[end - 1] === 0) end--;
        assert.equal(hex(secret.showPassword(hidden, authenticator)), hex(word.subarray(0, end)));
        const salted = secret.hideWithSalt(value, salt, authenticator);
        assert.ok((salted[0]! & 0x80) !== 0); // It begins with the salt.
        assert.equal(hex(secret.showWithSalt(salted, authenticator)), hex(value));
      },
    ),
  );
  assert.equal(secret.hidePassword(new Uint8Array(129), new Uint8Array(16)), undefined);
  for (const length of [0, 15, 17, 144]) {
    assert.equal(secret.showPassword(new Uint8Array(length), new Uint8Array(16)), undefined);
  }
});

test('An EAP packet is split over attributes and joined again', () => {
  fc.assert(
    fc.property(bytes(3000, 1), (eap) => {
      const parts = split(TYPE.eapMessage, eap);
      const authenticator = new Uint8Array(16);
      const written = writePacket({
        code: CODE.accessRequest,
        identifier: 1,
        authenticator,
        attributes: parts,
      });
      const packet = read(written!); // 3000 octets fit.
      assert.equal(hex(joined(packet, TYPE.eapMessage)), hex(eap));
      assert.equal(allOf(packet, TYPE.eapMessage).length, Math.ceil(eap.length / 253));
    }),
  );
});

test('Attributes that go on beyond the packet, are shorter than their header, or stand twice are refused', () => {
  const packet = (attributes: number[], length = 20 + attributes.length) =>
    new Uint8Array([1, 7, length >> 8, length & 255, ...new Array(16).fill(9), ...attributes]);
  const fault = (bytes: Uint8Array) => {
    const outcome = readPacket(bytes);
    return outcome.ok ? 'read' : outcome.error;
  };
  assert.equal(fault(packet([1, 3, 97])), 'read');
  assert.equal(fault(packet([1, 4, 97])), 'attribute');
  assert.equal(fault(packet([1, 0])), 'attribute');
  assert.equal(fault(packet([1, 1])), 'attribute');
  assert.equal(fault(packet([1])), 'attribute');
  assert.equal(fault(packet([1, 3, 97, 1, 3, 98])), 'repeated');
  const twice = [80, 18, ...new Array(16).fill(0)];
  assert.equal(fault(packet([...twice, ...twice])), 'repeated');
  assert.equal(fault(packet([], 19)), 'long');
  assert.equal(fault(packet([], 4097)), 'long');
  assert.equal(fault(packet([], 21)), 'short');
  assert.equal(fault(new Uint8Array([9, ...packet([]).slice(1)])), 'code');
});

test('Packets are taken out of a stream however it is cut, and a length that none can have ends it', () => {
  const whole = new Uint8Array([...STATUS.authentication, ...TELNET.request, ...STATUS.accounting]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 8 }), (cuts) => {
      const stream = createPacketStream();
      const at = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      const found: Uint8Array[] = [];
      for (let i = 1; i < at.length; i++) {
        const packets = stream.push(whole.subarray(at[i - 1], at[i]));
        assert.notEqual(packets, 'fault');
        if (packets !== 'fault') found.push(...packets);
      }
      assert.deepEqual(
        found.map(hex),
        [STATUS.authentication, TELNET.request, STATUS.accounting].map(hex),
      );
    }),
  );
  assert.equal(createPacketStream().push(new Uint8Array([1, 1, 0, 19])), 'fault');
  assert.equal(createPacketStream().push(new Uint8Array([22, 3, 0, 2])), 'fault');
});

test('Every name of the dictionary is found again by its number, and no two have the same', () => {
  const names = attributeNames();
  assert.equal(new Set(names.map((name) => name.toLowerCase())).size, names.length);
  for (const name of names) {
    const entry = entryNamed(name);
    assert.ok(entry);
    assert.equal(entryOf(entry.type, entry.vendor), entry);
  }
});

test('Values are written by their names, tagged and of vendors too, and what does not fit is refused', () => {
  const value = (name: string, value: string | number) => {
    const made = named(name, value);
    return made.ok ? `${made.value.type} ${hex(made.value.value)}` : made.error;
  };
  assert.equal(value('Tunnel-Type', 'VLAN'), '64 0000000d');
  assert.equal(value('tunnel-medium-type', 'IEEE-802'), '65 00000006');
  assert.equal(value('Tunnel-Private-Group-Id', 30), '81 3330');
  assert.equal(value('Session-Timeout', 28_800), '27 00007080');
  assert.equal(value('Framed-IP-Address', '192.0.2.9'), '8 c0000209');
  assert.equal(value('NAS-IPv6-Address', '2001:db8::1'), '95 20010db8000000000000000000000001');
  assert.equal(
    value('Cisco-AVPair', 'shell:priv-lvl=15'),
    `26 000000090113${Buffer.from('shell:priv-lvl=15').toString('hex')}`,
  );
  assert.equal(value('Session-Timeout', 'soon'), 'not-of-its-kind');
  assert.equal(value('Session-Timeout', -1), 'not-of-its-kind');
  assert.equal(value('Framed-IP-Address', '192.0.2'), 'not-of-its-kind');
  assert.equal(value('Filter-Id', 'x'.repeat(254)), 'too-long');
  assert.equal(value('Cisco-AVPair', 'x'.repeat(248)), 'too-long');
  assert.equal(value('No-Such-Thing', 1), 'unknown-name');
});

test('Attributes of vendors are read only where they are well formed', () => {
  const packet = (value: number[]) =>
    read(
      writePacket({
        code: CODE.accessRequest,
        identifier: 0,
        authenticator: new Uint8Array(16),
        attributes: [{ type: TYPE.vendorSpecific, value: Uint8Array.from(value) }],
      })!,
    ); // Short enough.
  assert.equal(ofVendor(packet([0, 0, 0, 9, 1, 3, 65, 2, 2]), 9).length, 2);
  assert.equal(ofVendor(packet([0, 0, 0, 9, 1, 4, 65]), 9).length, 0);
  assert.equal(ofVendor(packet([0, 0, 0, 9, 1, 1, 65]), 9).length, 0);
  assert.equal(ofVendor(packet([0, 0, 9]), 9).length, 0);
  assert.equal(ofVendor(packet([0, 0, 0, 9, 1, 3, 65]), 10).length, 0);
});
