/**
 * One table for every kind of proof: one row a proof, clustered by the subject, so that the gate reads all that a subject
 * holds with one statement. What may happen once is a conditional update here; the caller checks that it changed one row.
 */
import { sql } from 'kysely';
import type { SubjectId } from '../kernel/id.ts';
import { tables } from '../store/statement.ts';
import type { ProofId } from './proof.ts';

export interface ProofRow {
  subject_id: SubjectId;
  id: ProofId;
  kind: string;
  name: string;
  created_at: number;
  last_used_at: number | null;
  detail: string;
  sealed: Uint8Array | null;
  counter: number;
  /** Unique when present: the blind index of a credential id, or the single place that a subject has for a kind. */
  lookup: Uint8Array | null;
}

const t = tables<{ proof: ProofRow }>();

const COLUMNS = [
  'subject_id',
  'id',
  'kind',
  'name',
  'created_at',
  'last_used_at',
  'detail',
  'sealed',
  'counter',
] as const;

/** In the order of their making, since ids ascend. */
export const proofsOf = t.statement((db, p: { subject: SubjectId }) =>
  db.selectFrom('proof').select(COLUMNS).where('subject_id', '=', p.subject).orderBy('id'),
);

export const proofByLookup = t.statement((db, p: { lookup: Uint8Array }) =>
  db.selectFrom('proof').select(COLUMNS).where('lookup', '=', p.lookup),
);

/** `outcome.run()` is 0 when the lookup is taken: that credential is somebody's already. */
export const insertProof = t.statement((db, p: ProofRow) =>
  db
    .insertInto('proof')
    .values({ ...place(p), last_used_at: null })
    .onConflict((oc) => oc.column('lookup').doNothing()),
);

/** Puts a proof into the one place that its lookup names; whatever stood there is gone, id and all, in the same stroke. */
export const putProof = t.statement((db, p: ProofRow) =>
  db
    .insertInto('proof')
    .values({ ...place(p), last_used_at: null })
    .onConflict((oc) =>
      oc.column('lookup').doUpdateSet((eb) => ({
        id: eb.ref('excluded.id'),
        name: eb.ref('excluded.name'),
        created_at: eb.ref('excluded.created_at'),
        last_used_at: null,
        detail: eb.ref('excluded.detail'),
        sealed: eb.ref('excluded.sealed'),
        counter: eb.ref('excluded.counter'),
      })),
    ),
);

function place(p: Required<ProofRow>) {
  return {
    subject_id: p.subject_id,
    id: p.id,
    kind: p.kind,
    name: p.name,
    created_at: p.created_at,
    detail: p.detail,
    sealed: p.sealed,
    counter: p.counter,
    lookup: p.lookup,
  };
}

interface Key {
  subject: SubjectId;
  id: ProofId;
}

export const renameProof = t.statement((db, p: Key & { name: string }) =>
  db
    .updateTable('proof')
    .set({ name: p.name })
    .where('subject_id', '=', p.subject)
    .where('id', '=', p.id),
);

export const deleteProof = t.statement((db, p: Key) =>
  db.deleteFrom('proof').where('subject_id', '=', p.subject).where('id', '=', p.id),
);

export const deleteProofsOfKind = t.statement((db, p: { subject: SubjectId; kind: string }) =>
  db.deleteFrom('proof').where('subject_id', '=', p.subject).where('kind', '=', p.kind),
);

export const deleteProofsOf = t.statement((db, p: { subject: SubjectId }) =>
  db.deleteFrom('proof').where('subject_id', '=', p.subject),
);

export const touchProof = t.statement((db, p: Key & { now: number }) =>
  db
    .updateTable('proof')
    .set({ last_used_at: p.now })
    .where('subject_id', '=', p.subject)
    .where('id', '=', p.id),
);

export const resealProof = t.statement(
  (db, p: Key & { now: number; sealed: Uint8Array; detail: string }) =>
    db
      .updateTable('proof')
      .set({ last_used_at: p.now, sealed: p.sealed, detail: p.detail })
      .where('subject_id', '=', p.subject)
      .where('id', '=', p.id),
);

/** A proof goes, and another with the same secret or key comes in its place; given that nobody else was first. */
export const reissueProof = t.statement((db, p: Key & { next: ProofId; detail: string }) =>
  db
    .updateTable('proof')
    .set({ id: p.next, detail: p.detail })
    .where('subject_id', '=', p.subject)
    .where('id', '=', p.id),
);

/** The counter jumps to a value that it has not reached: a TOTP step, a signature count. */
export const raiseCounter = t.statement(
  (db, p: Key & { now: number; counter: number; detail: string }) =>
    db
      .updateTable('proof')
      .set({ counter: p.counter, last_used_at: p.now, detail: p.detail })
      .where('subject_id', '=', p.subject)
      .where('id', '=', p.id)
      .where('counter', '<', p.counter),
);

/** The counter has a bit for each code that was used; two different codes used at once are both good. */
export const raiseBit = t.statement((db, p: Key & { now: number; bit: number }) =>
  db
    .updateTable('proof')
    .set({ counter: sql<number>`counter | ${p.bit}`, last_used_at: p.now })
    .where('subject_id', '=', p.subject)
    .where('id', '=', p.id)
    .where(sql<number>`(counter & ${p.bit})`, '=', 0),
);

/** One use more of a few. */
export const countUse = t.statement((db, p: Key & { now: number; uses: number }) =>
  db
    .updateTable('proof')
    .set((eb) => ({ counter: eb('counter', '+', 1), last_used_at: p.now }))
    .where('subject_id', '=', p.subject)
    .where('id', '=', p.id)
    .where('counter', '<', p.uses),
);

/** For an authenticator that counts nothing: only if no other use was written since the row was read. */
export const touchUnchanged = t.statement(
  (db, p: Key & { now: number; detail: string; seen: number; seenUse: number }) =>
    db
      .updateTable('proof')
      .set({ last_used_at: p.now, detail: p.detail })
      .where('subject_id', '=', p.subject)
      .where('id', '=', p.id)
      .where('counter', '=', p.seen)
      .where((eb) => eb(eb.fn.coalesce('last_used_at', eb.lit(-1)), '=', p.seenUse)),
);
