import type { ProcessId, ResourceId, SubjectId } from '../../kernel/id.ts';
import type { ProofId } from '../../proofs/proof.ts';
import { tables } from '../../store/statement.ts';

interface EntryTables {
  subject: { id: SubjectId; status: string; epoch: number };
  proof: { subject_id: SubjectId; id: ProofId };
  resource: { id: ResourceId; epoch: number };
}

const t = tables<EntryTables>();

/**
 * Whether what was read before a transaction is so in it: one row tells of the process, its proof and the resource. Each change
 * of the first and the last raises their epochs, and a proof never changes but by going.
 */
export const standingForEntry = t.statement(
  (db, p: { process: ProcessId; proof: ProofId; resource: ResourceId }) =>
    db
      .selectFrom('subject')
      .leftJoin('proof', (on) =>
        on.onRef('proof.subject_id', '=', 'subject.id').on('proof.id', '=', p.proof),
      )
      .leftJoin('resource', (on) => on.on('resource.id', '=', p.resource))
      .select([
        'subject.status',
        'subject.epoch',
        'proof.id as proof_id',
        'resource.epoch as resource_epoch',
      ])
      .where('subject.id', '=', p.process),
);
