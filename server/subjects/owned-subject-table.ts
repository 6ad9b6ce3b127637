import type { PersonId, SubjectId } from '../kernel/id.ts';
import { tables } from '../store/statement.ts';
import type { SubjectRow } from './subject-table.ts';

/** What a device and a process are as subjects, and what is known of their owner. */
export interface OwnedRow {
  status: string;
  epoch: number;
  groups: string;
  owner_id: string | null;
  owner_status: string | null;
  created_at: number;
  changed_at: number;
}

/** The columns of an `OwnedRow`, where `subject` is joined, and once more as `owner`. */
export const ownedColumns = [
  'subject.status',
  'subject.epoch',
  'subject.groups',
  'subject.owner_id',
  'owner.status as owner_status',
  'subject.created_at',
  'subject.changed_at',
] as const;

const t = tables<{ subject: SubjectRow }>();

/** Changes one that nobody else changed meanwhile, and raises its epoch. */
export const updateOwned = t.statement(
  (
    db,
    p: {
      id: SubjectId;
      seen: number;
      status: string;
      owner: PersonId | null;
      groups: string;
      now: number;
    },
  ) =>
    db
      .updateTable('subject')
      .set((eb) => ({
        status: p.status,
        owner_id: p.owner,
        groups: p.groups,
        changed_at: p.now,
        epoch: eb('epoch', '+', 1),
      }))
      .where('id', '=', p.id)
      .where('epoch', '=', p.seen),
);

export const raiseEpoch = t.statement((db, p: { id: SubjectId; now: number }) =>
  db
    .updateTable('subject')
    .set((eb) => ({ epoch: eb('epoch', '+', 1), changed_at: p.now }))
    .where('id', '=', p.id),
);
