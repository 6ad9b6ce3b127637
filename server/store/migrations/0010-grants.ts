import { sql } from 'kysely';
import type { Migration } from '../migration.ts';

export const grants0010: Migration = {
  id: '0010-grants',
  up: ({ schema, type, keyed }) => [
    // What a process or a person was let into, and with what: behind each token that stands for it.
    keyed(
      schema
        .createTable('entry_grant')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('kind', type.text, (c) => c.notNull())
        .addColumn('subject_id', type.text, (c) => c.notNull().references('subject.id'))
        .addColumn('epoch', type.integer, (c) => c.notNull())
        .addColumn('client_id', type.text, (c) => c.notNull())
        .addColumn('resource_id', type.text, (c) => c.notNull())
        .addColumn('scopes', type.text, (c) => c.notNull())
        .addColumn('proofs', type.text, (c) => c.notNull())
        .addColumn('confirmation', type.text)
        .addColumn('parent_id', type.text)
        .addColumn('session_id', type.text)
        .addColumn('created_at', type.integer, (c) => c.notNull())
        .addColumn('expires_at', type.integer, (c) => c.notNull())
        .addColumn('ended_at', type.integer),
    ),
    // Those of processes end with their process's epoch and are never looked for by it: for each token, this index would cost a page.
    schema
      .createIndex('entry_grant_of_subject')
      .on('entry_grant')
      .columns(['subject_id', 'id'])
      .where(sql.ref('kind'), '<>', sql.lit('process')),
    schema.createIndex('entry_grant_by_expiry').on('entry_grant').column('expires_at'),
    // Few grants have either: the others cost these indexes nothing.
    schema
      .createIndex('entry_grant_of_parent')
      .on('entry_grant')
      .column('parent_id')
      .where(sql.ref('parent_id'), 'is not', null),
    schema
      .createIndex('entry_grant_of_session')
      .on('entry_grant')
      .column('session_id')
      .where(sql.ref('session_id'), 'is not', null),
    // What may be used once until it expires. Keyed by that time first, so that new rows lie side by side and old ones go
    // together; what is used again has the same time, being signed with it.
    keyed(
      schema
        .createTable('spent')
        .addColumn('expires_at', type.integer, (c) => c.notNull())
        .addColumn('key', type.blob, (c) => c.notNull())
        .addPrimaryKeyConstraint('spent_key', ['expires_at', 'key']),
    ),
  ],
};
