/**
 * Migrations: the schema's history, forward only. Each is a pure list of statements for a dialect, so that its text can be
 * fixed by a hash once it is released (migrations/released.json); a released one is never edited, only followed.
 *
 * To add one: copy the newest file in migrations/, give it the next number, list it below.
 */

import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'kysely';
import { hex } from '../kernel/bytes.ts';
import { type Clock, MINUTE } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import { type Random, systemRandom } from '../kernel/random.ts';
import type { Dialect } from './dialect.ts';
import { holdLease, type Lease, releaseLease, takeLease } from './lease.ts';
import { type Migration, migrationContext } from './migration.ts';
import { store0001 } from './migrations/0001-store.ts';
import { vault0002 } from './migrations/0002-vault.ts';
import { record0003 } from './migrations/0003-record.ts';
import { subjects0004 } from './migrations/0004-subjects.ts';
import { policy0005 } from './migrations/0005-policy.ts';
import { proofs0006 } from './migrations/0006-proofs.ts';
import { gate0007 } from './migrations/0007-gate.ts';
import { processes0009 } from './migrations/0009-processes.ts';
import { grants0010 } from './migrations/0010-grants.ts';
import { signingKeys0011 } from './migrations/0011-signing-keys.ts';
import { oidc0012 } from './migrations/0012-oidc.ts';
import { sites0013 } from './migrations/0013-sites.ts';
import { appRegistration0014 } from './migrations/0014-app-registration.ts';
import { appRequests0015 } from './migrations/0015-app-requests.ts';
import { devices0016 } from './migrations/0016-devices.ts';
import { authority0017 } from './migrations/0017-authority.ts';
import { network0018 } from './migrations/0018-network.ts';
import { enrolment0019 } from './migrations/0019-enrolment.ts';
import { ssh0020 } from './migrations/0020-ssh.ts';
import { workloads0021 } from './migrations/0021-workloads.ts';
import { approvals0024 } from './migrations/0024-approvals.ts';
import { appRegistrationSaid0030 } from './migrations/0030-app-registration-said.ts';
import { recordAbout0032 } from './migrations/0032-record-about.ts';
import { builders, type NoParameters, type Statement, tables } from './statement.ts';
import type { Queries, Store, Tx } from './store.ts';

export const migrations: readonly Migration[] = [
  store0001,
  vault0002,
  record0003,
  subjects0004,
  policy0005,
  proofs0006,
  gate0007,
  processes0009,
  grants0010,
  signingKeys0011,
  oidc0012,
  sites0013,
  appRegistration0014,
  appRequests0015,
  devices0016,
  authority0017,
  network0018,
  enrolment0019,
  ssh0020,
  workloads0021,
  approvals0024,
  appRegistrationSaid0030,
  recordAbout0032,
];

/** Milliseconds: longer than any one migration ought to take, and how long to wait for a node that died in one. */
const LEASE_TIME = MINUTE;
const LEASE_STEP = 100;

export interface MigrationState {
  readonly id: string;
  /** When it was applied; undefined while it is still to come. */
  readonly appliedAt: number | undefined;
}

const t = tables<{ migration: { id: string; hash: string; applied_at: number } }>();

const historyTable = t.query((db) =>
  db.schema
    .createTable('migration')
    .ifNotExists()
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('hash', 'text', (c) => c.notNull())
    .addColumn('applied_at', 'bigint', (c) => c.notNull()),
);
const historyNames = {
  sqlite: t.query((db) =>
    db.selectNoFrom(
      sql<string | null>`(select name from sqlite_master where name = 'migration')`.as('name'),
    ),
  ),
  postgres: t.query((db) =>
    db.selectNoFrom(sql<string | null>`to_regclass('migration')::text`.as('name')),
  ),
};
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
  await createHistory(store);
  return store.read((q) => status(q, store.dialect, known));
}

/** The same for whoever only looks: where there is no table of migrations, none was applied, and none is made. */
export async function migrationsSeen(
  store: Store,
  known: readonly Migration[] = migrations,
): Promise<MigrationState[]> {
  const there = await store.read((q) => q.one(historyNames[store.dialect], {}));
  if (there?.name == null) return known.map(({ id }) => ({ id, appliedAt: undefined }));
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
      throw new Fault('store.foreign', `this database was made by a newer Sallyport: it has ${id}`);
    }
  }
  return known.map((migration) => {
    const row = rows.get(migration.id);
    if (row && row.hash !== migrationText(migration, dialect).hash) {
      throw new Fault('store.foreign', `${migration.id} is not what this database was made with`);
    }
    return { id: migration.id, appliedAt: row?.applied_at };
  });
}

/**
 * Applies what is missing, each migration in a transaction of its own. Nodes that start together take turns under a lease: a
 * node that was stopped halfway is followed by another, and one that slept past its time changes nothing.
 */
export async function migrateUp(
  store: Store,
  clock: Clock,
  known: readonly Migration[] = migrations,
  random: Random = systemRandom(),
): Promise<string[]> {
  const done = await bootstrap(store, clock, known);
  const missing = async () =>
    (await migrationStatus(store, known)).filter(({ appliedAt }) => appliedAt === undefined);
  if ((await missing()).length === 0) return done;

  const lease = await waitForLease(store, clock, hex(random.bytes(16)));
  try {
    for (const { id } of await missing()) {
      const migration = known.find((candidate) => candidate.id === id)!; // `migrationStatus` lists the known ones.
      await store.write(async (tx) => {
        if (!(await holdLease(tx, lease, clock.now(), LEASE_TIME))) {
          throw new Fault('store.unavailable', 'another node has taken over the migrations');
        }
        await apply(tx, migration, store.dialect, clock);
      });
      done.push(id);
    }
  } finally {
    // A lease that can't be given back runs out.
    await store.write((tx) => releaseLease(tx, lease)).catch(() => {});
  }
  return done;
}

/** The first migration makes the table of leases, and so can't be under one: the key of its row lets one node through. */
async function bootstrap(
  store: Store,
  clock: Clock,
  [first]: readonly Migration[],
): Promise<string[]> {
  await createHistory(store);
  if (!first) return [];
  const { hash } = migrationText(first, store.dialect);
  const isOurs = await store.write(async (tx) => {
    if ((await tx.run(note, { id: first.id, hash, now: clock.now() })) !== 1) return false;
    await execute(tx, migrationText(first, store.dialect).sql);
    return true;
  });
  return isOurs ? [first.id] : [];
}

async function createHistory(store: Store): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await store.write((tx) => tx.run(historyTable, {}));
      return;
    } catch (error) {
      // `if not exists` of PostgreSQL looks first and makes it then: of two nodes one may fail, and finds it the next time.
      if (tries === 3) throw error;
    }
  }
}

async function apply(tx: Tx, migration: Migration, dialect: Dialect, clock: Clock): Promise<void> {
  const { sql, hash } = migrationText(migration, dialect);
  await execute(tx, sql);
  if ((await tx.run(note, { id: migration.id, hash, now: clock.now() })) !== 1) {
    throw new Fault('store.conflict', `${migration.id} was applied by another node meanwhile`);
  }
}

async function execute(tx: Tx, sql: readonly string[]): Promise<void> {
  for (const text of sql) await tx.run(plain(text), {});
}

async function waitForLease(store: Store, clock: Clock, holder: string): Promise<Lease> {
  const wanted = { name: 'migrate', holder };
  for (let waited = 0; waited <= LEASE_TIME + LEASE_STEP; waited += LEASE_STEP) {
    const lease = await store.write((tx) => takeLease(tx, wanted, clock.now(), LEASE_TIME));
    if (lease) return lease;
    await wait(LEASE_STEP);
  }
  throw new Fault('store.unavailable', 'another node has been migrating the database for too long');
}

function plain(text: string): Statement<NoParameters, unknown> {
  return { lasting: false, compile: () => ({ sql: text, values: [] }) };
}
