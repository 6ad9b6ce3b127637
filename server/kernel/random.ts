import { randomFillSync } from 'node:crypto';

/** Randomness as a parameter, so that tests can repeat what chance did. */
export interface Random {
  bytes(length: number): Uint8Array;
}

const POOL = 4096;

/** The operating system's randomness. Filled in pools: one call into OpenSSL costs more than the bytes that it brings. */
export function systemRandom(): Random {
  let pool = new Uint8Array(0);
  let at = 0;
  return {
    bytes(length) {
      if (length > POOL / 4) return randomFillSync(new Uint8Array(length));
      if (at + length > pool.length) {
        pool = randomFillSync(new Uint8Array(POOL));
        at = 0;
      }
      const taken = pool.slice(at, at + length);
      // A byte that was handed out is not kept: memory read later tells nothing about secrets made earlier.
      pool.fill(0, at, at + length);
      at += length;
      return taken;
    },
  };
}
