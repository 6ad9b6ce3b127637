/** A fresh database for a test, with every migration applied: SQLite, or PostgreSQL when STORE=postgres. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Clock } from '../../server/kernel/clock.ts';
import { migrateUp, migrations, migrationText } from '../../server/store/migrate.ts';
import { openPostgres, type PostgresOptions } from '../../server/store/postgres.ts';
import { openSqlite, type SqliteOptions } from '../../server/store/sqlite.ts';
import type { Store } from '../../server/store/store.ts';

export interface TestStore {
  readonly store: Store;
  /** The folder that holds the embedded database, for tests that look at its bytes; empty with PostgreSQL. */
  readonly folder: string;
  /** What `database:` says in the configuration of a server that is to use this database: `sqlite` or a URL. */
  readonly database: string;
  /** Another node's store on the same database; closed with this one if it isn't before. */
  another(options?: StoreOptions): Store;
  close(): Promise<void>;
}

const DATABASE = 'sallyport.db';

type StoreOptions = Partial<SqliteOptions & PostgresOptions>;

/** A database without tables, for tests of migrations. */
export async function openEmptyStore(options: StoreOptions = {}): Promise<TestStore> {
  return isPostgres() ? postgresStore(undefined, options) : sqliteStore(options);
}

export async function openTestStore(clock: Clock, options: StoreOptions = {}): Promise<TestStore> {
  if (isPostgres()) return postgresStore(await template(clock), options);
  migrated ??= migratedFile(clock);
  return sqliteStore(options, await migrated);
}

export function isPostgres(): boolean {
  return process.env.STORE === 'postgres';
}

/** The bytes of a migrated database, from which each of this process begins: migrating costs sixteen times as much. */
let migrated: Promise<Buffer> | undefined;

async function migratedFile(clock: Clock): Promise<Buffer> {
  const test = sqliteStore({});
  await migrateUp(test.store, clock);
  await test.store.close();
  const bytes = readFileSync(join(test.folder, DATABASE));
  await test.close();
  return bytes;
}

function sqliteStore(options: StoreOptions, from?: Buffer): TestStore {
  const folder = makeFolder();
  const file = join(folder, DATABASE);
  if (from !== undefined) writeFileSync(file, from);
  const open = (more: StoreOptions = {}) => openSqlite({ file, ...options, ...more });
  return testStore(folder, 'sqlite', open, async () => {});
}

async function postgresStore(from: string | undefined, options: StoreOptions): Promise<TestStore> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asAdmin((admin) =>
    admin.query(
      from
        ? `create database ${name} template ${from} strategy wal_log`
        : `create database ${name}`,
    ),
  );
  const url = urlOf(name);
  const open = (more: StoreOptions = {}) => openPostgres({ url, poolSize: 5, ...options, ...more });
  return testStore(makeFolder(), url, open, () =>
    asAdmin((admin) => admin.query(`drop database ${name} with (force)`)),
  );
}

function testStore(
  folder: string,
  database: string,
  open: (options?: StoreOptions) => Store,
  drop: () => Promise<unknown>,
): TestStore {
  const store = open();
  const stores = [store];
  return {
    store,
    folder,
    database,
    another(options) {
      const another = open(options);
      stores.push(another);
      return another;
    },
    async close() {
      for (const each of stores) await each.close();
      await drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'sallyport-test-'));
}

/** The name of a migrated database that others are copied from: made by the first test that needs it. */
async function template(clock: Clock): Promise<string> {
  const hash = createHash('sha256');
  for (const migration of migrations) hash.update(migrationText(migration, 'postgres').hash);
  const name = `template_${hash.digest('hex').slice(0, 16)}`;
  await asAdmin(async (admin) => {
    const exists = async () =>
      (await admin.query('select from pg_database where datname = $1', [name])).rowCount === 1;
    if (await exists()) return;
    // Test files run side by side: one of them makes it. The lock goes with the connection.
    await admin.query('select pg_advisory_lock(1)');
    if (await exists()) return;
    await admin.query(`drop database if exists ${name}_unfinished with (force)`);
    await admin.query(`create database ${name}_unfinished`);
    const store = openPostgres({ url: urlOf(`${name}_unfinished`), poolSize: 1 });
    await migrateUp(store, clock);
    await store.close();
    await admin.query(`alter database ${name}_unfinished rename to ${name}`);
  });
  return name;
}

function adminUrl(): string {
  const url = process.env.SALLYPORT_TEST_POSTGRES;
  if (!url) throw new Error('STORE=postgres wants SALLYPORT_TEST_POSTGRES, which `npm test` sets');
  return url;
}

function urlOf(database: string): string {
  const url = new URL(adminUrl());
  url.pathname = `/${database}`;
  return url.href;
}

export async function asAdmin<T>(work: (admin: Client) => Promise<T>): Promise<T> {
  const admin = new Client(adminUrl());
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
