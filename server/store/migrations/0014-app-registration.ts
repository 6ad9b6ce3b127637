import type { Migration } from '../migration.ts';

export const appRegistration0014: Migration = {
  id: '0014-app-registration',
  up: ({ schema, type, keyed }) => [
    // Initial access tokens (RFC 7591 §3), by their public half; the secret half is here as its hash.
    keyed(
      schema
        .createTable('app_invitation')
        .addColumn('id', type.text, (c) => c.primaryKey())
        .addColumn('secret_hash', type.blob, (c) => c.notNull())
        .addColumn('owner_id', type.text, (c) => c.notNull().references('subject.id'))
        .addColumn('open', type.text, (c) => c.notNull())
        .addColumn('members', type.text, (c) => c.notNull())
        .addColumn('uses', type.integer, (c) => c.notNull())
        .addColumn('used', type.integer, (c) => c.notNull())
        .addColumn('created_at', type.integer, (c) => c.notNull())
        .addColumn('expires_at', type.integer, (c) => c.notNull())
        .addColumn('withdrawn_at', type.integer),
    ),
    // Which applications registered themselves, and the token by which each looks after its registration (RFC 7592 §3).
    keyed(
      schema
        .createTable('app_registration')
        .addColumn('app_id', type.text, (c) => c.primaryKey())
        .addColumn('token_id', type.text, (c) => c.notNull())
        .addColumn('secret_hash', type.blob, (c) => c.notNull())
        .addColumn('invitation_id', type.text, (c) => c.notNull())
        .addColumn('created_at', type.integer, (c) => c.notNull()),
    ),
  ],
};
