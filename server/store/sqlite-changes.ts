/**
 * Which tables changed when, so that what was read of some of them may be kept until one of these changes, and not only until
 * anything does. Each change of this process goes through one connection, and is noted by the statement that makes it; what others
 * commit, a command beside the server say, shows in that connection's own version and counts as a change of everything.
 */
import type { Footing } from './store.ts';

/** What a statement does to the rows of a table; `anything` where its text does not tell of which. */
export type Touch = TableTouch | { readonly verb: 'anything' };

interface TableTouch {
  readonly verb: 'adds' | 'changes' | 'removes' | 'replaces';
  readonly table: string;
  /** Of what changes rows alone; undefined where its text does not tell of which columns. */
  readonly columns?: readonly string[] | undefined;
}

const VERBS = { 'insert into': 'adds', update: 'changes', 'delete from': 'removes' } as const;

/** Of a statement as it is compiled for SQLite; undefined for one that only reads. No table here has triggers or cascades. */
export function touchOf(sql: string): Touch | undefined {
  if (sql.startsWith('select ')) return undefined;
  const [, said, table] = /^(insert into|update|delete from) "(\w+)"(?: |$)/.exec(sql) ?? [];
  if (said === undefined || table === undefined) return { verb: 'anything' };
  const verb = /\bdo update\b/i.test(sql) ? 'changes' : VERBS[said as keyof typeof VERBS]; // As was matched.
  if (verb !== 'changes') return { verb, table };
  return REPLACES.test(sql)
    ? { verb: 'replaces', table }
    : { verb, table, columns: columnsOf(sql) };
}

/** A row that gets another id is there no more under the one that it had. */
const REPLACES = /\bset (?:(?!\bwhere\b).)*?"id" = /i;

/** Of those that are set to plain values: what else they are set to may have a `where` of its own. */
function columnsOf(sql: string): readonly string[] | undefined {
  const [, set] = /^update "\w+" set ([^()']*?)(?: (?:from|where|returning) .*)?$/s.exec(sql) ?? [];
  return set === undefined
    ? undefined
    : [...set.matchAll(/"(\w+)" = /g)].map(([, column = '']) => column);
}

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
  removes: number;
  changes: number;
  /** Of the changes: of each column, and of what did not tell of which. */
  readonly columns: Map<string, number>;
  unknown: number;
}

const never = (): Last => ({ adds: 0, removes: 0, changes: 0, columns: new Map(), unknown: 0 });
const NEVER: Readonly<Last> = Object.freeze(never());

function note(last: Last, { verb, columns }: TableTouch, at: number): void {
  if (verb === 'adds') last.adds = at;
  if (verb === 'removes' || verb === 'replaces') last.removes = at;
  if (verb !== 'changes' && verb !== 'replaces') return;
  last.changes = at;
  if (columns === undefined) last.unknown = at;
  else for (const column of columns) last.columns.set(column, at);
}

/** When any of its rows became another, for whoever did not read some columns. */
function lastOther(last: Readonly<Last>, unread: readonly string[] | undefined): number {
  if (unread === undefined || last.changes === 0) return Math.max(last.changes, last.removes);
  let other = Math.max(last.unknown, last.removes);
  for (const [column, at] of last.columns) {
    if (at > other && !unread.includes(column)) other = at;
  }
  return other;
}

export function createChanges(version: number): Changes {
  let of = version;
  let count = 1;
  /** When everything may have changed. */
  let everything = 0;
  const done = new Map<string, Last>();
  /** The same of the open transaction: whether, as 1. */
  const open = new Map<string, Last>();
  const touches = new Set<TableTouch>();
  let openEverything = false;

  function clear(): void {
    openEverything = false;
    open.clear();
    touches.clear();
  }

  function seen(now: number): void {
    if (now === of) return;
    of = now;
    everything = count;
    count += 1;
  }

  function lastOf(
    of: ReadonlyMap<string, Last>,
    { existing, rows, tables, unread }: Footing,
  ): number {
    let last = 0;
    for (const table of existing) last = Math.max(last, (of.get(table) ?? NEVER).removes);
    for (const table of rows) {
      last = Math.max(last, lastOther(of.get(table) ?? NEVER, unread?.[table]));
    }
    for (const table of tables) {
      const there = of.get(table) ?? NEVER;
      last = Math.max(last, there.adds, lastOther(there, unread?.[table]));
    }
    return last;
  }

  function noteIn(of: Map<string, Last>, touch: TableTouch, at: number): void {
    let last = of.get(touch.table);
    if (last === undefined) {
      last = never();
      of.set(touch.table, last);
    }
    note(last, touch, at);
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
      // The same one each time that its statement runs.
      if (touches.has(touch)) return;
      touches.add(touch);
      noteIn(open, touch, 1);
    },
    committed() {
      if (openEverything) everything = count;
      for (const touch of touches) noteIn(done, touch, count);
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
