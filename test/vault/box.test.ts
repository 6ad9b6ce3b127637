import assert from 'node:assert/strict';
import { createCipheriv, createHash, webcrypto } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { concat, fromHex, hex, utf8 } from '../../server/kernel/bytes.ts';
import { Fault } from '../../server/kernel/fault.ts';
import { createBox, keyFrom, type Place, sealedUnder } from '../../server/vault/box.ts';
import { seededRandom } from '../support/random.ts';

const keyBytes = () => new Uint8Array(createHash('sha256').update('a data key').digest());
const KEY_ID = fromHex('0190a0c89b7a7cc080000123456789ab')!;
const PLACE: Place = { table: 'proof_totp', column: 'secret', row: 'row-1' };
const SECRET = utf8('JBSWY3DPEHPK3PXP');

const boxOf = (seed = 'box', id = KEY_ID) => createBox(id, keyFrom(keyBytes()), seededRandom(seed));

function doesNotOpen(place: Place, sealed: Uint8Array): void {
  assert.throws(
    () => boxOf().open(place, sealed),
    (reason) => reason instanceof Fault && reason.code === 'vault.sealed',
  );
}

describe('a box', () => {
  it('opens what it sealed, whatever the bytes and the place', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        text,
        text,
        text,
        (plain, table, column, row) => {
          const place = { table, column, row };
          const box = boxOf();
          assert.deepEqual(box.open(place, box.seal(place, plain)), plain);
        },
      ),
    );
  });

  it('seals the same value differently each time', () => {
    const box = boxOf();
    assert.notDeepEqual(box.seal(PLACE, SECRET), box.seal(PLACE, SECRET));
  });

  it('does not open a value that was moved to another row, column or table', () => {
    const sealed = boxOf().seal(PLACE, SECRET);
    doesNotOpen({ ...PLACE, row: 'row-2' }, sealed);
    doesNotOpen({ ...PLACE, column: 'label' }, sealed);
    doesNotOpen({ ...PLACE, table: 'proof_password' }, sealed);
    assert.deepEqual(boxOf().open(PLACE, sealed), SECRET);
  });

  it('does not take one place for another whose names run together the same way', () => {
    const places = fc.tuple(
      ...[0, 1, 2].map(() => fc.constantFrom('', 'a', 'aa', 'ab', 'b', 'é', '\0')),
    );
    fc.assert(
      fc.property(places, places, (one, other) => {
        fc.pre(one.some((part, i) => part !== other[i]));
        const [table, column, row] = one as [string, string, string];
        const sealed = boxOf().seal({ table, column, row }, SECRET);
        const [table2, column2, row2] = other as [string, string, string];
        doesNotOpen({ table: table2, column: column2, row: row2 }, sealed);
      }),
      { numRuns: 300 },
    );
  });

  it('does not open with any one bit flipped', () => {
    const sealed = boxOf().seal(PLACE, SECRET);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const flipped = sealed.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      doesNotOpen(PLACE, flipped);
    }
  });

  it('does not open when it is cut short anywhere, or longer', () => {
    const sealed = boxOf().seal(PLACE, SECRET);
    for (let length = 0; length < sealed.length; length++) {
      doesNotOpen(PLACE, sealed.subarray(0, length));
      doesNotOpen(PLACE, sealed.subarray(sealed.length - length));
    }
    doesNotOpen(PLACE, concat(sealed, new Uint8Array(1)));
  });

  it('does not open under another key, even one that has the same id', () => {
    const sealed = boxOf().seal(PLACE, SECRET);
    const other = new Uint8Array(createHash('sha256').update('another').digest());
    const box = createBox(KEY_ID, keyFrom(other), seededRandom('other'));
    assert.throws(() => box.open(PLACE, sealed), /was changed, or sealed for another place/);
  });

  it('says which key a value of another key is under, and nothing of the value', () => {
    const id = fromHex('00000000000070008000000000000001')!;
    const sealed = boxOf('box', id).seal(PLACE, SECRET);
    assert.equal(sealedUnder(sealed), hex(id));
    assert.throws(() => boxOf().open(PLACE, sealed), {
      message: `proof_totp.secret of row-1 does not open: it names the key ${hex(id)}`,
    });
  });

  it('wipes the bytes that it takes a key from', () => {
    const bytes = keyBytes();
    keyFrom(bytes);
    assert.deepEqual(bytes, new Uint8Array(32));
    assert.throws(() => keyFrom(new Uint8Array(16)), Fault);
  });

  it('writes the format that is told in docs/keys.md: WebCrypto opens it from the description', async () => {
    const sealed = boxOf().seal(PLACE, SECRET);
    assert.equal(sealed[0], 1);
    assert.deepEqual(sealed.slice(1, 17), KEY_ID);
    const nonce = sealed.slice(17, 41);
    const parts = [PLACE.table, PLACE.column, PLACE.row].map((name) => {
      const bytes = utf8(name);
      return concat(new Uint8Array([bytes.length >> 8, bytes.length & 0xff]), bytes);
    });
    const additionalData = concat(sealed.slice(0, 17), ...parts);
    const key = await webcrypto.subtle.importKey('raw', derivedKey(nonce), 'AES-GCM', false, [
      'decrypt',
    ]);
    const algorithm = { name: 'AES-GCM', iv: nonce.slice(12), additionalData };
    const plain = await webcrypto.subtle.decrypt(algorithm, key, sealed.slice(41));
    assert.deepEqual(new Uint8Array(plain), SECRET);
  });

  it('draws the second half of each nonce anew, and the first one again after 64 values', () => {
    const box = boxOf();
    const nonces = Array.from({ length: 200 }, () => hex(box.seal(PLACE, SECRET).slice(17, 41)));
    assert.equal(new Set(nonces.map((nonce) => nonce.slice(24))).size, 200);
    const halves = Map.groupBy(nonces, (nonce) => nonce.slice(0, 24));
    assert.deepEqual(
      [...halves.values()].map((of) => of.length),
      [64, 64, 64, 8],
    );
    // Whoever opened the key anew shares no half with it.
    assert.ok(!halves.has(hex(boxOf('another').seal(PLACE, SECRET).slice(17, 29))));
  });

  it('opens values that share the first half of a nonce and others in turns', () => {
    const [one, other] = [boxOf('one'), boxOf('other')];
    const sealed = [one, other, one, other, one].map((box) => box.seal(PLACE, SECRET));
    for (const value of [...sealed, ...sealed.toReversed()]) {
      assert.deepEqual(one.open(PLACE, value), SECRET);
    }
  });

  it('opens what was sealed when the format was made', () => {
    const sealed = fromHex(FROZEN)!;
    assert.deepEqual(boxOf().open(PLACE, sealed), SECRET);
  });
});

const FROZEN =
  '010190a0c89b7a7cc080000123456789ab9872f9eca347d37e10f0b066539a6f4d36992356a8de3b7566a2275d949ee0a145075d56b0d478a2fe07482017dc8aec06c0472da8e0fd8e';

/** NIST SP 800-108r1 §4.1 with CMAC, as CBC-MAC of a single block masked with K1: written apart from the code under test. */
function derivedKey(nonce: Uint8Array): Uint8Array<ArrayBuffer> {
  const encrypt = (block: Uint8Array) => {
    const cipher = createCipheriv('aes-256-cbc', keyBytes(), new Uint8Array(16));
    return new Uint8Array(cipher.setAutoPadding(false).update(block));
  };
  const l = BigInt(`0x${hex(encrypt(new Uint8Array(16)))}`);
  const mask = (1n << 128n) - 1n;
  const k1 = ((l << 1n) & mask) ^ (l >> 127n ? 0x87n : 0n);
  const blocks = [1, 2].map((counter) => {
    const message = concat(new Uint8Array([0, counter, 0x58, 0]), nonce.subarray(0, 12));
    const masked = BigInt(`0x${hex(message)}`) ^ k1;
    return encrypt(fromHex(masked.toString(16).padStart(32, '0'))!);
  });
  return new Uint8Array(concat(...blocks));
}
