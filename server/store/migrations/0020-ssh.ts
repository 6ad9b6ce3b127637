import { sql } from 'kysely';
import type { Migration } from '../migration.ts';

export const ssh0020: Migration = {
  id: '0020-ssh',
  up: ({ schema, type, keyed }) => [
    // One line of keys for certificates of people, one for those of hosts. Times tell what a key is good for, as in signing_key.
    keyed(
      schema
        .createTable('ssh_ca_key')
        .addColumn('kind', type.text, (c) => c.notNull())
        .addColumn('version', type.integer, (c) => c.notNull())
        .addColumn('public_blob', type.blob, (c) => c.notNull())
        .addColumn('secret', type.blob)
        .addColumn('created_at', type.integer, (c) => c.notNull())
        .addColumn('signs_from', type.integer, (c) => c.notNull())
        .addColumn('signs_until', type.integer)
        .addColumn('gone_at', type.integer)
        .addColumn('void_at', type.integer)
        .addPrimaryKeyConstraint('ssh_ca_key_pk', ['kind', 'version']),
    ),
    keyed(
      schema
        .createTable('ssh_certificate')
        .addColumn('serial', type.integer, (c) => c.primaryKey())
        .addColumn('kind', type.text, (c) => c.notNull())
        .addColumn('ca_version', type.integer, (c) => c.notNull())
        .addColumn('subject_id', type.text, (c) => c.notNull().references('subject.id'))
        .addColumn('subject_epoch', type.integer, (c) => c.notNull())
        .addColumn('session_id', type.text)
        .addColumn('host', type.text, (c) => c.notNull())
        .addColumn('principals', type.text, (c) => c.notNull())
        .addColumn('options', type.text, (c) => c.notNull())
        .addColumn('fingerprint', type.text, (c) => c.notNull())
        .addColumn('issued_at', type.integer, (c) => c.notNull())
        .addColumn('expires_at', type.integer, (c) => c.notNull())
        .addColumn('revoked_at', type.integer),
    ),
    schema.createIndex('ssh_certificate_by_expiry').on('ssh_certificate').column('expires_at'),
    schema
      .createIndex('ssh_certificate_of_subject')
      .on('ssh_certificate')
      .columns(['subject_id', 'expires_at']),
    schema
      .createIndex('ssh_certificate_of_session')
      .on('ssh_certificate')
      .column('session_id')
      .where(sql.ref('session_id'), 'is not', null),
    schema
      .createIndex('ssh_certificate_revoked')
      .on('ssh_certificate')
      .column('revoked_at')
      .where(sql.ref('revoked_at'), 'is not', null),
    // Keys that nobody may come with again, whatever certificate is with them.
    keyed(
      schema
        .createTable('ssh_revoked_key')
        .addColumn('fingerprint', type.text, (c) => c.primaryKey())
        .addColumn('blob', type.blob, (c) => c.notNull())
        .addColumn('revoked_at', type.integer, (c) => c.notNull()),
    ),
  ],
};
