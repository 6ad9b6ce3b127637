/**
 * A secret that one TPM alone can open, and only while it holds a key of a certain name: what TPM2_MakeCredential writes (TPM 2.0
 * Library, Part 1 §24 and Part 3 §12.6), for endorsement keys of the usual templates (TCG EK Credential Profile §B.3 and §B.4), of
 * which the hash and the cipher come.
 */
import { Buffer } from 'node:buffer';
import { createCipheriv, createHmac, hash as digest } from 'node:crypto';

/** What the endorsement key itself is made with: all that is sealed for it is sealed by that. */
export interface Template {
  readonly hash: 'sha256' | 'sha384';
  /** Of that hash. A seed has the same length. */
  readonly bytes: 32 | 48;
  /** AES in CFB. */
  readonly keyBits: 128 | 256;
}

/** L-1 and L-2, H-1 and H-2: RSA with 2048 bits, and P-256. */
export const USUAL: Template = { hash: 'sha256', bytes: 32, keyBits: 128 };
/** H-6 and H-3: RSA with 3072 bits, and P-384. */
export const HIGH: Template = { hash: 'sha384', bytes: 48, keyBits: 256 };

/** Part 1 §B.4: the label, with the zero that ends it, is what OAEP hashes; of KDFe it is what the key is for. */
export const IDENTITY = 'IDENTITY';

/**
 * TPM2B_ID_OBJECT (Part 2 §12.4.3): a MAC over what is enciphered and the name, and then that.
 *
 * @param seed is what only the endorsement key gives back: it is told beside (TPM2B_ENCRYPTED_SECRET).
 */
export function sealCredential(
  template: Template,
  seed: Uint8Array,
  name: Uint8Array,
  secret: Uint8Array,
): Uint8Array {
  const { hash, bytes, keyBits } = template;
  const cipherKey = kdfa(hash, seed, 'STORAGE', name, keyBits);
  const cipher = createCipheriv(`aes-${keyBits}-cfb`, cipherKey, Buffer.alloc(16));
  const inner = Buffer.concat([cipher.update(sized(secret)), cipher.final()]);
  const macKey = kdfa(hash, seed, 'INTEGRITY', new Uint8Array(0), bytes * 8);
  const mac = createHmac(hash, macKey).update(inner).update(name).digest();
  return sized(Buffer.concat([sized(mac), inner]));
}

/**
 * Part 1 §11.4.10.2: SP 800-108 in counter mode. `context` is contextU alone: nothing here has two; and nothing here takes more than
 * one round of the hash.
 */
export function kdfa(
  hash: Template['hash'],
  key: Uint8Array,
  label: string,
  context: Uint8Array,
  bits: number,
): Uint8Array {
  const mac = createHmac(hash, key)
    .update(u32(1))
    .update(`${label}\0`)
    .update(context)
    .update(u32(bits));
  return mac.digest().subarray(0, bits / 8);
}

/** Part 1 §11.4.10.3: SP 800-56A, of the coordinate that two keys share, and of those of the two points. */
export function kdfe(
  hash: Template['hash'],
  shared: Uint8Array,
  use: string,
  theirs: Uint8Array,
  own: Uint8Array,
): Uint8Array {
  const told = Buffer.concat([u32(1), shared, Buffer.from(`${use}\0`), theirs, own]);
  return digest(hash, told, 'buffer');
}

/** TPM2B: two bytes of length before it. */
export function sized(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
