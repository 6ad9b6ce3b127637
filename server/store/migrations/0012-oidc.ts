import { sql } from 'kysely';
import type { Migration } from '../migration.ts';

export const oidc0012: Migration = {
  id: '0012-oidc',
  up: ({ schema, type, keyed }) => [
    // What a sign-in to an application leaves between two requests: codes, tokens, interactions, browser sessions. Whoever
    // reads the database finds no token in it: keys are hashes, and the rest is sealed.
    keyed(
      schema
        .createTable('oidc_state')
        .addColumn('key', type.text, (c) => c.primaryKey())
        .addColumn('model', type.text, (c) => c.notNull())
        .addColumn('alias', type.text)
        .addColumn('grant_id', type.text)
        .addColumn('payload', type.blob, (c) => c.notNull())
        .addColumn('expires_at', type.integer, (c) => c.notNull())
        .addColumn('used_at', type.integer)
        .addColumn('consumed_at', type.integer)
        .addColumn('successor', type.blob),
    ),
    schema.createIndex('oidc_state_by_expiry').on('oidc_state').column('expires_at'),
    schema
      .createIndex('oidc_state_of_alias')
      .on('oidc_state')
      .column('alias')
      .where(sql.ref('alias'), 'is not', null),
    schema
      .createIndex('oidc_state_of_grant')
      .on('oidc_state')
      .column('grant_id')
      .where(sql.ref('grant_id'), 'is not', null),
  ],
};
