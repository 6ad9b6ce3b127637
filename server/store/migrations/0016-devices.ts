import { sql } from 'kysely';
import type { Migration } from '../migration.ts';

export const devices0016: Migration = {
  id: '0016-devices',
  up: ({ schema, type, keyed }) => [
    keyed(
      schema
        .createTable('device')
        .addColumn('id', type.text, (c) => c.primaryKey().references('subject.id'))
        .addColumn('name', type.text, (c) => c.notNull())
        .addColumn('kind', type.text, (c) => c.notNull())
        .addColumn('zone', type.text, (c) => c.notNull())
        .addColumn('serial', type.text)
        .addColumn('mac', type.text)
        .addColumn('addresses', type.text, (c) => c.notNull())
        .addColumn('purpose', type.text, (c) => c.notNull())
        .addColumn('retired_at', type.integer)
        .addColumn('last_seen_at', type.integer)
        .addColumn('last_seen_by', type.text)
        .addColumn('last_seen_how', type.text)
        .addColumn('last_seen_from', type.blob)
        .addColumn('posture_at', type.integer)
        .addColumn('posture', type.text),
    ),
    // What one retired device was called, another may be.
    ...(['name', 'mac', 'serial'] as const).map((column) =>
      schema
        .createIndex(`device_by_${column}`)
        .unique()
        .on('device')
        .column(column)
        .where(sql.ref('retired_at'), 'is', null),
    ),
    keyed(
      schema
        .createTable('device_address')
        .addColumn('network', type.text, (c) => c.primaryKey())
        .addColumn('device_id', type.text, (c) => c.notNull().references('device.id')),
    ),
    schema.createIndex('device_address_of_device').on('device_address').column('device_id'),
    keyed(
      schema
        .createTable('device_proof')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('device_id', type.text, (c) => c.notNull().references('device.id'))
        .addColumn('kind', type.text, (c) => c.notNull())
        .addColumn('name', type.text, (c) => c.notNull())
        .addColumn('detail', type.text, (c) => c.notNull())
        .addColumn('lookup', type.text)
        .addColumn('sealed', type.blob)
        .addColumn('created_at', type.integer, (c) => c.notNull())
        .addColumn('expires_at', type.integer)
        .addColumn('last_used_at', type.integer)
        .addColumn('ended_at', type.integer)
        .addColumn('told_at', type.integer),
    ),
    schema.createIndex('device_proof_of_device').on('device_proof').column('device_id'),
    schema
      .createIndex('device_proof_by_lookup')
      .unique()
      .on('device_proof')
      .column('lookup')
      .where(sql.ref('ended_at'), 'is', null),
    schema
      .createIndex('device_proof_by_expiry')
      .on('device_proof')
      .column('expires_at')
      .where(sql.ref('told_at'), 'is', null),
  ],
};
