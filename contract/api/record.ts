/** The record, read. */
import { z } from 'zod';
import { Outcome, Personal } from '../event-parts.ts';
import { operation } from './operation.ts';
import { byId, GivenId, Id, pageOf, paging, Time, wholeNumber } from './parts.ts';

export const Event = z
  .strictObject({
    id: Id,
    at: Time,
    type: z.string(),
    version: z.int(),
    outcome: z.string(),
    sentence: z.string().describe('The event in words.'),
    subject: z.string().optional(),
    actor: z.string().optional(),
    door: z.string().optional(),
    session: z.string().optional(),
    attempt: z.string().optional(),
    request: z.string().optional(),
    reason: z.string().optional(),
    data: z.record(z.string(), z.unknown()),
    personal: Personal.optional(),
    erased: z
      .literal(true)
      .optional()
      .describe('Personal fields were there, and their key is destroyed.'),
    damaged: z
      .literal(true)
      .optional()
      .describe('Something in it can’t be read, though its key is there.'),
  })
  .meta({
    id: 'Event',
    description: 'What happened. The types and their data are listed in docs/events.md.',
  });

const Types = z
  .string()
  .max(1024)
  .regex(/^[a-z-]+(\.[a-z-]+)?(,[a-z-]+(\.[a-z-]+)?){0,15}$/)
  .describe('Event types, separated by commas.');

/** As many as 16 bundles of tlog-tiles hold. */
const MOST_LINES = 4096;

export const recordOperations = {
  searchEvents: operation({
    method: 'GET',
    path: '/record/events',
    tag: 'Record',
    summary: 'Search the record',
    for: 'session',
    query: z.strictObject({
      ...paging,
      subject: GivenId.optional(),
      actor: GivenId.optional(),
      type: Types.optional(),
      outcome: Outcome.optional(),
      from: Time.optional(),
      until: Time.optional(),
      order: z.enum(['newest', 'oldest']).optional(),
    }),
    answer: { status: 200, says: 'The newest first, unless asked otherwise.', body: pageOf(Event) },
    problems: ['cursor-not-valid'],
  }),
  showEvent: operation({
    method: 'GET',
    path: '/record/events/{id}',
    tag: 'Record',
    summary: 'Show an event',
    for: 'session',
    params: byId,
    answer: { status: 200, says: 'The event.', body: Event },
    problems: ['not-found'],
  }),
  exportEvents: operation({
    method: 'GET',
    path: '/record/export',
    tag: 'Record',
    summary: 'Export the record',
    description:
      'The leaves of the tree in their order, each in a line as it is hashed (docs/record.md); what is personal in them stays sealed. Each page is on record. `Link` names the next one, until there is none. `./sallyport record export` writes whole logs, with their tiles.',
    for: 'session',
    query: z.strictObject({
      log: wholeNumber(1, 1_000_000).optional().describe('The newest log where none is named.'),
      from: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional().describe('The place to begin at.'),
      limit: wholeNumber(1, MOST_LINES).optional().describe('How many at most.'),
    }),
    answer: {
      status: 200,
      says: 'Some of the record, the oldest first.',
      line: z.looseObject({
        v: z.literal(1),
        id: Id,
        at: z.int(),
        type: z.string(),
        outcome: z.string(),
        version: z.int(),
      }),
    },
    problems: ['not-found'],
  }),
  showCheckpoint: operation({
    method: 'GET',
    path: '/record/checkpoint',
    tag: 'Record',
    summary: 'Show the newest checkpoint',
    description:
      'A signed note (C2SP tlog-checkpoint). Kept elsewhere, it proves later that nothing before it was changed.',
    for: 'session',
    answer: {
      status: 200,
      says: 'The checkpoint and the key that it verifies with.',
      body: z.strictObject({
        origin: z.string(),
        key: z.string().describe('The public key, as a vkey.'),
        size: z.int(),
        unsequenced: z.int().describe('Events that still wait for their places.'),
        signedAt: Time,
        note: z.string(),
      }),
    },
    problems: ['not-found'],
  }),
};
