import { sql } from 'kysely';
import type { Migration } from '../migration.ts';

export const network0018: Migration = {
  id: '0018-network',
  up: ({ schema, type, keyed }) => [
    // Whoever logged in at a network device, or came onto the network there; `client_id` is that device.
    keyed(
      schema
        .createTable('network_session')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('subject_id', type.text, (c) => c.notNull().references('subject.id'))
        .addColumn('client_id', type.text, (c) => c.notNull().references('subject.id'))
        .addColumn('epoch', type.integer, (c) => c.notNull())
        .addColumn('door', type.text, (c) => c.notNull())
        .addColumn('service', type.text, (c) => c.notNull())
        .addColumn('shown', type.text, (c) => c.notNull())
        // What the network device was told to do with them, and what that was judged by.
        .addColumn('reply', type.text, (c) => c.notNull())
        .addColumn('policies', type.integer, (c) => c.notNull())
        .addColumn('client_epoch', type.integer, (c) => c.notNull())
        .addColumn('about', type.blob, (c) => c.notNull())
        // The serial number of the certificate of ours that it rests on.
        .addColumn('certificate', type.text)
        // The CA of others that it rests on, as that was when it was judged.
        .addColumn('trusted_id', type.text)
        .addColumn('trusted_version', type.integer)
        .addColumn('device_session', type.text)
        .addColumn('started_at', type.integer, (c) => c.notNull())
        .addColumn('until', type.integer, (c) => c.notNull())
        .addColumn('ended_at', type.integer)
        .addColumn('told', type.integer, (c) => c.notNull())
        .addColumn('asked_at', type.integer),
    ),
    schema
      .createIndex('network_session_open')
      .on('network_session')
      .columns(['subject_id', 'client_id'])
      .where(sql.ref('ended_at'), 'is', null),
    schema
      .createIndex('network_session_untold')
      .on('network_session')
      .column('id')
      .where(sql.ref('told'), '=', sql.lit(0)),
    schema
      .createIndex('network_session_changed')
      .on('network_session')
      .column('id')
      .where(sql.ref('told'), '=', sql.lit(2)),
    schema
      .createIndex('network_session_away')
      .on('network_session')
      .column('subject_id')
      .where(sql.ref('told'), '=', sql.lit(3)),
    schema
      .createIndex('network_session_live')
      .on('network_session')
      .column('id')
      .where(sql.ref('ended_at'), 'is', null),
    schema.createIndex('network_session_by_end').on('network_session').column('until'),
  ],
};
