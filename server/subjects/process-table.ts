import type { Kysely } from 'kysely';
import type { PersonId, ProcessId, ResourceId } from '../kernel/id.ts';
import { tables } from '../store/statement.ts';
import { type OwnedRow, ownedColumns } from './owned-subject-table.ts';
import type { SubjectRow } from './subject-table.ts';

interface ProcessOnlyRow {
  id: ProcessId;
  name: string;
  purpose: string;
  /** 1 for what an application proves itself as: it comes and goes with the resource of the same id. */
  application: number;
  last_seen_at: number | null;
  /** Sealed under the process's own key: an address may be somebody's home. */
  last_seen_from: Uint8Array | null;
}

interface EntryRow {
  process_id: ProcessId;
  resource_id: ResourceId;
  /** JSON list of text. */
  scopes: string;
}

interface ProcessTables {
  subject: SubjectRow;
  process: ProcessOnlyRow;
  process_entry: EntryRow;
}

export interface ProcessRow extends ProcessOnlyRow, OwnedRow {}

const t = tables<ProcessTables>();

const processes = (db: Kysely<ProcessTables>) =>
  db
    .selectFrom('process')
    .innerJoin('subject', 'subject.id', 'process.id')
    .leftJoin('subject as owner', 'owner.id', 'subject.owner_id')
    .selectAll('process')
    .select(ownedColumns);

export const processById = t.statement((db, p: { id: ProcessId }) =>
  processes(db).where('process.id', '=', p.id),
);

export const processByName = t.statement((db, p: { name: string }) =>
  processes(db).where('process.name', '=', p.name),
);

export interface ProcessFilter {
  readonly after?: string;
  readonly status?: string;
  readonly owner?: PersonId;
  readonly resource?: ResourceId;
  /** Only those whose owner is gone or disabled. */
  readonly orphaned?: boolean;
  readonly limit: number;
}

export const listProcesses = (filter: ProcessFilter, answering: readonly string[]) =>
  t.query((db) => {
    let query = processes(db);
    const { after, status, owner, resource, orphaned } = filter;
    if (after !== undefined) query = query.where('process.id', '>', after as ProcessId); // Compared as text.
    if (status !== undefined) query = query.where('subject.status', '=', status);
    if (owner !== undefined) query = query.where('subject.owner_id', '=', owner);
    if (orphaned) {
      query = query.where((eb) =>
        eb.or([eb('owner.status', 'is', null), eb('owner.status', 'not in', answering)]),
      );
    }
    if (resource !== undefined) {
      query = query.where('process.id', 'in', (eb) =>
        eb.selectFrom('process_entry').select('process_id').where('resource_id', '=', resource),
      );
    }
    return query.orderBy('process.id').limit(filter.limit);
  });

export const insertProcess = t.statement(
  (db, p: { id: ProcessId; name: string; purpose: string; application: number }) =>
    db
      .insertInto('process')
      .values({ id: p.id, name: p.name, purpose: p.purpose, application: p.application })
      .onConflict((oc) => oc.column('name').doNothing()),
);

export const processNamed = t.statement((db, p: { name: string }) =>
  db.selectFrom('process').select('id').where('name', '=', p.name),
);

export const updateProcess = t.statement(
  (db, p: { id: ProcessId; name: string; purpose: string }) =>
    db.updateTable('process').set({ name: p.name, purpose: p.purpose }).where('id', '=', p.id),
);

export const seeProcess = t.statement(
  (db, p: { id: ProcessId; now: number; from: Uint8Array; before: number }) =>
    db
      .updateTable('process')
      .set({ last_seen_at: p.now, last_seen_from: p.from })
      .where('id', '=', p.id)
      .where((eb) => eb.or([eb('last_seen_at', 'is', null), eb('last_seen_at', '<=', p.before)])),
);

export const deleteProcess = t.statement((db, p: { id: ProcessId }) =>
  db.deleteFrom('process').where('id', '=', p.id),
);

export const entriesOf = t.statement((db, p: { id: ProcessId }) =>
  db.selectFrom('process_entry').selectAll().where('process_id', '=', p.id).orderBy('resource_id'),
);

export const insertEntry = t.statement(
  (db, p: { process: ProcessId; resource: ResourceId; scopes: string }) =>
    db
      .insertInto('process_entry')
      .values({ process_id: p.process, resource_id: p.resource, scopes: p.scopes }),
);

export const deleteEntriesOf = t.statement((db, p: { process: ProcessId }) =>
  db.deleteFrom('process_entry').where('process_id', '=', p.process),
);

export const deleteEntriesTo = t.statement((db, p: { resource: ResourceId }) =>
  db.deleteFrom('process_entry').where('resource_id', '=', p.resource),
);

/** Who may enter a resource has changed when their listing there went: what they were granted is judged anew. */
export const raiseEpochsAt = t.statement((db, p: { resource: ResourceId; now: number }) =>
  db
    .updateTable('subject')
    .set((eb) => ({ epoch: eb('epoch', '+', 1), changed_at: p.now }))
    .where('id', 'in', (eb) =>
      eb.selectFrom('process_entry').select('process_id').where('resource_id', '=', p.resource),
    ),
);
