import { tables } from '../../store/statement.ts';

interface DistrustedTables {
  x509_distrusted: {
    /** The id of its key. */
    issuer_id: string;
    certificate: Uint8Array;
    /** When it is over by its time. */
    until: number;
  };
}

const t = tables<DistrustedTables>();

export const insertDistrusted = t.statement(
  (db, p: { issuer: string; certificate: Uint8Array; until: number }) =>
    db
      .insertInto('x509_distrusted')
      .values({ issuer_id: p.issuer, certificate: p.certificate, until: p.until })
      .onConflict((oc) =>
        oc.column('issuer_id').doUpdateSet({ certificate: p.certificate, until: p.until }),
      ),
);

export const deleteDistrusted = t.statement((db, p: { issuer: string }) =>
  db.deleteFrom('x509_distrusted').where('issuer_id', '=', p.issuer),
);

/** Administrators put them there, one by one. */
export const allDistrusted = t.statement((db) =>
  db.selectFrom('x509_distrusted').select('certificate').orderBy('issuer_id'),
);

export const forgetDistrusted = t.statement((db, p: { before: number }) =>
  db.deleteFrom('x509_distrusted').where('until', '<', p.before),
);
