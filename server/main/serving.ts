/**
 * What a server leaves in its data folder while it runs, for commands on the same machine: where it listens. It may have been
 * started with settings that they were not given.
 *
 * A process that was killed leaves its note behind. What tells then is the lock that the server held (store/serve-lock.ts); a
 * PostgreSQL is served without one, and there it is the process itself.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/sections.ts';
import { isServeLockHeld } from '../store/serve-lock.ts';

export interface Serving {
  /** The address that people type. */
  readonly origin: string;
  readonly pid: number;
  /** ISO 8601. */
  readonly since: string;
}

const FILE = 'serving.json';

export function leaveServing(folder: string, serving: Serving): { takeAway(): void } {
  const file = join(folder, FILE);
  // Whole or not at all, to whoever reads it at this moment.
  const fresh = `${file}.${serving.pid}`;
  writeFileSync(fresh, `${JSON.stringify(serving)}\n`, { mode: 0o600 });
  renameSync(fresh, file);
  return {
    takeAway() {
      // Another process on the same PostgreSQL may have left its own since.
      if (readNote(folder)?.pid === serving.pid) rmSync(file, { force: true });
    },
  };
}

/** The server that runs on this data folder now; undefined when there is none. */
export function servingFrom({ data, database }: Pick<Config, 'data' | 'database'>) {
  const note = readNote(data);
  if (note === undefined) return undefined;
  const runs = database === 'sqlite' ? isServeLockHeld(data) : isAlive(note.pid);
  return runs ? note : undefined;
}

function readNote(folder: string): Serving | undefined {
  try {
    const note = JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as Partial<Serving> | null;
    const { origin, pid, since } = note ?? {};
    if (typeof origin !== 'string' || !URL.canParse(origin)) return undefined;
    if (typeof pid !== 'number' || typeof since !== 'string') return undefined;
    return { origin, pid, since };
  } catch {
    return undefined; // There is none, or it is not of ours.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // It runs as somebody else.
  }
}
