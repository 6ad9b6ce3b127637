/** Opens the database that the configuration names: `sqlite`, a file in the data folder, or the URL of a PostgreSQL. */
import { join } from 'node:path';
import type { Random } from '../kernel/random.ts';
import { openSqlite } from './sqlite.ts';
import type { Store } from './store.ts';

export interface OpenStoreOptions {
  readonly database: string;
  readonly folder: string;
  readonly poolSize?: number;
  readonly random?: Random;
  /** Told after each commit how many transactions it held. */
  readonly onCommit?: (transactions: number) => void;
}

export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { database, folder, ...rest } = options;
  if (database === 'sqlite') return openSqlite({ file: join(folder, 'sallyport.db'), ...rest });
  // Loaded when it is wanted: the embedded database does without it, and starts sooner.
  const { openPostgres } = await import('./postgres.ts');
  return openPostgres({ url: database, ...rest });
}
