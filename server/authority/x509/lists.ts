/**
 * Revocation lists of our own CAs. One is signed anew when half of its time has passed or something was revoked since, and kept in
 * memory: every node signs its own. The number of a list is the moment of its signature, which goes up whoever signs.
 */
import { type Clock, SECOND } from '../../kernel/clock.ts';
import type { Queries, Store } from '../../store/store.ts';
import { writeRevocationList } from '../../wire/x509/revocation-list.ts';
import { type CaRow, caRows, caState } from './ca-table.ts';
import {
  BACKDATED,
  type Cas,
  hexBytes,
  type OwnCa,
  type SigningCa,
  signs,
  wholeSecond,
} from './cas.ts';
import { revokedOfCa } from './certificate-table.ts';
import { isRevocationReason, revocationReasons } from './revocation-reason.ts';

export interface ListsDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly cas: Cas;
  /** How long a list is good. */
  readonly life: number;
}

interface Kept {
  readonly revision: number;
  readonly at: number;
  readonly der: Uint8Array;
}

export function createLists({ store, clock, cas, life }: ListsDeps) {
  const kept = new Map<string, Kept>();

  /** Undefined for a CA that is not ours, or whose key is away. */
  return function list(id: string): Promise<Uint8Array | undefined> {
    return store.read(async (q) => {
      const state = await q.one(caState, { id });
      if (state === undefined) return undefined;
      const now = clock.now();
      const known = kept.get(id);
      if (known && known.revision === state.revision && now < known.at + life / 2) return known.der;
      const ca = await cas.byId(q, id);
      if (ca === undefined || ca.role === 'ocsp') return undefined;
      if (!signs(ca)) return cas.lastList(q, id);
      const der = await signList(q, ca, now, life);
      kept.set(id, { revision: state.revision, at: now, der });
      return der;
    });
  };
}

/** In a transaction, too: for a CA whose key is about to go away. */
export async function signList(
  q: Queries,
  ca: SigningCa,
  now: number,
  life: number,
): Promise<Uint8Array> {
  return writeRevocationList(
    {
      issuer: ca.certificate.subject,
      authorityKeyId: hexBytes(ca.id),
      number: BigInt(now),
      // Clocks differ, and a list from the future is none.
      thisUpdate: wholeSecond(now - BACKDATED),
      nextUpdate: wholeSecond(now + life + SECOND - 1),
      revoked: await entriesOf(q, ca, now - life),
    },
    ca.signer,
  );
}

async function entriesOf(q: Queries, ca: OwnCa, since: number) {
  if (ca.role !== 'root') {
    const rows = await q.all(revokedOfCa, { ca: ca.id, since });
    return rows.map((row) => entry(row.serial, row.revoked_at, row.reason));
  }
  const below: readonly CaRow[] = await q.all(caRows, {});
  return below
    .filter((row) => row.issuer_id === ca.id && row.revoked_at !== null)
    .map((row) => entry(row.serial, row.revoked_at, row.reason));
}

function entry(serial: string, at: number | null, reason: string | null) {
  const known = reason !== null && isRevocationReason(reason) ? revocationReasons[reason] : 0;
  return { serial, at: at ?? 0, reason: known };
}
