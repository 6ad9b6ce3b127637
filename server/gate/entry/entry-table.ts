import type { ProcessId, ResourceId, SubjectId } from '../../kernel/id.ts';
import type { ProofId } from '../../proofs/proof.ts';
import { tables } from '../../store/statement.ts';
import type { Footing } from '../../store/store.ts';

interface EntryTables {
  throttle: { key: Uint8Array; blocked_until: number };
  policy_set: { version: number };
  subject: { id: SubjectId; status: string; epoch: number };
  proof: { subject_id: SubjectId; id: ProofId };
  resource: { id: ResourceId; epoch: number };
}

const t = tables<EntryTables>();

export interface StandingAsked {
  process: ProcessId;
  proof: ProofId;
  resource: ResourceId;
  source: Uint8Array;
  within: Uint8Array;
}

export interface StandingRow {
  status: string;
  epoch: number;
  /** Null when the proof is gone. */
  proof_id: ProofId | null;
  resource_epoch: number | null;
  waits_until: number | null;
  policy_version: number | null;
}

/**
 * Whether what was read before a transaction is so in it: one row tells of the process, its proof and the resource. Each change
 * of the first and the last raises their epochs, and a proof never changes but by going. Beside them, what would be two more
 * statements: until when its source waits, and which policies are in force; null where neither is known of.
 */
export const standingForEntry = t.statement((db, p: StandingAsked) =>
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
    .select((eb) => [
      eb
        .selectFrom('throttle')
        .select((eb) => eb.fn.max<number | null>('blocked_until').as('until'))
        .where('key', 'in', [p.source, p.within])
        .as('waits_until'),
      eb
        .selectFrom('policy_set')
        .select((eb) => eb.fn.max<number | null>('version').as('version'))
        .as('policy_version'),
    ])
    .where('subject.id', '=', p.process),
);

/** What that row rests on. A proof never changes but by going; where nothing waits and no policies are, some may come. */
export const entryFooting: Footing = {
  existing: ['proof'],
  rows: ['subject', 'resource'],
  tables: ['throttle', 'policy_set'],
};
