import type { Migration } from '../migration.ts';

/**
 * An event is inserted once and never changed; its place in the log is a row of its own, because PostgreSQL would write the
 * event and all its index entries again to note it. Few indexes: each costs every event. Time is searched by the event's id,
 * which is ordered by time.
 */
export const record0003: Migration = {
  id: '0003-record',
  up: ({ schema, type, keyed }) => [
    keyed(
      schema
        .createTable('record_event')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('type', type.text, (c) => c.notNull())
        .addColumn('outcome', type.text, (c) => c.notNull())
        .addColumn('subject', type.text)
        .addColumn('actor', type.text)
        .addColumn('leaf', type.blob, (c) => c.notNull()),
    ),
    schema.createIndex('record_event_type').on('record_event').columns(['type', 'id']),
    schema
      .createIndex('record_event_subject')
      .on('record_event')
      .columns(['subject', 'id'])
      .where('subject', 'is not', null),
    schema
      .createIndex('record_event_actor')
      .on('record_event')
      .columns(['actor', 'id'])
      .where('actor', 'is not', null),
    // What waits for the sequencer.
    keyed(schema.createTable('record_pending').addColumn('id', type.text, (c) => c.primaryKey())),
    keyed(
      schema
        .createTable('record_sequence')
        .addColumn('log', type.integer, (c) => c.notNull())
        .addColumn('idx', type.integer, (c) => c.notNull())
        .addColumn('event', type.text, (c) => c.notNull())
        .addPrimaryKeyConstraint('record_sequence_key', ['log', 'idx']),
    ),
    schema.createIndex('record_sequence_event').unique().on('record_sequence').columns(['event']),
    keyed(
      schema
        .createTable('record_tile')
        .addColumn('log', type.integer, (c) => c.notNull())
        .addColumn('level', type.integer, (c) => c.notNull())
        .addColumn('n', type.integer, (c) => c.notNull())
        .addColumn('hashes', type.blob, (c) => c.notNull())
        .addPrimaryKeyConstraint('record_tile_key', ['log', 'level', 'n']),
    ),
    keyed(
      schema
        .createTable('record_log')
        .addColumn('log', type.integer, (c) => c.primaryKey())
        .addColumn('origin', type.text, (c) => c.notNull())
        .addColumn('vkey', type.text, (c) => c.notNull())
        .addColumn('seed', type.blob, (c) => c.notNull())
        .addColumn('size', type.integer, (c) => c.notNull())
        .addColumn('checkpoint', type.text, (c) => c.notNull())
        .addColumn('signed_at', type.integer, (c) => c.notNull()),
    ),
  ],
};
