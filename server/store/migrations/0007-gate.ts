import type { Migration } from '../migration.ts';

export const gate0007: Migration = {
  id: '0007-gate',
  up: ({ schema, type, keyed }) => [
    keyed(
      schema
        .createTable('attempt')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('secret_hash', type.blob, (c) => c.notNull())
        .addColumn('door', type.text, (c) => c.notNull())
        .addColumn('channel', type.text, (c) => c.notNull())
        .addColumn('subject_id', type.text)
        .addColumn('lookup', type.blob)
        .addColumn('session_id', type.text)
        .addColumn('device_id', type.text)
        .addColumn('action', type.text, (c) => c.notNull())
        .addColumn('resource', type.text, (c) => c.notNull())
        .addColumn('shown', type.text, (c) => c.notNull())
        .addColumn('asked', type.text, (c) => c.notNull())
        .addColumn('nonce', type.blob, (c) => c.notNull())
        .addColumn('step', type.integer, (c) => c.notNull())
        .addColumn('failures', type.integer, (c) => c.notNull())
        .addColumn('expires_at', type.integer, (c) => c.notNull())
        .addColumn('closed_at', type.integer),
    ),
    schema.createIndex('attempt_by_expiry').on('attempt').column('expires_at'),
    keyed(
      schema
        .createTable('session')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('secret_hash', type.blob, (c) => c.notNull())
        .addColumn('subject_id', type.text, (c) => c.notNull().references('subject.id'))
        .addColumn('kind', type.text, (c) => c.notNull())
        .addColumn('door', type.text, (c) => c.notNull())
        .addColumn('device_id', type.text)
        .addColumn('device_known', type.integer, (c) => c.notNull())
        .addColumn('shown', type.text, (c) => c.notNull())
        .addColumn('scope', type.text)
        .addColumn('about', type.blob)
        .addColumn('created_at', type.integer, (c) => c.notNull())
        .addColumn('seen_at', type.integer, (c) => c.notNull())
        .addColumn('idle_limit', type.integer, (c) => c.notNull())
        .addColumn('expires_at', type.integer, (c) => c.notNull())
        .addColumn('bindable', type.integer, (c) => c.notNull())
        .addColumn('bound_key', type.blob)
        .addColumn('bound_at', type.integer)
        .addColumn('bound_end', type.integer, (c) => c.notNull())
        .addColumn('ended_at', type.integer),
    ),
    schema.createIndex('session_of_subject').on('session').columns(['subject_id', 'id']),
    schema.createIndex('session_by_expiry').on('session').column('expires_at'),
    keyed(
      schema
        .createTable('session_nonce')
        .addColumn('name', type.text, (c) => c.primaryKey())
        .addColumn('expires_at', type.integer, (c) => c.notNull()),
    ),
    schema.createIndex('session_nonce_by_expiry').on('session_nonce').column('expires_at'),
    keyed(
      schema
        .createTable('known_device')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('secret_hash', type.blob, (c) => c.notNull())
        .addColumn('subject_id', type.text, (c) => c.notNull().references('subject.id'))
        .addColumn('expires_at', type.integer, (c) => c.notNull()),
    ),
    schema.createIndex('known_device_of_subject').on('known_device').column('subject_id'),
    schema.createIndex('known_device_by_expiry').on('known_device').column('expires_at'),
    keyed(
      schema
        .createTable('throttle')
        .addColumn('key', type.blob, (c) => c.primaryKey())
        .addColumn('empty_at', type.integer, (c) => c.notNull())
        .addColumn('blocked_until', type.integer, (c) => c.notNull()),
    ),
    schema.createIndex('throttle_by_emptiness').on('throttle').column('empty_at'),
    keyed(
      schema
        .createTable('pending_enrolment')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('subject_id', type.text, (c) => c.notNull().references('subject.id'))
        .addColumn('session_id', type.text, (c) => c.notNull())
        .addColumn('kind', type.text, (c) => c.notNull())
        .addColumn('nonce', type.blob, (c) => c.notNull())
        .addColumn('state', type.blob, (c) => c.notNull())
        .addColumn('expires_at', type.integer, (c) => c.notNull())
        .addColumn('used_at', type.integer),
    ),
    schema.createIndex('pending_enrolment_of_session').on('pending_enrolment').column('session_id'),
    schema.createIndex('pending_enrolment_by_expiry').on('pending_enrolment').column('expires_at'),
    keyed(
      schema
        .createTable('idempotency')
        .addColumn('key', type.blob, (c) => c.primaryKey())
        .addColumn('request', type.blob, (c) => c.notNull())
        .addColumn('answer', type.blob, (c) => c.notNull())
        .addColumn('expires_at', type.integer, (c) => c.notNull()),
    ),
    schema.createIndex('idempotency_by_expiry').on('idempotency').column('expires_at'),
  ],
};
