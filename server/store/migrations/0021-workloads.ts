import type { Migration } from '../migration.ts';

export const workloads0021: Migration = {
  id: '0021-workloads',
  up: ({ schema, type, keyed }) => [
    // Which programs of this machine are which process: what has to be true of the peer of a Unix socket. `uid` and `unit`
    // repeat two of the selectors, of which each row has one at the least, so that a caller's rows are found at once.
    keyed(
      schema
        .createTable('workload')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('process_id', type.text, (c) => c.notNull().references('subject.id'))
        .addColumn('selectors', type.text, (c) => c.notNull())
        .addColumn('uid', type.integer)
        .addColumn('unit', type.text)
        .addColumn('created_at', type.integer, (c) => c.notNull()),
    ),
    schema.createIndex('workload_of_process').on('workload').column('process_id'),
    schema.createIndex('workload_of_uid').on('workload').column('uid'),
    schema.createIndex('workload_of_unit').on('workload').column('unit'),
  ],
};
