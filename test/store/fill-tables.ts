/** Puts rows into whatever tables a database has, and reads them back: for schemas that no test knows by name. */
import type { Store } from '../../server/store/store.ts';
import { raw } from './scratch-table.ts';

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly optional: number;
}

type Rows = Record<string, Record<string, unknown>[]>;

const OWN = ['migration', 'lease'];

/** In the order in which the tables were made: what is referred to comes before what refers to it. */
async function columnsOf(store: Store): Promise<Column[]> {
  const sql =
    store.dialect === 'sqlite'
      ? `select m.name as "table", c.name, lower(c.type) as type, not c."notnull" and not c.pk as optional
           from sqlite_schema m, pragma_table_info(m.name) c where m.type = 'table' order by m.rowid, c.cid`
      : `select t.relname as "table", c.attname as name, c.atttypid::regtype::text as type, not c.attnotnull as optional
           from pg_class t join pg_attribute c on c.attrelid = t.oid
           where t.relkind = 'r' and t.relnamespace = 'public'::regnamespace and c.attnum > 0 and not c.attisdropped
           order by t.oid, c.attnum`;
  const columns = await store.read((q) => q.all(raw<Column>(sql), {}));
  return columns.filter(({ table }) => !OWN.includes(table));
}

/** Two rows in each table: one with everything, one with only what must be there. The same values everywhere, so that
 * references meet. */
export async function fillTables(store: Store): Promise<void> {
  for (const [table, columns] of Map.groupBy(await columnsOf(store), ({ table }) => table)) {
    const names = columns.map(({ name }) => `"${name}"`).join(', ');
    for (const row of [1, 2]) {
      const values = columns.map((column) =>
        row === 2 && column.optional ? 'null' : literal(column.type, row),
      );
      const sql = `insert into "${table}" (${names}) values (${values.join(', ')})`;
      await store.write((tx) => tx.run(raw(sql), {}));
    }
  }
}

function literal(type: string, row: number): string {
  if (type === 'text') return `'value ${row}'`;
  if (type === 'integer' || type === 'bigint') return String(1_700_000_000_000 + row);
  if (type === 'blob') return `x'0${row}ff'`;
  if (type === 'bytea') return `'\\x0${row}ff'`;
  throw new Error(`a column type that isn't portable: ${type}`);
}

export async function readTables(store: Store): Promise<Rows> {
  const tables = new Set((await columnsOf(store)).map(({ table }) => table));
  const rows: Rows = {};
  for (const table of tables) {
    const sql = raw<Record<string, unknown>>(`select * from "${table}"`);
    const found = (await store.read((q) => q.all(sql, {}))).map((row) => ({ ...row }));
    // No one column tells all rows apart, and a database gives them in an order of its own.
    const inOrder = found.map((row) => ({ row, text: JSON.stringify(row) }));
    rows[table] = inOrder.sort((a, b) => (a.text < b.text ? -1 : 1)).map(({ row }) => row);
  }
  return rows;
}
