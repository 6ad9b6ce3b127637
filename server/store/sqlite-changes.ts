/**
 * Which tables changed when, so that what was read of some of them may be kept until one of these changes, and not only until
 * anything does. Each change of this process goes through one connection, and is noted by the statement that makes it; what others
 * commit, a command beside the server say, shows in that connection's own version and counts as a change of everything.
 */
import type { Footing } from './store.ts';

/** What a statement does to the rows of a table; `anything` where its text does not tell of which. */
export type Touch =
  | { readonly verb: 'adds' | 'changes' | 'removes' | 'replaces'; readonly table: string }
  | { readonly verb: 'anything' };

const VERBS = { 'insert into': 'adds', update: 'changes', 'delete from': 'removes' } as const;

/** Of a statement as it is compiled for SQLite; undefined for one that only reads. No table here has triggers or cascades. */
export function touchOf(sql: string): Touch | undefined {
  if (sql.startsWith('select ')) return undefined;
  const [, said, table] = /^(insert into|update|delete from) "(\w+)"(?: |$)/.exec(sql) ?? [];
  if (said === undefined || table === undefined) return { verb: 'anything' };
  const verb = /\bdo update\b/i.test(sql) ? 'changes' : VERBS[said as keyof typeof VERBS]; // As was matched.
  return { verb: verb === 'changes' && REPLACES.test(sql) ? 'replaces' : verb, table };
}

/** A row that gets another id is there no more under the one that it had. */
const REPLACES = /\bset (?:(?!\bwhere\b).)*?"id" = /i;

export interface Changes {
  /** A transaction has begun; `version` is what its connection sees of others. */
  begun(version: number): void;
  touched(touch: Touch): void;
  /** What was touched since is committed, or may be. */
  committed(): void;
  /** What was seen of others meanwhile. */
  seen(version: number): void;
  /** The same as long as nothing that was committed changed any of it. */
  mark(footing: Footing): number;
  /** Within the open transaction: undefined where that changed some of it itself. */
  markWithin(footing: Footing): number | undefined;
}

/** Of a table, when each was last done. What changes rows by `on conflict` may have added some. */
interface Last {
  adds: number;
  changes: number;
  removes: number;
}

const NEVER: Readonly<Last> = Object.freeze({ adds: 0, changes: 0, removes: 0 });

export function createChanges(version: number): Changes {
  let of = version;
  let count = 1;
  /** When everything may have changed. */
  let everything = 0;
  const done = new Map<string, Last>();
  /** The same of the open transaction: whether, as 1. */
  const open = new Map<string, Last>();
  let openEverything = false;

  function clear(): void {
    openEverything = false;
    open.clear();
  }

  function seen(now: number): void {
    if (now === of) return;
    of = now;
    everything = count;
    count += 1;
  }

  function lastOf(of: ReadonlyMap<string, Last>, { existing, rows, tables }: Footing): number {
    let last = 0;
    for (const table of existing) last = Math.max(last, (of.get(table) ?? NEVER).removes);
    for (const table of rows) {
      const { changes, removes } = of.get(table) ?? NEVER;
      last = Math.max(last, changes, removes);
    }
    for (const table of tables) {
      const { adds, changes, removes } = of.get(table) ?? NEVER;
      last = Math.max(last, adds, changes, removes);
    }
    return last;
  }

  const mark = (footing: Footing) => Math.max(everything, lastOf(done, footing));

  return {
    begun(version) {
      clear();
      seen(version);
    },
    touched(touch) {
      if (touch.verb === 'anything') {
        openEverything = true;
        return;
      }
      let last = open.get(touch.table);
      if (last === undefined) {
        last = { ...NEVER };
        open.set(touch.table, last);
      }
      if (touch.verb !== 'replaces') last[touch.verb] = 1;
      else {
        last.changes = 1;
        last.removes = 1;
      }
    },
    committed() {
      if (openEverything) everything = count;
      for (const [table, last] of open) {
        const before = done.get(table) ?? NEVER;
        done.set(table, {
          adds: last.adds > 0 ? count : before.adds,
          changes: last.changes > 0 ? count : before.changes,
          removes: last.removes > 0 ? count : before.removes,
        });
      }
      count += 1;
      clear();
    },
    seen,
    mark,
    markWithin(footing) {
      return openEverything || lastOf(open, footing) > 0 ? undefined : mark(footing);
    },
  };
}
