import { sql } from 'kysely';
import type { DeviceId, PersonId } from '../kernel/id.ts';
import type { ProofId } from '../proofs/proof.ts';
import { tables } from '../store/statement.ts';
import type { Footing } from '../store/store.ts';

interface StandingTables {
  subject: { id: PersonId | DeviceId; status: string; epoch: number };
  proof: { subject_id: PersonId; id: ProofId };
  policy_set: { version: number };
}

const t = tables<StandingTables>();

/** What was read of a person before a transaction, and has to be so in it. */
interface Standing {
  subject: PersonId;
  status: string;
  epoch: number;
  policies: number;
  /** The ids of their proofs in order, with commas between them. */
  proofs: string;
}

/**
 * A row, if all of it is so. Each change of a person raises their epoch, each one of the policies makes a version, and a proof never
 * changes but by going.
 */
export const personStands = t.statement((db, p: Standing, dialect) =>
  db
    .selectFrom('subject')
    .select('subject.id')
    .where('subject.id', '=', p.subject)
    .where('subject.status', '=', p.status)
    .where('subject.epoch', '=', p.epoch)
    .where(
      (eb) =>
        eb
          .selectFrom('policy_set')
          .select((inner) => inner.fn.coalesce(inner.fn.max('version'), sql.lit(0)).as('version')),
      '=',
      p.policies,
    )
    .where(
      (eb) =>
        eb
          .selectFrom('proof')
          .select(
            (dialect === 'postgres'
              ? sql<string>`coalesce(string_agg(proof.id, ',' order by proof.id), '')`
              : sql<string>`coalesce(group_concat(proof.id, ',' order by proof.id), '')`
            ).as('proofs'),
          )
          .where('proof.subject_id', '=', p.subject),
      '=',
      p.proofs,
    ),
);

/** A network device, if it is as it was. */
export const deviceStands = t.statement((db, p: { device: DeviceId; epoch: number }) =>
  db
    .selectFrom('subject')
    .select('subject.id')
    .where('subject.id', '=', p.device)
    .where('subject.status', '=', 'active')
    .where('subject.epoch', '=', p.epoch),
);

/** What those rows rest on. To use a proof, or to call it by another name, makes them no other. */
export const standingFooting: Footing = {
  existing: [],
  rows: ['subject'],
  tables: ['proof', 'policy_set'],
  unread: { proof: ['name', 'last_used_at', 'detail', 'sealed', 'counter'] },
};

export function proofsInOrder(held: readonly { readonly id: ProofId }[]): string {
  return held
    .map(({ id }) => id)
    .sort()
    .join(',');
}
