/**
 * Statements: SQL built by kysely once per dialect, run many times with parameters.
 *
 *     interface DoorTables { door: { id: string; name: string } }
 *     const door = tables<DoorTables>();
 *     export const doorById = door.statement((db, p: { id: string }) =>
 *       db.selectFrom('door').selectAll().where('id', '=', p.id));
 *
 * Building a query costs some six microseconds, which a sign-in would pay a dozen times. So `p` holds placeholders, not
 * values: pass them on to kysely as values and do nothing else with them. SQL whose text varies from call to call (lists
 * with filters) is a `query`, which is built each time. A `part` is what other rooms put into statements of theirs, where one has to
 * tell of rows that are not its own: it stands with its owner, who alone names the table.
 */
import {
  type Compilable,
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { Fault } from '../kernel/fault.ts';
import type { Dialect } from './dialect.ts';

export interface Compiled {
  readonly sql: string;
  /** For each placeholder in the text, the value, or the Slot that names the parameter to put there. */
  readonly values: readonly unknown[];
}

export interface Statement<P, R> {
  /** Whether a connection keeps it prepared: false for one that is built for a single use. */
  readonly lasting: boolean;
  compile(dialect: Dialect): Compiled;
  /** Keeps the types of parameters and rows; never called. */
  readonly __types?: (parameters: P) => R;
}

class Slot {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export interface TableSet<Tables> {
  statement<P extends object, R>(
    build: (db: Kysely<Tables>, p: Required<P>, dialect: Dialect) => Compilable<R>,
  ): Statement<P, R>;
  query<R>(build: (db: Kysely<Tables>) => Compilable<R>): Statement<NoParameters, R>;
  part<P extends object, E>(
    build: (db: Kysely<Tables>, p: P, dialect: Dialect) => E,
  ): (dialect: Dialect, p: P) => E;
}

export type NoParameters = Record<string, never>;

export const builders: Record<Dialect, Kysely<unknown>> = {
  sqlite: new Kysely<unknown>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  }),
  postgres: new Kysely<unknown>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  }),
};

const slots = new Proxy<Record<string, Slot>>(
  {},
  {
    get: (_, name) => new Slot(String(name)),
    ownKeys() {
      throw new Fault(
        'store.misuse',
        'name each parameter of a statement: `p` is known by no list',
      );
    },
  },
);

export function tables<Tables>(): TableSet<Tables> {
  // The builder holds no connection: which tables it may name is only a matter of types.
  const builder = (dialect: Dialect) => builders[dialect] as Kysely<Tables>;
  return {
    statement<P extends object, R>(
      build: (db: Kysely<Tables>, p: Required<P>, dialect: Dialect) => Compilable<R>,
    ): Statement<P, R> {
      const compiled: Partial<Record<Dialect, Compiled>> = {};
      return {
        lasting: true,
        compile(dialect) {
          compiled[dialect] ??= flatten(
            build(builder(dialect), slots as unknown as Required<P>, dialect).compile(),
          );
          return compiled[dialect];
        },
      };
    },
    query<R>(build: (db: Kysely<Tables>) => Compilable<R>): Statement<NoParameters, R> {
      return {
        lasting: false,
        compile: (dialect) => flatten(build(builder(dialect)).compile()),
      };
    },
    part(build) {
      return (dialect, p) => build(builder(dialect), p, dialect);
    },
  };
}

function flatten(query: CompiledQuery): Compiled {
  return { sql: query.sql, values: query.parameters };
}

/** The values to bind, in the order of the text. */
export function bind(compiled: Compiled, parameters: object): unknown[] {
  const { values } = compiled;
  const bound = new Array<unknown>(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value instanceof Slot) {
      const given = (parameters as Record<string, unknown>)[value.name];
      if (given === undefined) {
        throw new Fault(
          'store.misuse',
          `the parameter "${value.name}" was not given: ${compiled.sql}`,
        );
      }
      bound[i] = given;
    } else bound[i] = value;
  }
  return bound;
}
