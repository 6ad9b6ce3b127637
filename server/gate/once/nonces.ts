/**
 * Nonces that are made without a row, so that whoever asks for them fills nothing; the same on every node; spent as a row when a
 * signature was good, so that each is taken once. ACME's (RFC 8555 §6.5), and those that hosts sign with their SSH keys.
 */
import { base64url, concat, fromBase64url } from '../../kernel/bytes.ts';
import type { Clock } from '../../kernel/clock.ts';
import { equal } from '../../kernel/equal.ts';
import { hmacSha256 } from '../../kernel/hmac.ts';
import type { Random } from '../../kernel/random.ts';
import { spendOnce } from '../../proofs/spent-table.ts';
import type { Store } from '../../store/store.ts';

export interface Nonces {
  next(): string;
  /** Whether it is one of ours that is not over. */
  isOurs(nonce: string): boolean;
  /** False when it was used before. */
  spend(nonce: string): Promise<boolean>;
}

const TIME = 6;
const CHANCE = 12;
const MAC = 16;

export function createNonces(
  deps: {
    readonly store: Store;
    readonly clock: Clock;
    readonly random: Random;
    /** 32 bytes, the same on every node. */
    readonly key: Uint8Array;
  },
  /** What they are for, and how long each is good. */
  { of, life }: { readonly of: string; readonly life: number },
): Nonces {
  const { store, clock, random } = deps;
  const mac = hmacSha256(deps.key);
  const sealOf = (head: Uint8Array) => mac(`${of} ${base64url(head)}`).subarray(0, MAC);

  function untilOf(nonce: string): number | undefined {
    const bytes = fromBase64url(nonce);
    if (bytes?.length !== TIME + CHANCE + MAC) return undefined;
    const head = bytes.subarray(0, TIME + CHANCE);
    if (!equal(sealOf(head), bytes.subarray(TIME + CHANCE))) return undefined;
    return Buffer.from(head).readUIntBE(0, TIME);
  }

  return {
    next() {
      const time = Buffer.alloc(TIME);
      time.writeUIntBE(clock.now() + life, 0, TIME);
      const head = concat(time, random.bytes(CHANCE));
      return base64url(concat(head, sealOf(head)));
    },
    isOurs(nonce) {
      const until = untilOf(nonce);
      return until !== undefined && until > clock.now();
    },
    async spend(nonce) {
      const until = untilOf(nonce);
      if (until === undefined) return false;
      return store.write((tx) => spendOnce(tx, { of, name: nonce, until }));
    },
  };
}
