/**
 * Leases: one node at a time does a piece of work. A lease has a token that rises with each new holder; whoever works under
 * one writes behind `hold`, in the same transaction, so that a holder that slept past its time changes nothing (fencing).
 */
import { sql } from 'kysely';
import { MINUTE } from '../kernel/clock.ts';
import { tables } from './statement.ts';
import type { Tx } from './store.ts';

interface LeaseTables {
  lease: { name: string; holder: string; token: number; expires_at: number };
}

const t = tables<LeaseTables>();

/**
 * By how much the clocks of two nodes may differ. What ends later than that was taken by a clock that ran ahead and was set right
 * since: whoever took it and died would keep everybody from the work until then.
 */
const SKEW = 10 * MINUTE;

interface Take {
  readonly name: string;
  readonly holder: string;
  readonly now: number;
  readonly until: number;
  readonly absurd: number;
}

const take = t.statement((db, p: Take) =>
  db
    .insertInto('lease')
    .values({ name: p.name, holder: p.holder, token: 1, expires_at: p.until })
    .onConflict((oc) =>
      oc
        .column('name')
        .doUpdateSet({
          holder: p.holder,
          token: sql<number>`lease.token + 1`,
          expires_at: p.until,
        })
        .where((eb) =>
          eb.or([eb('lease.expires_at', '<=', p.now), eb('lease.expires_at', '>', p.absurd)]),
        ),
    )
    .returning('token'),
);

const extend = t.statement(
  (db, p: { name: string; holder: string; token: number; until: number }) =>
    db
      .updateTable('lease')
      .set({ expires_at: p.until })
      .where('name', '=', p.name)
      .where('holder', '=', p.holder)
      .where('token', '=', p.token),
);

export interface Lease {
  readonly name: string;
  readonly holder: string;
  readonly token: number;
}

/** Takes a lease that is free or has expired; undefined while another holds it. */
export async function takeLease(
  tx: Tx,
  lease: { name: string; holder: string },
  now: number,
  ttl: number,
): Promise<Lease | undefined> {
  const until = now + ttl;
  const row = await tx.one(take, { ...lease, now, until, absurd: until + SKEW });
  return row && { ...lease, token: row.token };
}

/** Takes a lease from whoever holds it: what they would write under it next is refused. */
export async function seizeLease(
  tx: Tx,
  lease: { name: string; holder: string },
  now: number,
  ttl: number,
): Promise<Lease> {
  // By such a clock every lease has expired.
  const taken = { ...lease, now: Number.MAX_SAFE_INTEGER, until: now + ttl, absurd: 0 };
  const row = await tx.one(take, taken);
  return { ...lease, token: row!.token }; // It is inserted, or updated whatever stands there.
}

/**
 * Extends a lease and locks its row for the rest of the transaction; false when it is no longer ours, and then nothing else
 * may be written. An expired lease that nobody took is still ours.
 */
export async function holdLease(tx: Tx, lease: Lease, now: number, ttl: number): Promise<boolean> {
  return (await tx.run(extend, { ...lease, until: now + ttl })) === 1;
}

/** Gives a lease back, so that the next holder need not wait for it to expire. */
export async function releaseLease(tx: Tx, lease: Lease): Promise<void> {
  await tx.run(extend, { ...lease, until: 0 });
}
