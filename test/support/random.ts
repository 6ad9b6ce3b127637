import { createHash } from 'node:crypto';
import type { Random } from '../../server/kernel/random.ts';

/** Bytes that look random and are the same in every run with the same seed. */
export function seededRandom(seed: string): Random {
  let block = 0;
  let rest = new Uint8Array(0);
  return {
    bytes(length) {
      const taken = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        if (rest.length === 0) {
          rest = new Uint8Array(createHash('sha256').update(`${seed}:${block++}`).digest());
        }
        const part = rest.subarray(0, length - filled);
        taken.set(part, filled);
        filled += part.length;
        rest = rest.subarray(part.length);
      }
      return taken;
    },
  };
}
