import type { Migration } from '../migration.ts';

export const sites0013: Migration = {
  id: '0013-sites',
  up: ({ schema, type, keyed }) => [
    // Who is at a site behind the proxy door: first a ticket that is good once, then the cookie that it was exchanged for.
    keyed(
      schema
        .createTable('site_entry')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('ticket_hash', type.blob, (c) => c.notNull())
        .addColumn('way_hash', type.blob, (c) => c.notNull())
        .addColumn('secret_hash', type.blob)
        .addColumn('host', type.text, (c) => c.notNull())
        .addColumn('resource_id', type.text, (c) => c.notNull())
        .addColumn('subject_id', type.text, (c) => c.notNull().references('subject.id'))
        .addColumn('session_id', type.text, (c) => c.notNull())
        .addColumn('grant_id', type.text, (c) => c.notNull())
        .addColumn('back', type.text, (c) => c.notNull())
        .addColumn('ticket_until', type.integer, (c) => c.notNull())
        .addColumn('used_at', type.integer)
        .addColumn('replaced_at', type.integer)
        .addColumn('expires_at', type.integer, (c) => c.notNull()),
    ),
    schema.createIndex('site_entry_by_expiry').on('site_entry').column('expires_at'),
  ],
};
