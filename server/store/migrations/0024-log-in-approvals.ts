import type { Migration } from '../migration.ts';

export const logInApprovals0024: Migration = {
  id: '0024-log-in-approvals',
  up: ({ schema, type, keyed }) => [
    // Log-ins at network devices that wait for a person's passkey in the browser; `client_id` is the network device.
    keyed(
      schema
        .createTable('log_in_approval')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('attempt_id', type.text, (c) => c.notNull())
        .addColumn('subject_id', type.text, (c) => c.notNull().references('subject.id'))
        .addColumn('client_id', type.text, (c) => c.notNull().references('subject.id'))
        .addColumn('service', type.text, (c) => c.notNull())
        .addColumn('said', type.blob, (c) => c.notNull())
        .addColumn('status', type.text, (c) => c.notNull())
        .addColumn('shown', type.text)
        .addColumn('created_at', type.integer, (c) => c.notNull())
        .addColumn('expires_at', type.integer, (c) => c.notNull()),
    ),
    schema
      .createIndex('log_in_approval_of_attempt')
      .unique()
      .on('log_in_approval')
      .column('attempt_id'),
    schema
      .createIndex('log_in_approval_of_subject')
      .on('log_in_approval')
      .columns(['subject_id', 'created_at']),
    schema.createIndex('log_in_approval_by_expiry').on('log_in_approval').column('expires_at'),
  ],
};
