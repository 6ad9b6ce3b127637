import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { codeText, type OtpAlgorithm, otpKey } from '../../../server/proofs/totp/hotp.ts';

// The secrets of appendix A, as the errata has them: the digits repeated to the length of the hash's output.
const SECRETS: Record<OtpAlgorithm, Uint8Array> = {
  SHA1: digits(20),
  SHA256: digits(32),
  SHA512: digits(64),
};

function digits(length: number): Uint8Array {
  return new TextEncoder().encode('1234567890'.repeat(7).slice(0, length));
}

// RFC 6238 appendix B: time, value of T, TOTP, mode.
const VECTORS: readonly (readonly [number, string, string, OtpAlgorithm])[] = [
  [59, '0000000000000001', '94287082', 'SHA1'],
  [59, '0000000000000001', '46119246', 'SHA256'],
  [59, '0000000000000001', '90693936', 'SHA512'],
  [1111111109, '00000000023523EC', '07081804', 'SHA1'],
  [1111111109, '00000000023523EC', '68084774', 'SHA256'],
  [1111111109, '00000000023523EC', '25091201', 'SHA512'],
  [1111111111, '00000000023523ED', '14050471', 'SHA1'],
  [1111111111, '00000000023523ED', '67062674', 'SHA256'],
  [1111111111, '00000000023523ED', '99943326', 'SHA512'],
  [1234567890, '000000000273EF07', '89005924', 'SHA1'],
  [1234567890, '000000000273EF07', '91819424', 'SHA256'],
  [1234567890, '000000000273EF07', '93441116', 'SHA512'],
  [2000000000, '0000000003F940AA', '69279037', 'SHA1'],
  [2000000000, '0000000003F940AA', '90698825', 'SHA256'],
  [2000000000, '0000000003F940AA', '38618901', 'SHA512'],
  [20000000000, '0000000027BC86AA', '65353130', 'SHA1'],
  [20000000000, '0000000027BC86AA', '77737706', 'SHA256'],
  [20000000000, '0000000027BC86AA', '47863826', 'SHA512'],
];

test('each time of appendix B gives its eight digits, under all three hashes', () => {
  for (const [time, t, code, algorithm] of VECTORS) {
    const step = Math.floor(time / 30);
    assert.equal(step, Number.parseInt(t, 16));
    assert.equal(codeText(otpKey(SECRETS[algorithm], algorithm, 8).code(step), 8), code);
  }
});

test('codes are those of an HMAC by the runtime, for any key and any counter of 53 bits', () => {
  const algorithms: readonly OtpAlgorithm[] = ['SHA1', 'SHA256', 'SHA512'];
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 200 }),
      fc.maxSafeNat(),
      fc.constantFrom(...algorithms),
      (key, counter, algorithm) => {
        const message = Buffer.alloc(8);
        message.writeBigUInt64BE(BigInt(counter));
        const mac = createHmac(algorithm.toLowerCase(), key).update(message).digest();
        const value = mac.readUInt32BE((mac.at(-1) ?? 0) & 15) & 0x7fffffff;
        assert.equal(otpKey(key, algorithm, 6).code(counter), value % 1_000_000);
      },
    ),
  );
});
