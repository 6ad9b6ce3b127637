import type { Migration } from '../migration.ts';

export const processes0009: Migration = {
  id: '0009-processes',
  up: ({ schema, type, keyed }) => [
    keyed(
      schema
        .createTable('process')
        .addColumn('id', type.text, (c) => c.primaryKey().references('subject.id'))
        .addColumn('name', type.text, (c) => c.notNull().unique())
        .addColumn('purpose', type.text, (c) => c.notNull())
        .addColumn('application', type.integer, (c) => c.notNull())
        .addColumn('last_seen_at', type.integer)
        .addColumn('last_seen_from', type.blob),
    ),
    schema.createIndex('subject_of_owner').on('subject').column('owner_id'),
    keyed(
      schema
        .createTable('resource')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('name', type.text, (c) => c.notNull().unique())
        .addColumn('kind', type.text, (c) => c.notNull())
        .addColumn('epoch', type.integer, (c) => c.notNull())
        .addColumn('groups', type.text, (c) => c.notNull())
        .addColumn('open', type.text, (c) => c.notNull())
        .addColumn('members', type.text, (c) => c.notNull())
        .addColumn('detail', type.text, (c) => c.notNull())
        .addColumn('created_at', type.integer, (c) => c.notNull())
        .addColumn('changed_at', type.integer, (c) => c.notNull()),
    ),
    keyed(
      schema
        .createTable('resource_key')
        .addColumn('key', type.text, (c) => c.primaryKey())
        .addColumn('resource_id', type.text, (c) => c.notNull().references('resource.id')),
    ),
    schema.createIndex('resource_key_of_resource').on('resource_key').column('resource_id'),
    keyed(
      schema
        .createTable('process_entry')
        .addColumn('process_id', type.text, (c) => c.notNull().references('process.id'))
        .addColumn('resource_id', type.text, (c) => c.notNull().references('resource.id'))
        .addColumn('scopes', type.text, (c) => c.notNull())
        .addPrimaryKeyConstraint('process_entry_key', ['process_id', 'resource_id']),
    ),
    schema.createIndex('process_entry_of_resource').on('process_entry').column('resource_id'),
  ],
};
