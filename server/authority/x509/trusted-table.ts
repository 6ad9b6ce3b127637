import { tables } from '../../store/statement.ts';

interface TrustedTables {
  x509_trusted: {
    id: string;
    name: string;
    trusted_for: string;
    certificates: Uint8Array;
    wants_crl: number;
    version: number;
    added_at: number;
    not_after: number;
  };
  x509_trusted_crl: {
    trusted_id: string;
    issuer_id: string;
    crl: Uint8Array;
    this_update: number;
    next_update: number;
    imported_at: number;
  };
}

export type TrustedRow = TrustedTables['x509_trusted'];

const t = tables<TrustedTables>();

/** Enough to see whether what is remembered is still so. */
export const trustedVersions = t.statement((db) =>
  db.selectFrom('x509_trusted').select(['id', 'version']).orderBy('id'),
);

export const trustedRows = t.statement((db) =>
  db.selectFrom('x509_trusted').selectAll().orderBy('name'),
);

export const trustedByName = t.statement((db, p: { name: string }) =>
  db.selectFrom('x509_trusted').selectAll().where('name', '=', p.name),
);

export const trustedLists = t.statement((db, p: { id: string }) =>
  db.selectFrom('x509_trusted_crl').selectAll().where('trusted_id', '=', p.id),
);

export const insertTrusted = t.statement(
  (
    db,
    p: {
      id: string;
      name: string;
      trustedFor: string;
      certificates: Uint8Array;
      wantsCrl: number;
      now: number;
      notAfter: number;
    },
  ) =>
    db
      .insertInto('x509_trusted')
      .values({
        id: p.id,
        name: p.name,
        trusted_for: p.trustedFor,
        certificates: p.certificates,
        wants_crl: p.wantsCrl,
        version: 1,
        added_at: p.now,
        not_after: p.notAfter,
      })
      .onConflict((oc) => oc.column('name').doNothing()),
);

/** From the first list on, there has to be one that is new enough. */
export const raiseTrusted = t.statement((db, p: { id: string }) =>
  db
    .updateTable('x509_trusted')
    .set((eb) => ({ version: eb('version', '+', 1), wants_crl: 1 }))
    .where('id', '=', p.id),
);

export const putTrustedList = t.statement(
  (
    db,
    p: {
      id: string;
      issuer: string;
      crl: Uint8Array;
      thisUpdate: number;
      nextUpdate: number;
      now: number;
    },
  ) =>
    db
      .insertInto('x509_trusted_crl')
      .values({
        trusted_id: p.id,
        issuer_id: p.issuer,
        crl: p.crl,
        this_update: p.thisUpdate,
        next_update: p.nextUpdate,
        imported_at: p.now,
      })
      .onConflict((oc) =>
        oc.columns(['trusted_id', 'issuer_id']).doUpdateSet((eb) => ({
          crl: eb.ref('excluded.crl'),
          this_update: eb.ref('excluded.this_update'),
          next_update: eb.ref('excluded.next_update'),
          imported_at: eb.ref('excluded.imported_at'),
        })),
      ),
);

export const deleteTrusted = t.statement((db, p: { id: string }) =>
  db.deleteFrom('x509_trusted').where('id', '=', p.id),
);
export const deleteTrustedLists = t.statement((db, p: { id: string }) =>
  db.deleteFrom('x509_trusted_crl').where('trusted_id', '=', p.id),
);
