import type { Migration } from '../migration.ts';

export const proofs0006: Migration = {
  id: '0006-proofs',
  up: ({ schema, type, keyed }) => [
    keyed(
      schema
        .createTable('proof')
        .addColumn('subject_id', type.text, (c) => c.notNull())
        .addColumn('id', type.text, (c) => c.notNull())
        .addColumn('kind', type.text, (c) => c.notNull())
        .addColumn('name', type.text, (c) => c.notNull())
        .addColumn('created_at', type.integer, (c) => c.notNull())
        .addColumn('last_used_at', type.integer)
        .addColumn('detail', type.text, (c) => c.notNull())
        .addColumn('sealed', type.blob)
        .addColumn('counter', type.integer, (c) => c.notNull())
        .addColumn('lookup', type.blob)
        .addPrimaryKeyConstraint('proof_key', ['subject_id', 'id']),
    ),
    schema.createIndex('proof_by_lookup').on('proof').column('lookup').unique(),
  ],
};
