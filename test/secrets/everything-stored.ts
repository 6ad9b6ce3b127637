/** All that a house keeps, as bytes by name: every file of its data folder, or every column of every table of its database. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';

export function everyFile(folder: string): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    if (statSync(path).isFile()) found.set(name, readFileSync(path));
  }
  return found;
}

/** Nothing but PostgreSQL's own tables is left out. */
export async function everyColumn(url: string): Promise<Map<string, Buffer>> {
  const client = new Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ schema: string; table: string; column: string }>(
      `select table_schema as schema, table_name as table, column_name as column
       from information_schema.columns
       where table_schema not in ('pg_catalog', 'information_schema')`,
    );
    const found = new Map<string, Buffer>();
    for (const { schema, table, column } of rows) {
      const values = await client.query<{ value: unknown }>(
        `select "${column}" as value from "${schema}"."${table}"`,
      );
      const parts = values.rows.flatMap(({ value }) => [
        Buffer.isBuffer(value) ? value : Buffer.from(String(value)),
        Buffer.of(0),
      ]);
      found.set(`${table}.${column}`, Buffer.concat(parts));
    }
    return found;
  } finally {
    await client.end();
  }
}
