import { sql } from 'kysely';
import type { Migration } from '../migration.ts';

export const authority0017: Migration = {
  id: '0017-authority',
  up: ({ schema, type, keyed }) => [
    // Root, issuing CAs, and who answers about them (OCSP). By the id of the key; `slot` names the one of its role in use.
    keyed(
      schema
        .createTable('x509_ca')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('role', type.text, (c) => c.notNull())
        .addColumn('slot', type.text)
        .addColumn('serial', type.text, (c) => c.notNull())
        .addColumn('issuer_id', type.text, (c) => c.notNull())
        .addColumn('certificate', type.blob, (c) => c.notNull())
        .addColumn('secret', type.blob)
        .addColumn('not_before', type.integer, (c) => c.notNull())
        .addColumn('not_after', type.integer, (c) => c.notNull())
        .addColumn('created_at', type.integer, (c) => c.notNull())
        // Goes up whenever a certificate that it issued is revoked.
        .addColumn('revision', type.integer, (c) => c.notNull())
        // The last list that was signed before the key went away.
        .addColumn('list', type.blob)
        .addColumn('revoked_at', type.integer)
        .addColumn('reason', type.text),
    ),
    schema.createIndex('x509_ca_of_slot').unique().on('x509_ca').column('slot'),

    // What was issued. Of people it is sealed under their key, and gone with it.
    keyed(
      schema
        .createTable('x509_certificate')
        .addColumn('serial', type.text, (c) => c.primaryKey())
        .addColumn('ca_id', type.text, (c) => c.notNull().references('x509_ca.id'))
        .addColumn('profile', type.text, (c) => c.notNull())
        .addColumn('subject_kind', type.text, (c) => c.notNull())
        .addColumn('subject_id', type.text, (c) => c.notNull())
        .addColumn('sealed', type.integer, (c) => c.notNull())
        .addColumn('certificate', type.blob, (c) => c.notNull())
        .addColumn('detail', type.blob, (c) => c.notNull())
        .addColumn('fingerprint', type.text, (c) => c.notNull())
        .addColumn('key_hash', type.text, (c) => c.notNull())
        .addColumn('not_before', type.integer, (c) => c.notNull())
        .addColumn('not_after', type.integer, (c) => c.notNull())
        .addColumn('issued_at', type.integer, (c) => c.notNull())
        .addColumn('renews', type.text)
        .addColumn('revoked_at', type.integer)
        .addColumn('reason', type.text)
        .addColumn('shown_at', type.integer)
        .addColumn('shown_by', type.text),
    ),
    schema
      .createIndex('x509_certificate_of_subject')
      .on('x509_certificate')
      .columns(['subject_id', 'not_after']),
    schema.createIndex('x509_certificate_of_key').on('x509_certificate').column('key_hash'),
    schema
      .createIndex('x509_certificate_by_time')
      .on('x509_certificate')
      .columns(['issued_at', 'serial']),
    schema.createIndex('x509_certificate_by_expiry').on('x509_certificate').column('not_after'),
    schema
      .createIndex('x509_certificate_revoked')
      .on('x509_certificate')
      .columns(['ca_id', 'not_after'])
      .where(sql.ref('revoked_at'), 'is not', null),
    // Whoever asks for one of a key holds its row meanwhile: of two subjects at once, the second sees the first.
    keyed(schema.createTable('x509_key').addColumn('key_hash', type.text, (c) => c.primaryKey())),

    // What TLS of ours is served with.
    keyed(
      schema
        .createTable('x509_credential')
        .addColumn('profile', type.text, (c) => c.primaryKey())
        .addColumn('serial', type.text, (c) => c.notNull())
        .addColumn('certificate', type.blob, (c) => c.notNull())
        .addColumn('ca_certificate', type.blob, (c) => c.notNull())
        .addColumn('secret', type.blob, (c) => c.notNull())
        .addColumn('names', type.text, (c) => c.notNull())
        .addColumn('not_before', type.integer, (c) => c.notNull())
        .addColumn('not_after', type.integer, (c) => c.notNull()),
    ),

    // CAs of others that are trusted here, and the lists of what they revoked.
    keyed(
      schema
        .createTable('x509_trusted')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('name', type.text, (c) => c.notNull())
        .addColumn('trusted_for', type.text, (c) => c.notNull())
        .addColumn('certificates', type.blob, (c) => c.notNull())
        .addColumn('wants_crl', type.integer, (c) => c.notNull())
        .addColumn('version', type.integer, (c) => c.notNull())
        .addColumn('added_at', type.integer, (c) => c.notNull())
        .addColumn('not_after', type.integer, (c) => c.notNull()),
    ),
    schema.createIndex('x509_trusted_of_name').unique().on('x509_trusted').column('name'),
    keyed(
      schema
        .createTable('x509_trusted_crl')
        .addColumn('trusted_id', type.text, (c) => c.notNull().references('x509_trusted.id'))
        .addColumn('issuer_id', type.text, (c) => c.notNull())
        .addColumn('crl', type.blob, (c) => c.notNull())
        .addColumn('this_update', type.integer, (c) => c.notNull())
        .addColumn('next_update', type.integer, (c) => c.notNull())
        .addColumn('imported_at', type.integer, (c) => c.notNull())
        .addPrimaryKeyConstraint('x509_trusted_crl_pk', ['trusted_id', 'issuer_id']),
    ),
    // By which certificates of theirs, and of those between, processes came: each as its CA's list names it.
    keyed(
      schema
        .createTable('x509_vouched')
        .addColumn('issuer_id', type.text, (c) => c.notNull())
        .addColumn('serial', type.text, (c) => c.notNull())
        .addColumn('trusted_id', type.text, (c) => c.notNull())
        .addColumn('subject_id', type.text, (c) => c.notNull())
        .addColumn('until', type.integer, (c) => c.notNull())
        .addPrimaryKeyConstraint('x509_vouched_pk', [
          'issuer_id',
          'serial',
          'trusted_id',
          'subject_id',
        ]),
    ),
    schema
      .createIndex('x509_vouched_by_trusted')
      .on('x509_vouched')
      .columns(['trusted_id', 'subject_id']),
    schema.createIndex('x509_vouched_by_time').on('x509_vouched').column('until'),
    // CAs that were trusted and are not any more.
    keyed(
      schema
        .createTable('x509_distrusted')
        .addColumn('issuer_id', type.text, (c) => c.primaryKey().notNull())
        .addColumn('certificate', type.blob, (c) => c.notNull())
        .addColumn('until', type.integer, (c) => c.notNull()),
    ),
    // Where their lists are published, and when each is to be fetched next.
    keyed(
      schema
        .createTable('x509_trusted_source')
        .addColumn('trusted_id', type.text, (c) => c.notNull().references('x509_trusted.id'))
        .addColumn('url', type.text, (c) => c.notNull())
        .addColumn('due_at', type.integer, (c) => c.notNull())
        .addColumn('got_at', type.integer)
        .addColumn('failed', type.text)
        .addPrimaryKeyConstraint('x509_trusted_source_pk', ['trusted_id', 'url']),
    ),
  ],
};
