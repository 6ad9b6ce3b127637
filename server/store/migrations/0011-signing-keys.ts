import { sql } from 'kysely';
import type { Migration } from '../migration.ts';

export const signingKeys0011: Migration = {
  id: '0011-signing-keys',
  up: ({ schema, type, keyed }) => [
    // What a key is good for at a time follows from its times alone, so that all nodes agree without telling one another.
    keyed(
      schema
        .createTable('signing_key')
        .addColumn('alg', type.text, (c) => c.notNull())
        .addColumn('version', type.integer, (c) => c.notNull())
        .addColumn('kid', type.text, (c) => c.notNull())
        .addColumn('public_jwk', type.text, (c) => c.notNull())
        .addColumn('secret', type.blob)
        .addColumn('created_at', type.integer, (c) => c.notNull())
        .addColumn('signs_from', type.integer, (c) => c.notNull())
        .addColumn('signs_until', type.integer)
        .addColumn('gone_at', type.integer)
        .addPrimaryKeyConstraint('signing_key_pk', ['alg', 'version']),
    ),
    // Those that ended before their time are told of in a list; few do, and the others cost this index nothing.
    schema
      .createIndex('entry_grant_ended')
      .on('entry_grant')
      .column('ended_at')
      .where(sql.ref('ended_at'), 'is not', null),
  ],
};
