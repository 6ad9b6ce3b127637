import type { Migration } from '../migration.ts';

export const vault0002: Migration = {
  id: '0002-vault',
  up: ({ schema, type, keyed }) => [
    // What is known of each ring key, for good.
    keyed(
      schema
        .createTable('vault_ring_key')
        .addColumn('version', type.integer, (c) => c.primaryKey())
        .addColumn('id', type.text, (c) => c.notNull().unique())
        .addColumn('state', type.text, (c) => c.notNull())
        .addColumn('created_at', type.integer, (c) => c.notNull())
        .addColumn('retired_at', type.integer)
        .addColumn('destroyed_at', type.integer),
    ),
    // The ring key itself; its row goes when it is destroyed, and can't while a data key refers to it.
    keyed(
      schema
        .createTable('vault_ring_secret')
        .addColumn('version', type.integer, (c) =>
          c.primaryKey().references('vault_ring_key.version'),
        )
        .addColumn('root_id', type.text, (c) => c.notNull())
        .addColumn('root_version', type.integer, (c) => c.notNull())
        .addColumn('wrapped', type.blob, (c) => c.notNull()),
    ),
    // One row a subject (the owner is its id) or a purpose of the house (`house:signing`). Destroyed: no key, no version.
    keyed(
      schema
        .createTable('vault_data_key')
        .addColumn('owner', type.text, (c) => c.primaryKey())
        .addColumn('id', type.text, (c) => c.notNull())
        .addColumn('ring_version', type.integer, (c) => c.references('vault_ring_secret.version'))
        .addColumn('wrapped', type.blob)
        .addColumn('created_at', type.integer, (c) => c.notNull())
        .addColumn('destroyed_at', type.integer),
    ),
    // Finds what a rotation has still to rewrap, and what still refers to a ring key, without reading everything.
    schema
      .createIndex('vault_data_key_by_ring')
      .on('vault_data_key')
      .columns(['ring_version', 'owner']),
  ],
};
