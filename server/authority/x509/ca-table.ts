import { tables } from '../../store/statement.ts';
import type { Footing } from '../../store/store.ts';

export type CaRole = 'root' | 'issuing' | 'ocsp';

interface CaTables {
  x509_ca: {
    id: string;
    role: CaRole;
    slot: string | null;
    serial: string;
    issuer_id: string;
    certificate: Uint8Array;
    secret: Uint8Array | null;
    not_before: number;
    not_after: number;
    created_at: number;
    revision: number;
    list: Uint8Array | null;
    revoked_at: number | null;
    reason: string | null;
  };
}

export type CaRow = CaTables['x509_ca'];

const t = tables<CaTables>();

/** The newest first; a root is made with the issuing CA below it, at one moment. */
export const caRows = t.statement((db) =>
  db.selectFrom('x509_ca').selectAll().orderBy('created_at', 'desc').orderBy('role').orderBy('id'),
);

export const caBySlot = t.statement((db, p: { slot: string }) =>
  db.selectFrom('x509_ca').selectAll().where('slot', '=', p.slot),
);

export const caById = t.statement((db, p: { id: string }) =>
  db.selectFrom('x509_ca').selectAll().where('id', '=', p.id),
);

export const issuingIds = t.statement((db) =>
  db.selectFrom('x509_ca').select('id').where('role', '=', 'issuing').orderBy('id'),
);

/** What changes of one, and nothing that is long. */
export const caState = t.statement((db, p: { id: string }) =>
  db.selectFrom('x509_ca').select(['id', 'slot', 'revision', 'revoked_at']).where('id', '=', p.id),
);

/** What that rests on. */
export const caFooting: Footing = { existing: [], rows: ['x509_ca'], tables: [] };

/** Of two nodes that begin at once, one has the slot. */
export const insertCa = t.statement(
  (
    db,
    p: {
      id: string;
      role: CaRole;
      slot: string;
      serial: string;
      issuerId: string;
      certificate: Uint8Array;
      secret: Uint8Array;
      notBefore: number;
      notAfter: number;
      now: number;
    },
  ) =>
    db
      .insertInto('x509_ca')
      .values({
        id: p.id,
        role: p.role,
        slot: p.slot,
        serial: p.serial,
        issuer_id: p.issuerId,
        certificate: p.certificate,
        secret: p.secret,
        not_before: p.notBefore,
        not_after: p.notAfter,
        created_at: p.now,
        revision: 0,
      })
      .onConflict((oc) => oc.column('slot').doNothing()),
);

export const freeSlot = t.statement((db, p: { id: string }) =>
  db
    .updateTable('x509_ca')
    .set({ slot: null })
    .where('id', '=', p.id)
    .where('slot', 'is not', null),
);

export const dropSecret = t.statement((db, p: { id: string; list: Uint8Array }) =>
  db
    .updateTable('x509_ca')
    .set({ secret: null, list: p.list })
    .where('id', '=', p.id)
    .where('secret', 'is not', null),
);

export const keepSecret = t.statement((db, p: { id: string; secret: Uint8Array }) =>
  db.updateTable('x509_ca').set({ secret: p.secret }).where('id', '=', p.id),
);

export const raiseRevision = t.statement((db, p: { id: string }) =>
  db
    .updateTable('x509_ca')
    .set((eb) => ({ revision: eb('revision', '+', 1) }))
    .where('id', '=', p.id),
);

/** Of all together: a list of one of them says something else when it changes. */
export const revisions = t.statement((db) =>
  db
    .selectFrom('x509_ca')
    .select(({ fn }) => [
      fn.countAll().as('count'),
      fn.count('revoked_at').as('revoked'),
      fn.sum('revision').as('revisions'),
    ]),
);

export const revokeCa = t.statement((db, p: { id: string; now: number; reason: string }) =>
  db
    .updateTable('x509_ca')
    .set({ revoked_at: p.now, reason: p.reason, slot: null })
    .where('id', '=', p.id)
    .where('revoked_at', 'is', null),
);
