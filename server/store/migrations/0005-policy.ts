import type { Migration } from '../migration.ts';

export const policy0005: Migration = {
  id: '0005-policy',
  up: ({ schema, type, keyed }) => [
    // A version is never changed: the newest is the active one, and going back to an older one is a new version.
    keyed(
      schema
        .createTable('policy_set')
        .addColumn('version', type.integer, (c) => c.primaryKey())
        .addColumn('files', type.text, (c) => c.notNull())
        .addColumn('sha256', type.text, (c) => c.notNull())
        .addColumn('activated_at', type.integer, (c) => c.notNull())
        .addColumn('activated_by', type.text),
    ),
  ],
};
