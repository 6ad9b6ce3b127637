import { sql } from 'kysely';
import type { Migration } from '../migration.ts';

export const appRequests0015: Migration = {
  id: '0015-app-requests',
  up: ({ schema, type, keyed }) => [
    // What applications ask people to answer on our pages (CIBA). Of nobody where the name that was asked for is nobody's.
    keyed(
      schema
        .createTable('app_request')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('key', type.text, (c) => c.notNull())
        .addColumn('app_id', type.text, (c) => c.notNull())
        .addColumn('asked', type.blob, (c) => c.notNull())
        .addColumn('subject_id', type.text, (c) => c.references('subject.id'))
        .addColumn('ask', type.blob, (c) => c.notNull())
        .addColumn('status', type.text, (c) => c.notNull())
        .addColumn('outcome', type.blob)
        .addColumn('created_at', type.integer, (c) => c.notNull())
        .addColumn('expires_at', type.integer, (c) => c.notNull())
        .addColumn('polled_at', type.integer)
        .addColumn('wait', type.integer, (c) => c.notNull()),
    ),
    schema.createIndex('app_request_of_key').unique().on('app_request').column('key'),
    schema.createIndex('app_request_of_app').on('app_request').columns(['app_id', 'expires_at']),
    schema
      .createIndex('app_request_of_subject')
      .on('app_request')
      .columns(['subject_id', 'created_at'])
      .where(sql.ref('subject_id'), 'is not', null),
    schema.createIndex('app_request_of_asked').on('app_request').columns(['asked', 'created_at']),
    schema.createIndex('app_request_by_expiry').on('app_request').column('expires_at'),
  ],
};
