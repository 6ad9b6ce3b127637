/**
 * Doing a thing once, though it is asked for twice: whoever can't tell whether a request arrived sends it again with the same
 * key, and gets the answer of the first. The key is claimed and the answer kept in the transaction of the change, so there
 * is no moment at which one of them is there without the other.
 */
import { fromUtf8, hex, utf8 } from '../../kernel/bytes.ts';
import { type Clock, DAY } from '../../kernel/clock.ts';
import { equal } from '../../kernel/equal.ts';
import { Fault } from '../../kernel/fault.ts';
import type { PersonId } from '../../kernel/id.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { Tx } from '../../store/store.ts';
import type { Vault } from '../../vault/vault.ts';
import { claimOnce, dropOnce, dropStaleOnce, keepOnce, onceByKey } from './once-table.ts';

/** As it came with the request. */
export interface OnceKey {
  /** Means something beside whose it is: two people may take the same. */
  readonly key: string;
  /** SHA-256 of what is asked for: a key stands for one request and no other. */
  readonly request: Uint8Array;
}

export type KeyReused = { readonly code: 'key-reused' };

/** How the answer of a use case is kept and given again. */
export interface Keeping<T> {
  readonly once: OnceKey | undefined;
  /** What to keep of it; undefined when it may be asked for again. Sealed, so secrets that are shown once may be in it. */
  keep(value: T): string | undefined;
  again(tx: Tx, kept: string): Promise<T>;
}

/** A key is good for so long. */
const LIFETIME = DAY;
const NOTHING = new Uint8Array(0);

export interface Onces {
  run<T, E>(
    tx: Tx,
    whose: PersonId,
    keeping: Keeping<T>,
    work: () => Promise<Result<T, E>>,
  ): Promise<Result<T, E | KeyReused>>;
}

export function createOnces({ vault, clock }: { vault: Vault; clock: Clock }): Onces {
  const place = (key: Uint8Array) => ({ table: 'idempotency', column: 'answer', row: hex(key) });

  return {
    async run<T, E>(
      tx: Tx,
      whose: PersonId,
      { once, keep, again }: Keeping<T>,
      work: () => Promise<Result<T, E>>,
    ): Promise<Result<T, E | KeyReused>> {
      if (once === undefined) return work();
      const key = vault.blindIndex('idempotency', `${whose} ${once.key}`);
      const box = await vault.subject(tx, whose);
      if (box === undefined) throw new Fault('vault.key', `${whose} has no key to keep answers`);
      const now = clock.now();
      await tx.run(dropStaleOnce, { key, now });
      const { request } = once;
      const claim = { key, request, answer: NOTHING, expires_at: now + LIFETIME };
      if ((await tx.run(claimOnce, claim)) !== 1) {
        const row = await tx.one(onceByKey, { key });
        if (row === undefined || !equal(row.request, request)) {
          return failed<KeyReused>({ code: 'key-reused' });
        }
        return ok(await again(tx, fromUtf8(box.open(place(key), row.answer))));
      }
      const done = await work();
      if (!done.ok) return done; // It undoes the claim as well.
      const kept = keep(done.value);
      if (kept === undefined) await tx.run(dropOnce, { key });
      else await tx.run(keepOnce, { key, answer: box.seal(place(key), utf8(kept)) });
      return done;
    },
  };
}

/** For answers that hold nothing of a person: kept as they are. */
export function asJson<T>(once: OnceKey | undefined): Keeping<T> {
  return {
    once,
    keep: (value) => JSON.stringify(value),
    again: async (_tx, kept) => JSON.parse(kept) as T, // Written by `keep` alone.
  };
}
