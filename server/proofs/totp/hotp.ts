/**
 * One-time codes: HOTP (RFC 4226 §5.3) over a counter that TOTP (RFC 6238 §4) takes from the time.
 *
 * The HMAC is RFC 2104 over the runtime's one-shot hash: two hashes cost 1 µs where one `createHmac` costs 10, and a check
 * takes three of them.
 */
import { digest } from '../../kernel/digest.ts';

export type OtpAlgorithm = 'SHA1' | 'SHA256' | 'SHA512';
export type OtpDigits = 6 | 8;

interface HashFacts {
  readonly name: string;
  readonly block: number;
  readonly output: number;
}

const HASHES: Record<OtpAlgorithm, HashFacts> = {
  SHA1: { name: 'sha1', block: 64, output: 20 },
  SHA256: { name: 'sha256', block: 64, output: 32 },
  SHA512: { name: 'sha512', block: 128, output: 64 },
};

/** RFC 4226 §4 R6 and RFC 6238 §5.1: as long as the hash's output. */
export function keyLength(algorithm: OtpAlgorithm): number {
  return HASHES[algorithm].output;
}

/** A key made ready, so that each further code of the same key costs its two hashes alone. */
export interface OtpKey {
  /** The code of a counter, as a number; `codeText` gives its digits. */
  code(counter: number): number;
}

export function otpKey(key: Uint8Array, algorithm: OtpAlgorithm, digits: OtpDigits): OtpKey {
  const { name, block, output } = HASHES[algorithm];
  const short = key.length > block ? digest(name, key) : key;
  const inner = new Uint8Array(block + 8).fill(0x36, 0, block);
  const outer = new Uint8Array(block + output).fill(0x5c, 0, block);
  for (let i = 0; i < short.length; i++) {
    // `i` runs within both blocks: the key is no longer than a block.
    inner[i]! ^= short[i]!;
    outer[i]! ^= short[i]!;
  }
  const message = new DataView(inner.buffer, block, 8);
  const modulus = digits === 8 ? 100_000_000 : 1_000_000;
  return {
    code(counter) {
      message.setUint32(0, Math.floor(counter / 2 ** 32));
      message.setUint32(4, counter >>> 0);
      outer.set(digest(name, inner), block);
      const mac = digest(name, outer);
      const offset = mac[output - 1]! & 0x0f;
      return (new DataView(mac.buffer).getUint32(offset) & 0x7fff_ffff) % modulus;
    },
  };
}

export function codeText(code: number, digits: OtpDigits): string {
  return String(code).padStart(digits, '0');
}
