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
  x509_trusted_source: {
    trusted_id: string;
    url: string;
    due_at: number;
    got_at: number | null;
    failed: string | null;
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
export const deleteTrustedSources = t.statement((db, p: { id: string }) =>
  db.deleteFrom('x509_trusted_source').where('trusted_id', '=', p.id),
);

export const insertSource = t.statement((db, p: { id: string; url: string; now: number }) =>
  db.insertInto('x509_trusted_source').values({ trusted_id: p.id, url: p.url, due_at: p.now }),
);

export const sourcesOf = t.statement((db, p: { id: string }) =>
  db.selectFrom('x509_trusted_source').select('url').where('trusted_id', '=', p.id).orderBy('url'),
);

export const sourceRows = t.statement((db) =>
  db
    .selectFrom('x509_trusted_source')
    .innerJoin('x509_trusted', 'x509_trusted.id', 'x509_trusted_source.trusted_id')
    .select(['trusted_id', 'name', 'url', 'due_at', 'got_at', 'failed'])
    .orderBy('due_at'),
);

/** Of several nodes that see that it is due, one takes it up. */
export const claimSource = t.statement(
  (db, p: { id: string; url: string; seen: number; due: number }) =>
    db
      .updateTable('x509_trusted_source')
      .set({ due_at: p.due })
      .where('trusted_id', '=', p.id)
      .where('url', '=', p.url)
      .where('due_at', '=', p.seen),
);

export const settleSource = t.statement(
  (db, p: { id: string; url: string; due: number; got: number | null; failed: string | null }) =>
    db
      .updateTable('x509_trusted_source')
      .set({ due_at: p.due, got_at: p.got, failed: p.failed })
      .where('trusted_id', '=', p.id)
      .where('url', '=', p.url),
);
