/**
 * What may be used once and was: identifiers of assertions (RFC 7523 §3, `jti`) and of proofs of possession (RFC 9449 §11.1).
 * One row each, until the thing itself has expired. The insert is the check: of two requests at once, one changes a row.
 */
import { sha256 } from '../kernel/digest.ts';
import { tables } from '../store/statement.ts';
import type { Tx } from '../store/store.ts';

interface SpentRow {
  expires_at: number;
  key: Uint8Array;
}

const t = tables<{ spent: SpentRow }>();

const insertSpent = t.statement((db, p: SpentRow) =>
  db
    .insertInto('spent')
    .values({ expires_at: p.expires_at, key: p.key })
    .onConflict((oc) => oc.columns(['expires_at', 'key']).doNothing()),
);

export const forgetSpent = t.statement((db, p: { before: number }) =>
  db.deleteFrom('spent').where('expires_at', '<=', p.before),
);

/** When the first of them expires; null when there is none. */
export const firstSpent = t.statement((db) =>
  db.selectFrom('spent').select((eb) => eb.fn.min<number | null>('expires_at').as('at')),
);

/** Something to be used once: told apart by `of` and `name` from all else, and by when it can't be used any more anyway. */
export interface Once {
  /** What it is, and whose: two clients may use the same identifiers. */
  readonly of: string;
  readonly name: string;
  /** When it expires by itself, in milliseconds: signed together with the name, so nobody can choose another. */
  readonly until: number;
}

/** False when it was spent before. */
export async function spendOnce(tx: Tx, { of, name, until }: Once): Promise<boolean> {
  const key = sha256(JSON.stringify([of, name]));
  return (await tx.run(insertSpent, { expires_at: until, key })) === 1;
}
