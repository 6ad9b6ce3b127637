/**
 * Released migrations are immutable: a database somewhere was made with them. Their hashes stand in migrations/released.json,
 * which `node tools/freeze-migrations.ts` extends when a version is released, and `npm run check` compares.
 */

import type { Dialect } from './dialect.ts';
import { migrationText } from './migrate.ts';
import type { Migration } from './migration.ts';

/** For each released migration, the hash of its text in each dialect. */
export type Released = Readonly<Record<string, Readonly<Record<Dialect, string>>>>;

/** What was changed that can't be changed, in sentences. */
export function releasedProblems(released: Released, known: readonly Migration[]): string[] {
  const problems: string[] = [];
  const ids = known.map(({ id }) => id);
  if (ids.some((id, at) => at > 0 && id <= ids[at - 1]!)) {
    problems.push('the list of migrations is not in the order of their numbers');
  }
  for (const [at, id] of Object.keys(released).entries()) {
    const migration = known.find((candidate) => candidate.id === id);
    if (!migration) {
      problems.push(`${id} is released and must stay in the list`);
      continue;
    }
    if (ids[at] !== id) problems.push(`a new migration stands before ${id}, which is released`);
    for (const dialect of ['sqlite', 'postgres'] as const) {
      if (migrationText(migration, dialect).hash === released[id]?.[dialect]) continue;
      problems.push(
        `${id} is released, and its text for ${dialect} has changed: follow it with a new one`,
      );
    }
  }
  return problems;
}

/** Adds what is not yet released. What is stays as it is. */
export function freeze(released: Released, known: readonly Migration[]): Released {
  const hashes = known.map((migration) => [
    migration.id,
    released[migration.id] ?? {
      sqlite: migrationText(migration, 'sqlite').hash,
      postgres: migrationText(migration, 'postgres').hash,
    },
  ]);
  return Object.fromEntries(hashes) as Released; // Each entry is one, as made above.
}
