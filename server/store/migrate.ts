/**
 * Migrations: the schema's history, forward only. Each is a pure list of statements for a dialect, so that its text can be
 * fixed by a hash once it is released (migrations/released.json); a released one is never edited, only followed.
 *
 * To add one: copy the newest file in migrations/, give it the next number, list it below.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import { type Migration, migrationContext } from './migration.ts';
import { store0001 } from './migrations/0001-store.ts';
import { vault0002 } from './migrations/0002-vault.ts';
import { record0003 } from './migrations/0003-record.ts';
import { subjects0004 } from './migrations/0004-subjects.ts';
import { policy0005 } from './migrations/0005-policy.ts';
import { proofs0006 } from './migrations/0006-proofs.ts';
import { gate0007 } from './migrations/0007-gate.ts';
import { builders, type NoParameters, type Statement, tables } from './statement.ts';
import type { Dialect, Queries, Store } from './store.ts';

export const migrations: readonly Migration[] = [
  store0001,
  vault0002,
  record0003,
  subjects0004,
  policy0005,
  proofs0006,
  gate0007,
];

export interface MigrationState {
  readonly id: string;
  /** When it was applied; undefined while it is still to come. */
  readonly appliedAt: number | undefined;
}

const t = tables<{ migration: { id: string; hash: string; applied_at: number } }>();

const createHistory = t.query((db) =>
  db.schema
    .createTable('migration')
    .ifNotExists()
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('hash', 'text', (c) => c.notNull())
    .addColumn('applied_at', 'bigint', (c) => c.notNull()),
);
const applied = t.statement((db) => db.selectFrom('migration').selectAll().orderBy('id'));
const note = t.statement((db, p: { id: string; hash: string; now: number }) =>
  db
    .insertInto('migration')
    .values({ id: p.id, hash: p.hash, applied_at: p.now })
    .onConflict((oc) => oc.doNothing()),
);

/** The statements of a migration and the hash of their text. */
export function migrationText(
  migration: Migration,
  dialect: Dialect,
): { sql: string[]; hash: string } {
  const context = migrationContext(dialect, builders[dialect]);
  const sql = migration.up(context).map((statement) => statement.compile().sql);
  return { sql, hash: createHash('sha256').update(sql.join(';\n')).digest('hex') };
}

export async function migrationStatus(
  store: Store,
  known: readonly Migration[] = migrations,
): Promise<MigrationState[]> {
  await store.write(async (tx) => void (await tx.run(createHistory, {})));
  return store.read((q) => status(q, store.dialect, known));
}

async function status(
  q: Queries,
  dialect: Dialect,
  known: readonly Migration[],
): Promise<MigrationState[]> {
  const rows = new Map((await q.all(applied, {})).map((row) => [row.id, row]));
  for (const id of rows.keys()) {
    if (!known.some((migration) => migration.id === id)) {
      throw new Fault('store.misuse', `this database was made by a newer Sallyport: it has ${id}`);
    }
  }
  return known.map((migration) => {
    const row = rows.get(migration.id);
    if (row && row.hash !== migrationText(migration, dialect).hash) {
      throw new Fault('store.misuse', `${migration.id} is not what this database was made with`);
    }
    return { id: migration.id, appliedAt: row?.applied_at };
  });
}

/**
 * Applies what is missing, each migration in a transaction of its own. Nodes that start together take turns: the row that
 * tells of a migration is written first, and its key lets one transaction at a time through.
 */
export async function migrateUp(
  store: Store,
  clock: Clock,
  known: readonly Migration[] = migrations,
): Promise<string[]> {
  const done: string[] = [];
  for (const { id, appliedAt } of await migrationStatus(store, known)) {
    if (appliedAt !== undefined) continue;
    const migration = known.find((candidate) => candidate.id === id)!; // `status` lists the known ones.
    const text = migrationText(migration, store.dialect);
    const first = await store.write(async (tx) => {
      if ((await tx.run(note, { id, hash: text.hash, now: clock.now() })) !== 1) return false;
      for (const sql of text.sql) await tx.run(plain(sql), {});
      return true;
    });
    if (first) done.push(id);
  }
  return done;
}

function plain(text: string): Statement<NoParameters, unknown> {
  return { lasting: false, compile: () => ({ sql: text, values: [] }) };
}
