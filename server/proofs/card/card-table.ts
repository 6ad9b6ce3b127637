import type { Kysely } from 'kysely';
import { heldCertificate, heldVersions } from '../../authority/x509/standing-table.ts';
import type { SubjectId } from '../../kernel/id.ts';
import { tables } from '../../store/statement.ts';
import type { ProofId } from '../proof.ts';
import type { ProofRow } from '../proof-table.ts';

interface Tables {
  proof: ProofRow;
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
 * Only if no other use was written since the row was read, and if what vouched for the card still does: all that is trusted, since a list
 * under any name of its CA ends it. What ends that trust ends
 * what cards opened, too: it waits until this is through and then sees it, or this waits and finds it gone.
 */
export const touchCardOf = t.statement((db, p: Use & { versions: string }, dialect) =>
  touched(db, p).where((eb) => eb(heldVersions(dialect, {}), '=', p.versions)),
);

/** The same of a card that is our own. */
export const touchOwnCard = t.statement((db, p: Use & { row: string }, dialect) =>
  touched(db, p).where(({ exists }) => exists(heldCertificate(dialect, { serial: p.row }))),
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
