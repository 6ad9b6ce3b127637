/**
 * Proofs that were spent, until they would be too old anyway (RFC 9449 §11.1). Bounded, and closed when full: to forget one early
 * would be to accept it again. No key may fill it alone, so that one client can't keep out the others.
 *
 * An API of several processes shares one by giving the verifier its own, say over `SET key 1 NX PXAT until` of Redis.
 */
export interface ReplayMemory {
  /** Spends a proof of the key until a moment (ms since epoch); only `spent` lets it pass. */
  spend(
    proof: { readonly key: string; readonly id: string; readonly until: number },
    now: number,
  ): Spending | Promise<Spending>;
}

export type Spending = 'spent' | 'known' | 'key-full' | 'full';

export interface ReplayBounds {
  readonly most: number;
  readonly mostPerKey: number;
}

export function createReplayMemory({ most, mostPerKey }: ReplayBounds): ReplayMemory {
  const spentByKey = new Map<string, Map<string, number>>();
  let size = 0;
  let sweptAt = Number.NEGATIVE_INFINITY;

  function sweep(now: number): void {
    sweptAt = now;
    for (const [key, proofs] of spentByKey) {
      for (const [id, until] of proofs) {
        if (until > now) continue;
        proofs.delete(id);
        size -= 1;
      }
      if (proofs.size === 0) spentByKey.delete(key);
    }
  }

  return {
    spend({ key, id, until }, now) {
      // Once a second is enough, and keeps a full memory from being walked by every request.
      if (Math.abs(now - sweptAt) >= 1_000) sweep(now);
      const proofs = spentByKey.get(key) ?? new Map<string, number>();
      if (proofs.has(id)) return 'known';
      if (size >= most) return 'full';
      if (proofs.size >= mostPerKey) return 'key-full';
      proofs.set(id, until);
      spentByKey.set(key, proofs);
      size += 1;
      return 'spent';
    },
  };
}
