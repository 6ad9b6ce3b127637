import type { ProcessId } from '../../kernel/id.ts';
import { tables } from '../../store/statement.ts';

interface VouchedTables {
  x509_vouched: {
    issuer_id: string;
    serial: string;
    /** The CA under which it was found good; empty where a rule alone vouched for it. */
    trusted_id: string;
    subject_id: ProcessId;
    until: number;
  };
}

export type VouchedRow = VouchedTables['x509_vouched'];

const t = tables<VouchedTables>();

export const insertVouched = t.statement((db, p: VouchedRow) =>
  db
    .insertInto('x509_vouched')
    .values({
      issuer_id: p.issuer_id,
      serial: p.serial,
      trusted_id: p.trusted_id,
      subject_id: p.subject_id,
      until: p.until,
    })
    .onConflict((oc) =>
      oc.columns(['issuer_id', 'serial', 'trusted_id', 'subject_id']).doNothing(),
    ),
);

/** Certificates of one CA by which somebody came, in the order of their serial numbers. */
export const vouchedOfIssuer = t.statement((db, p: { issuer: string; after: string }) =>
  db
    .selectFrom('x509_vouched')
    .select('serial')
    .distinct()
    .where('issuer_id', '=', p.issuer)
    .where('serial', '>', p.after)
    .orderBy('serial')
    .limit(256),
);

/** Who came by that one. */
export const vouchedBySerial = t.statement(
  (db, p: { issuer: string; serial: string; after: string }) =>
    db
      .selectFrom('x509_vouched')
      .select('subject_id')
      .distinct()
      .where('issuer_id', '=', p.issuer)
      .where('serial', '=', p.serial)
      .where('subject_id', '>', p.after as ProcessId)
      .orderBy('subject_id')
      .limit(256),
);

/** Who came by certificates of a CA that is trusted. */
export const vouchedByTrusted = t.statement((db, p: { trusted: string; after: string }) =>
  db
    .selectFrom('x509_vouched')
    .select('subject_id')
    .distinct()
    .where('trusted_id', '=', p.trusted)
    .where('subject_id', '>', p.after as ProcessId)
    .orderBy('subject_id')
    .limit(256),
);

export const deleteVouchedByTrusted = t.statement((db, p: { trusted: string }) =>
  db.deleteFrom('x509_vouched').where('trusted_id', '=', p.trusted),
);

/** Of certificates that are over by their time. */
export const forgetVouched = t.statement((db, p: { before: number }) =>
  db.deleteFrom('x509_vouched').where('until', '<', p.before),
);
