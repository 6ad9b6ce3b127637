import type { Compilable, CreateTableBuilder, Kysely, SchemaModule } from 'kysely';
import { sql } from 'kysely';
import type { Dialect } from './dialect.ts';

/** The column types that both databases have, by the name each gives them. */
export interface ColumnTypes {
  readonly text: 'text';
  /** 64 bits: times in milliseconds, counters, flags 0 and 1. */
  readonly integer: 'integer' | 'bigint';
  readonly blob: 'blob' | 'bytea';
}

export interface MigrationContext {
  readonly schema: SchemaModule;
  readonly type: ColumnTypes;
  /** A table clustered by its primary key, strictly typed: say it of every table. */
  keyed<T extends string, C extends string>(
    table: CreateTableBuilder<T, C>,
  ): CreateTableBuilder<T, C>;
}

export interface Migration {
  /** `NNNN-name`, applied in order of this text. */
  readonly id: string;
  up(context: MigrationContext): readonly Compilable[];
}

export function migrationContext(dialect: Dialect, db: Kysely<unknown>): MigrationContext {
  const sqlite = dialect === 'sqlite';
  return {
    schema: db.schema,
    type: {
      text: 'text',
      integer: sqlite ? 'integer' : 'bigint',
      blob: sqlite ? 'blob' : 'bytea',
    },
    keyed: (table) => (sqlite ? table.modifyEnd(sql`strict, without rowid`) : table),
  };
}
