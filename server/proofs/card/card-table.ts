import type { Kysely } from 'kysely';
import type { SubjectId } from '../../kernel/id.ts';
import { tables } from '../../store/statement.ts';
import type { ProofId } from '../proof.ts';
import type { ProofRow } from '../proof-table.ts';

interface Tables {
  proof: ProofRow;
  x509_certificate: { serial: string; ca_id: string; revoked_at: number | null };
  x509_ca: { id: string; revoked_at: number | null };
  x509_trusted: { id: string; version: number };
}

const t = tables<Tables>();

interface Use {
  readonly subject: SubjectId;
  readonly id: ProofId;
  readonly now: number;
  readonly detail: string;
  readonly seen: number;
  readonly seenUse: number;
}

/**
 * Only if no other use was written since the row was read, and if what vouched for the card still does. What ends that trust ends
 * what cards opened, too: it waits until this is through and then sees it, or this waits and finds it gone.
 */
export const touchCardOf = t.statement((db, p: Use & { row: string; version: number }, dialect) =>
  touched(db, p).where(({ exists, selectFrom }) => {
    const standing = selectFrom('x509_trusted')
      .select('x509_trusted.id')
      .where('x509_trusted.id', '=', p.row)
      .where('x509_trusted.version', '=', p.version);
    return exists(dialect === 'postgres' ? standing.forShare() : standing);
  }),
);

/** The same of a card that is our own. */
export const touchOwnCard = t.statement((db, p: Use & { row: string }, dialect) =>
  touched(db, p).where(({ exists, selectFrom }) => {
    const standing = selectFrom('x509_certificate')
      .innerJoin('x509_ca', 'x509_ca.id', 'x509_certificate.ca_id')
      .select('x509_certificate.serial')
      .where('x509_certificate.serial', '=', p.row)
      .where('x509_certificate.revoked_at', 'is', null)
      .where('x509_ca.revoked_at', 'is', null);
    return exists(dialect === 'postgres' ? standing.forShare() : standing);
  }),
);

function touched(db: Kysely<Tables>, p: Use) {
  return db
    .updateTable('proof')
    .set({ last_used_at: p.now, detail: p.detail })
    .where('subject_id', '=', p.subject)
    .where('id', '=', p.id)
    .where('counter', '=', p.seen)
    .where((eb) => eb(eb.fn.coalesce('last_used_at', eb.lit(-1)), '=', p.seenUse));
}
