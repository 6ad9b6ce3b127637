import { sql } from 'kysely';
import type { Migration } from '../migration.ts';

export const approvals0024: Migration = {
  id: '0024-approvals',
  up: ({ schema, type, keyed }) => [
    // What waits for a person's answer on our pages: requests of applications (CIBA), which had a table of their own for the few
    // minutes that they live, and log-ins at network devices. Of nobody where the name that was asked for is nobody's.
    schema.dropTable('app_request'),
    keyed(
      schema
        .createTable('approval')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('kind', type.text, (c) => c.notNull())
        .addColumn('key', type.text, (c) => c.notNull())
        .addColumn('asker', type.text, (c) => c.notNull())
        .addColumn('asked', type.blob)
        .addColumn('subject_id', type.text, (c) => c.references('subject.id'))
        .addColumn('said', type.blob, (c) => c.notNull())
        .addColumn('status', type.text, (c) => c.notNull())
        .addColumn('outcome', type.blob)
        .addColumn('created_at', type.integer, (c) => c.notNull())
        .addColumn('expires_at', type.integer, (c) => c.notNull())
        .addColumn('polled_at', type.integer)
        .addColumn('wait', type.integer),
    ),
    schema.createIndex('approval_of_key').unique().on('approval').column('key'),
    schema.createIndex('approval_of_asker').on('approval').columns(['asker', 'expires_at']),
    schema
      .createIndex('approval_of_subject')
      .on('approval')
      .columns(['subject_id', 'created_at'])
      .where(sql.ref('subject_id'), 'is not', null),
    schema
      .createIndex('approval_of_asked')
      .on('approval')
      .columns(['asked', 'created_at'])
      .where(sql.ref('asked'), 'is not', null),
    schema.createIndex('approval_by_expiry').on('approval').column('expires_at'),
  ],
};
