import type { Migration } from '../migration.ts';

export const subjects0004: Migration = {
  id: '0004-subjects',
  up: ({ schema, type, keyed }) => [
    keyed(
      schema
        .createTable('subject')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('kind', type.text, (c) => c.notNull())
        .addColumn('status', type.text, (c) => c.notNull())
        .addColumn('owner_id', type.text, (c) => c.references('subject.id'))
        .addColumn('epoch', type.integer, (c) => c.notNull())
        .addColumn('roles', type.text, (c) => c.notNull())
        .addColumn('groups', type.text, (c) => c.notNull())
        .addColumn('profile', type.blob)
        .addColumn('created_at', type.integer, (c) => c.notNull())
        .addColumn('changed_at', type.integer, (c) => c.notNull()),
    ),
    keyed(
      schema
        .createTable('identifier')
        .addColumn('lookup', type.blob, (c) => c.primaryKey())
        .addColumn('subject_id', type.text, (c) => c.notNull().references('subject.id')),
    ),
    schema.createIndex('identifier_of_subject').on('identifier').column('subject_id'),
  ],
};
