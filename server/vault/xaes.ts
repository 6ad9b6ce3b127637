/**
 * XAES-256-GCM (https://c2sp.org/XAES-256-GCM): AES-256-GCM (NIST SP 800-38D) under a key derived for each message from the
 * first half of a nonce of 192 bits (NIST SP 800-108r1, CMAC in counter mode).
 *
 * Plain AES-GCM allows 2^32 messages with random nonces under one key (SP 800-38D §8.3): at a thousand sign-ins a second, which
 * whoever guesses passwords can cause, that is fifty days. With this derivation it is 2^80 at the same risk of a collision.
 *
 * Half of what a message costs is its derivation, so that a few of them share one: the first half of the nonce stays for `TOGETHER`
 * messages of a key that was opened once, the other is chance each time (box.ts). Two messages collide only when both halves do; with
 * 64 to a derived key that takes 2^59 messages at the same risk. Nobody who reads one can tell.
 */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';

export const NONCE_BYTES = 24;
export const TAG_BYTES = 16;
export const DERIVING = 12; // How much of the nonce goes into the key; the rest is GCM's own nonce.
/** How many messages may share a derived key. */
export const TOGETHER = 64;
const GCM = 'aes-256-gcm';

export interface Xaes {
  /** Ciphertext and tag. */
  seal(nonce: Uint8Array, plain: Uint8Array, bound: Uint8Array): { text: Buffer; tag: Buffer };
  /** Undefined unless all of it is as it was sealed. */
  open(
    nonce: Uint8Array,
    text: Uint8Array,
    tag: Uint8Array,
    bound: Uint8Array,
  ): Uint8Array | undefined;
}

export function createXaes(key: KeyObject): Xaes {
  // One cipher for the key's whole life: ECB has no state between blocks, and setting one up costs more than its use.
  const block = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  const template = messages(subkey(block.update(new Uint8Array(16))));
  const input = new Uint8Array(32);

  function derive(nonce: Uint8Array): KeyObject {
    input.set(template);
    for (let i = 0; i < DERIVING; i++) {
      const byte = nonce[i]!; // The caller has checked the length.
      input[4 + i]! ^= byte;
      input[20 + i]! ^= byte;
    }
    const derived = block.update(input);
    // A KeyObject, because Node takes four times as long over a key given as bytes.
    const secret = createSecretKey(derived);
    derived.fill(0);
    return secret;
  }

  /** As before, where the first half of the nonce is. Kept is one each for sealing and opening. */
  function deriving(): (nonce: Uint8Array) => KeyObject {
    const from = new Uint8Array(DERIVING);
    let derived: KeyObject | undefined;
    return (nonce) => {
      if (derived === undefined || !begins(nonce, from)) {
        derived = derive(nonce);
        from.set(nonce.subarray(0, DERIVING));
      }
      return derived;
    };
  }

  const toSeal = deriving();
  const toOpen = deriving();

  return {
    seal(nonce, plain, bound) {
      const cipher = createCipheriv(GCM, toSeal(nonce), nonce.subarray(DERIVING));
      cipher.setAAD(bound);
      const text = cipher.update(plain);
      cipher.final();
      return { text, tag: cipher.getAuthTag() };
    },
    open(nonce, text, tag, bound) {
      const decipher = createDecipheriv(GCM, toOpen(nonce), nonce.subarray(DERIVING), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(bound);
      decipher.setAuthTag(tag);
      const plain = decipher.update(text);
      try {
        decipher.final();
      } catch {
        plain.fill(0);
        return undefined;
      }
      return new Uint8Array(plain.buffer, plain.byteOffset, plain.length);
    },
  };
}

function begins(nonce: Uint8Array, half: Uint8Array): boolean {
  for (let i = 0; i < DERIVING; i++) if (nonce[i] !== half[i]) return false;
  return true;
}

/** CMAC's first subkey (NIST SP 800-38B §6.1): the block doubled in GF(2^128). */
function subkey(l: Uint8Array): Uint8Array {
  const doubled = l.map((byte, i) => (byte << 1) | ((l[i + 1] ?? 0) >>> 7));
  if (l[0]! & 0x80) doubled[15]! ^= 0x87;
  return doubled;
}

/** The two inputs of the derivation as far as they don't depend on the nonce: counter, label 'X', zero; masked with K1. */
function messages(k1: Uint8Array): Uint8Array {
  const both = new Uint8Array(32);
  both.set([0, 1, 0x58, 0], 0);
  both.set([0, 2, 0x58, 0], 16);
  return both.map((byte, i) => byte ^ k1[i % 16]!);
}
