/**
 * A secret that one TPM alone can open, and only while it holds a key of a certain name: what TPM2_MakeCredential writes (TPM 2.0
 * Library, Part 1 §24 and Part 3 §12.6), for endorsement keys of the usual templates (TCG EK Credential Profile §B.3.3 and §B.3.4):
 * SHA-256, and AES with 128 bits in CFB.
 */
import { Buffer } from 'node:buffer';
import { createCipheriv, createHmac } from 'node:crypto';
import { sha256 } from '../../kernel/digest.ts';

/** What it takes: a hash's length. */
export const SEED_BYTES = 32;
const AES_BITS = 128;
const HASH_BITS = 256;

/** Part 1 §B.4: the label, with the zero that ends it, is what OAEP hashes; of KDFe it is what the key is for. */
export const IDENTITY = 'IDENTITY';

/**
 * TPM2B_ID_OBJECT (Part 2 §12.4.3): a MAC over what is enciphered and the name, and then that.
 *
 * @param seed is what only the endorsement key gives back: it is told beside (TPM2B_ENCRYPTED_SECRET).
 */
export function sealCredential(seed: Uint8Array, name: Uint8Array, secret: Uint8Array): Uint8Array {
  const cipherKey = kdfa(seed, 'STORAGE', name, AES_BITS);
  const cipher = createCipheriv('aes-128-cfb', cipherKey, Buffer.alloc(16));
  const inner = Buffer.concat([cipher.update(sized(secret)), cipher.final()]);
  const macKey = kdfa(seed, 'INTEGRITY', new Uint8Array(0), HASH_BITS);
  const mac = createHmac('sha256', macKey).update(inner).update(name).digest();
  return sized(Buffer.concat([sized(mac), inner]));
}

/** Part 1 §11.4.10.2: SP 800-108 in counter mode, with SHA-256. `context` is contextU alone: nothing here has two. */
export function kdfa(
  key: Uint8Array,
  label: string,
  context: Uint8Array,
  bits: 128 | 256,
): Uint8Array {
  const mac = createHmac('sha256', key)
    .update(u32(1))
    .update(`${label}\0`)
    .update(context)
    .update(u32(bits));
  return mac.digest().subarray(0, bits / 8);
}

/** Part 1 §11.4.10.3: SP 800-56A, of the coordinate that two keys share, and of those of the two points. */
export function kdfe(
  shared: Uint8Array,
  use: string,
  theirs: Uint8Array,
  own: Uint8Array,
): Uint8Array {
  return sha256(Buffer.concat([u32(1), shared, Buffer.from(`${use}\0`), theirs, own]));
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
