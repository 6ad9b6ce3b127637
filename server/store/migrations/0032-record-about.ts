import { sql } from 'kysely';
import type { Migration } from '../migration.ts';
import { builders } from '../statement.ts';

/**
 * Which events tell of whom. As an index of the events it was in no order of time, so each event changed a page of its own, the
 * largest part of what a commit wrote: now the sequencer lists a batch of them at once, in order.
 */
export const recordAbout0032: Migration = {
  id: '0032-record-about',
  up: ({ schema, type, keyed }) => [
    keyed(
      schema
        .createTable('record_about')
        .addColumn('subject', type.text, (c) => c.notNull())
        .addColumn('event', type.text, (c) => c.notNull())
        .addPrimaryKeyConstraint('record_about_key', ['subject', 'event']),
    ),
    // What waits for its place is listed with it. The text is the same for both databases.
    {
      compile: () =>
        sql`insert into "record_about" ("subject", "event") select "subject", "id" from "record_event" where "subject" is not null and "id" not in (select "id" from "record_pending") order by "subject", "id"`.compile(
          builders.sqlite,
        ),
    },
    schema.dropIndex('record_event_subject'),
  ],
};
