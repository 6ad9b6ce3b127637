/**
 * The classes of malformed and malicious ECDSA signatures that Project Wycheproof's ecdsa_secp256r1_sha256 vectors try: made
 * here from a right signature, since each must be refused for its form or its numbers alone.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { isEcdsaDer } from '../../server/proofs/webauthn/ecdsa-der.ts';
import { createWebauthn } from '../../server/proofs/webauthn/webauthn.ts';
import { webauthnConfig } from '../../server/proofs/webauthn/webauthn-config.ts';
import { ORIGIN, openProofHouse, type ProofHouse } from '../proofs/proof-house.ts';
import { softwareAuthenticator } from '../support/software-authenticator.ts';

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

let house: ProofHouse;
before(async () => {
  house = await openProofHouse('ecdsa');
});
after(() => house.close());

function integer(value: bigint): Buffer {
  let text = value.toString(16);
  if (text.length % 2 === 1) text = `0${text}`;
  const plain = Buffer.from(text, 'hex');
  const body = (plain[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), plain]) : plain;
  return Buffer.concat([Buffer.of(2, body.length), body]);
}

const sequence = (...parts: Buffer[]) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
};

const der = (r: bigint, s: bigint) => sequence(integer(r), integer(s));

function numbersOf(signature: Buffer): readonly [bigint, bigint] {
  const rEnd = 4 + (signature[3] ?? 0);
  const read = (from: number, to: number) => BigInt(`0x${signature.toString('hex', from, to)}`);
  return [read(4, rEnd), read(rEnd + 2, signature.length)];
}

/** The right signature, put into other forms. */
function encodings(right: Buffer): Record<string, Buffer> {
  const [r, s] = numbersOf(right);
  const padded = Buffer.concat([Buffer.of(2, integer(r).length - 1, 0), integer(r).subarray(2)]);
  return {
    'a length in long form': Buffer.concat([
      Buffer.of(0x30, 0x81, right.length - 2),
      right.subarray(2),
    ]),
    'an indefinite length': Buffer.concat([
      Buffer.of(0x30, 0x80),
      right.subarray(2),
      Buffer.of(0, 0),
    ]),
    'a length that is one too large': Buffer.concat([
      Buffer.of(0x30, right.length - 1),
      right.subarray(2),
    ]),
    'a length that is one too small': Buffer.concat([
      Buffer.of(0x30, right.length - 3),
      right.subarray(2),
    ]),
    'bytes after the sequence': Buffer.concat([right, Buffer.of(0)]),
    'bytes inside the sequence': sequence(integer(r), integer(s), Buffer.of(5, 0)),
    'a zero before r': sequence(padded, integer(s)),
    'a set in place of a sequence': Buffer.concat([Buffer.of(0x31), right.subarray(1)]),
    'an octet string in place of r': sequence(
      Buffer.concat([Buffer.of(4), integer(r).subarray(1)]),
      integer(s),
    ),
    'r alone': sequence(integer(r)),
    'numbers side by side (P1363)': Buffer.from(
      r.toString(16).padStart(64, '0') + s.toString(16).padStart(64, '0'),
      'hex',
    ),
    nothing: Buffer.of(0x30, 0),
    'half of it': right.subarray(0, right.length / 2),
  };
}

/** Numbers that weak verifiers took for a signature of anything (CVE-2022-21449), or of the same thing again. */
function numbers(right: Buffer): Record<string, Buffer> {
  const [r, s] = numbersOf(right);
  return {
    'r and s of 0': Buffer.from('3006020100020100', 'hex'),
    'r and s of 1': der(1n, 1n),
    'r of 0': sequence(Buffer.of(2, 1, 0), integer(s)),
    's of 0': sequence(integer(r), Buffer.of(2, 1, 0)),
    'the order as both': der(ORDER, ORDER),
    'the order less one': der(ORDER - 1n, ORDER - 1n),
    'r + order': der(r + ORDER, s),
    's + order': der(r, s + ORDER),
    'r and s exchanged': der(s, r),
    'r + 1': der(r + 1n, s),
  };
}

test('a right signature is refused in every form but one, and with every number but its own', async () => {
  const subject = await house.person();
  const device = softwareAuthenticator();
  const site = { rpId: 'example.com', origins: [ORIGIN] };
  const module = createWebauthn({ ...house.deps, site }, webauthnConfig.parse({}));
  assert.ok((await house.enrol(module, subject, (offer) => device.create(offer, ORIGIN))).ok);
  const moment = house.moment();
  const offer = device.get(module.challenge([], moment).data, ORIGIN);
  const response = offer.response as Record<string, string>; // Made by the software authenticator, as texts.
  const right = Buffer.from(response.signature ?? '', 'base64url');

  const soundWith = async (signature: Buffer) => {
    const forged = {
      ...offer,
      response: { ...response, signature: signature.toString('base64url') },
    };
    return (await house.verify(module, subject, forged, moment)).sound;
  };
  assert.equal(await soundWith(right), true);
  const wrong = { ...encodings(right), ...numbers(right) };
  for (const [name, signature] of Object.entries(wrong)) {
    assert.equal(await soundWith(signature), false, name);
  }
});

test('the form is DER exactly when writing the numbers again gives the same bytes', () => {
  const number = fc.bigInt({ min: 1n, max: ORDER - 1n });
  fc.assert(fc.property(number, number, (r, s) => assert.ok(isEcdsaDer(der(r, s), 32))));
  fc.assert(
    fc.property(
      number,
      number,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (r, s, place, change) => {
        const bytes = der(r, s);
        bytes[place % bytes.length]! ^= change; // Within, by the remainder.
        if (!isEcdsaDer(bytes, 32)) return;
        const [r2, s2] = numbersOf(bytes);
        assert.deepEqual(der(r2, s2), bytes);
      },
    ),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void isEcdsaDer(bytes, 32)));
});
