import type { PersonId } from '../kernel/id.ts';
import type { ProofId } from '../proofs/proof.ts';
import { tables } from '../store/statement.ts';

interface StandingTables {
  subject: { id: PersonId; status: string; epoch: number };
  proof: { subject_id: PersonId; id: ProofId };
  policy_set: { version: number };
}

const t = tables<StandingTables>();

/**
 * Whether what was read of a person before a transaction is so in it: a row for each proof that they hold, or one. Each change of
 * a person raises their epoch, each one of the policies makes a version, and a proof never changes but by going.
 */
export const standingOfPerson = t.statement((db, p: { subject: PersonId }) =>
  db
    .selectFrom('subject')
    .leftJoin('proof', 'proof.subject_id', 'subject.id')
    .select((eb) => [
      'subject.status',
      'subject.epoch',
      'proof.id as proof',
      eb
        .selectFrom('policy_set')
        .select((inner) => inner.fn.max<number | null>('version').as('version'))
        .as('policies'),
    ])
    .where('subject.id', '=', p.subject),
);
