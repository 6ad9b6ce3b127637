import type { Migration } from '../migration.ts';

export const enrolment0019: Migration = {
  id: '0019-enrolment',
  up: ({ schema, type, keyed }) => [
    // What a device is let in with to get its first certificate: the secret half is here as its hash. ACME proves the same secret
    // by a MAC (RFC 8555 §7.3.4), whose key is sealed under the device's own.
    keyed(
      schema
        .createTable('enrolment_pass')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('secret_hash', type.blob, (c) => c.notNull())
        .addColumn('mac_key', type.blob, (c) => c.notNull())
        .addColumn('device_id', type.text, (c) => c.notNull().references('device.id'))
        .addColumn('names', type.text, (c) => c.notNull())
        .addColumn('networks', type.text, (c) => c.notNull())
        .addColumn('attestation', type.text, (c) => c.notNull())
        .addColumn('uses', type.integer, (c) => c.notNull())
        .addColumn('used', type.integer, (c) => c.notNull())
        .addColumn('created_at', type.integer, (c) => c.notNull())
        .addColumn('expires_at', type.integer, (c) => c.notNull())
        .addColumn('withdrawn_at', type.integer),
    ),
    schema.createIndex('enrolment_pass_of_device').on('enrolment_pass').column('device_id'),
    // RFC 8555 §7.1.2.
    keyed(
      schema
        .createTable('acme_account')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('thumbprint', type.text, (c) => c.notNull().unique())
        .addColumn('jwk', type.text, (c) => c.notNull())
        .addColumn('device_id', type.text, (c) => c.notNull().references('device.id'))
        .addColumn('pass_id', type.text, (c) => c.notNull())
        .addColumn('names', type.text, (c) => c.notNull())
        .addColumn('networks', type.text, (c) => c.notNull())
        .addColumn('attestation', type.text, (c) => c.notNull())
        .addColumn('eab', type.text, (c) => c.notNull())
        .addColumn('created_at', type.integer, (c) => c.notNull())
        .addColumn('ended_at', type.integer),
    ),
    schema.createIndex('acme_account_of_device').on('acme_account').column('device_id'),
    // RFC 8555 §7.1.3; its authorizations are rows of their own.
    keyed(
      schema
        .createTable('acme_order')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('account_id', type.text, (c) => c.notNull().references('acme_account.id'))
        .addColumn('identifiers', type.text, (c) => c.notNull())
        .addColumn('problem', type.text)
        .addColumn('serial', type.text)
        .addColumn('created_at', type.integer, (c) => c.notNull())
        .addColumn('expires_at', type.integer, (c) => c.notNull()),
    ),
    schema
      .createIndex('acme_order_of_account')
      .on('acme_order')
      .columns(['account_id', 'expires_at']),
    schema.createIndex('acme_order_by_expiry').on('acme_order').column('expires_at'),
    // RFC 8555 §7.1.4, each with the one challenge that its identifier is proven by (§7.1.5).
    keyed(
      schema
        .createTable('acme_authorization')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('order_id', type.text, (c) => c.notNull())
        .addColumn('account_id', type.text, (c) => c.notNull())
        .addColumn('identifier_type', type.text, (c) => c.notNull())
        .addColumn('identifier', type.text, (c) => c.notNull())
        .addColumn('challenge', type.text, (c) => c.notNull())
        .addColumn('token', type.text, (c) => c.notNull())
        .addColumn('status', type.text, (c) => c.notNull())
        .addColumn('tried_at', type.integer)
        .addColumn('validated_at', type.integer)
        .addColumn('problem', type.text)
        .addColumn('key', type.blob)
        .addColumn('tpm', type.text)
        .addColumn('vouched', type.text)
        .addColumn('expires_at', type.integer, (c) => c.notNull()),
    ),
    schema.createIndex('acme_authorization_of_order').on('acme_authorization').column('order_id'),
    schema
      .createIndex('acme_authorization_by_expiry')
      .on('acme_authorization')
      .column('expires_at'),
  ],
};
