import type { Migration } from '../migration.ts';

export const store0001: Migration = {
  id: '0001-store',
  up: ({ schema, type, keyed }) => [
    keyed(
      schema
        .createTable('lease')
        .addColumn('name', type.text, (c) => c.primaryKey())
        .addColumn('holder', type.text, (c) => c.notNull())
        .addColumn('token', type.integer, (c) => c.notNull())
        .addColumn('expires_at', type.integer, (c) => c.notNull()),
    ),
  ],
};
