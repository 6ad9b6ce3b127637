/**
 * `sallyport serve` as several processes on one machine: this one migrates the database, starts the workers, and opens no door
 * and no house itself. What makes several houses on one PostgreSQL work as one does so here, too (docs/architecture.md, "Many
 * nodes"): one of them at a time holds the lease of the record, whichever it is.
 */
import { systemClock } from '../../kernel/clock.ts';
import type { Later } from '../../kernel/later.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { migrateUp } from '../../store/migrate.ts';
import { type OpenProblem, openDatabase } from '../open-house.ts';
import type { Served, ServeInput } from '../serve.ts';
import { leaveServing } from '../serving.ts';
import { createCrew } from './crew.ts';
import { createForks } from './fork-worker.ts';

export async function serveWorkers(input: ServeInput): Promise<Result<Served, OpenProblem>> {
  const { config, environment, log } = input;
  const { workers } = config.listen;
  const clock = systemClock();
  const database = await openDatabase(input);
  if (!database.ok) return database;
  const { store, folder } = database.value;
  let migrated: readonly string[];
  try {
    // The text of the setting may be elsewhere, and say `sqlite` all the same.
    if (store.dialect === 'sqlite') return failed(oneWriter(workers));
    migrated = await migrateUp(store, clock);
  } finally {
    await store.close();
  }
  const crew = createCrew({ ...createForks(config, environment), clock, later, log }, workers);
  const up = await crew.start();
  if (!up.ok) return up;
  const { origin, firstLink } = up.value;
  const since = new Date(clock.now()).toISOString();
  const note = leaveServing(folder, { origin, pid: process.pid, since });
  return ok({
    origin,
    folder,
    firstLink,
    migrated,
    async stop() {
      try {
        await crew.stop();
      } finally {
        note.takeAway();
      }
    },
  });
}

function oneWriter(workers: number): OpenProblem {
  return {
    what: `${workers} workers were asked for, and SQLite has one writer: a second server on the same file would only wait for the first.`,
    mend: 'Leave listen.workers (or --workers) at 1, or name a PostgreSQL with the setting "database".',
  };
}

const later: Later = (milliseconds, work) => {
  const timer = setTimeout(work, milliseconds);
  return () => clearTimeout(timer);
};
