/** A fresh database for a test, with every migration applied: SQLite, or PostgreSQL when STORE=postgres. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../server/kernel/clock.ts';
import { migrateUp } from '../../server/store/migrate.ts';
import { openSqlite } from '../../server/store/sqlite.ts';
import type { Store } from '../../server/store/store.ts';

export interface TestStore {
  readonly store: Store;
  /** The folder that holds the embedded database, for tests that look at its bytes. */
  readonly folder: string;
  close(): Promise<void>;
}

export async function openTestStore(clock: Clock): Promise<TestStore> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
  const store = openSqlite({ file: join(folder, 'sallyport.db') });
  await migrateUp(store, clock);
  return {
    store,
    folder,
    async close() {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
