import { tables } from '../store/statement.ts';
import type { Footing } from '../store/store.ts';

export interface PolicySetRow {
  version: number;
  /** JSON: file names to texts. */
  files: string;
  /** Of `files`, in hex; the record has it too. */
  sha256: string;
  activated_at: number;
  /** Whoever activated it; null for the command line. */
  activated_by: string | null;
}

const t = tables<{ policy_set: PolicySetRow }>();

/** One step down an index: cheap enough to be asked in every transaction. Null where there is none. */
export const newestVersion = t.statement((db) =>
  db.selectFrom('policy_set').select((eb) => eb.fn.max('version').as('version')),
);

/** What that rests on: one that is added counts. */
export const newestFooting: Footing = { existing: [], rows: [], tables: ['policy_set'] };

export const policySetByVersion = t.statement((db, p: { version: number }) =>
  db.selectFrom('policy_set').selectAll().where('version', '=', p.version),
);

export const policySetVersions = t.statement((db) =>
  db
    .selectFrom('policy_set')
    .select(['version', 'sha256', 'activated_at', 'activated_by'])
    .orderBy('version', 'desc')
    .limit(100),
);

/** Changes no row when another activation took the number first. */
export const insertPolicySet = t.statement((db, p: PolicySetRow) =>
  db
    .insertInto('policy_set')
    .values({
      version: p.version,
      files: p.files,
      sha256: p.sha256,
      activated_at: p.activated_at,
      activated_by: p.activated_by,
    })
    .onConflict((oc) => oc.doNothing()),
);
