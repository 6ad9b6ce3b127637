/** Fresh databases for benches, on a real disk, gone when they are closed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgres } from '../../server/store/postgres.ts';
import { openSqlite } from '../../server/store/sqlite.ts';
import type { Store } from '../../server/store/store.ts';
import { startPostgres } from '../../tools/test/postgres.ts';

export type DatabaseKind = 'sqlite' | 'postgres';

export interface BenchDatabase {
  readonly kind: DatabaseKind;
  /** What `database:` says in a configuration that is to use it. */
  readonly setting: string;
  /** For files; holds the embedded database. */
  readonly folder: string;
  open(onCommit?: (transactions: number) => void): Store;
  close(): Promise<void>;
}

/** In how many transactions at once the server's own default lets PostgreSQL work. */
const POOL = 10;

const ROOT = join(import.meta.dirname, '..', '..');

export async function benchDatabase(kind: DatabaseKind): Promise<BenchDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  if (kind === 'sqlite') {
    return {
      kind,
      setting: 'sqlite',
      folder,
      open: (onCommit) =>
        openSqlite({ file: join(folder, 'sallyport.db'), ...(onCommit && { onCommit }) }),
      close: async () => remove(),
    };
  }
  const server = await startPostgres(ROOT, { durable: true });
  return {
    kind,
    setting: server.socketUrl,
    folder,
    open: (onCommit) =>
      openPostgres({ url: server.socketUrl, poolSize: POOL, ...(onCommit && { onCommit }) }),
    async close() {
      await server.stop();
      remove();
    },
  };
}
