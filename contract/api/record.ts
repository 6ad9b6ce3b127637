/** The record, read. */
import { z } from 'zod';
import { Outcome, Personal } from '../event-parts.ts';
import { operation } from './operation.ts';
import {
  byId,
  GivenId,
  Id,
  MOST_A_PAGE,
  pageOf,
  paging,
  Time,
  USUAL_PAGE,
  wholeNumber,
} from './parts.ts';

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

const Opened = z
  .enum(['open', 'closed'])
  .optional()
  .describe('`closed` leaves out what is personal; it is there otherwise.');

const Types = z
  .string()
  .max(1024)
  .regex(/^[a-z-]+(\.[a-z-]+)?(,[a-z-]+(\.[a-z-]+)?){0,15}$/)
  .describe('Event types, separated by commas.');

/** As many as 16 bundles of tlog-tiles hold. */
const MOST_LINES = 4096;
export const MOST_NAMED = 100;

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
      personal: Opened,
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
  proveEvent: operation({
    method: 'GET',
    path: '/record/events/{id}/proof',
    tag: 'Record',
    summary: 'Prove an event',
    description:
      'A proof that the event stands in its log (C2SP tlog-proof), which anyone who has the log’s key can check without Sallyport: docs/verify-inclusion.mjs does. `unavailable` for the second in which a new event waits for its place.',
    for: 'session',
    params: byId,
    answer: {
      status: 200,
      says: 'The proof, and the key that it verifies with.',
      body: z.strictObject({
        log: z.int(),
        index: z.int().describe('Its place in the log.'),
        key: z.string().describe('The public key, as a vkey.'),
        proof: z.string().describe('The text of a file; what is personal in it stays sealed.'),
      }),
    },
    problems: ['not-found'],
  }),
  followEvents: operation({
    method: 'GET',
    path: '/record/follow',
    tag: 'Record',
    summary: 'Follow the record',
    description:
      'Events in the order of their places, so that none that comes late is missed. Begin without a place: nothing is told then but where the record ends. Ask again with `log` and `from` as the answer says, about once in a second while it tells no events.',
    for: 'session',
    query: z
      .strictObject({
        log: wholeNumber(1, 1_000_000).optional(),
        from: wholeNumber(0, 1_000_000_000_000).optional().describe('The place to go on at.'),
        limit: wholeNumber(1, MOST_A_PAGE, USUAL_PAGE).optional().describe('How many at most.'),
        personal: Opened,
      })
      .refine(({ log, from }) => (log === undefined) === (from === undefined), {
        path: ['from'],
        error: 'must be there when `log` is, and only then',
      }),
    answer: {
      status: 200,
      says: 'Those that have their places, and where to go on.',
      body: z.strictObject({ items: z.array(Event), log: z.int(), from: z.int() }),
    },
    problems: [],
  }),
  nameInRecord: operation({
    method: 'GET',
    path: '/record/names',
    tag: 'Record',
    summary: 'Tell who the ids in events are',
    description: 'What people sign in as, and what processes and resources are called.',
    for: 'session',
    query: z.strictObject({
      ids: z
        .string()
        .max(MOST_NAMED * 37)
        .regex(/^[0-9a-f-]{36}(,[0-9a-f-]{36})*$/, { error: 'must be ids, separated by commas' })
        .describe(`Ids, separated by commas; ${MOST_NAMED} at most.`),
    }),
    answer: {
      status: 200,
      says: 'The names of those that have one.',
      body: z.strictObject({ items: z.array(z.strictObject({ id: Id, name: z.string() })) }),
    },
    problems: [],
  }),
  listLogs: operation({
    method: 'GET',
    path: '/record/logs',
    tag: 'Record',
    summary: 'List the logs of the record',
    description: 'There is one, until a record is begun anew (docs/record.md).',
    for: 'session',
    answer: {
      status: 200,
      says: 'The oldest first.',
      body: z.strictObject({
        items: z.array(
          z.strictObject({
            log: z.int(),
            origin: z.string(),
            key: z.string().describe('The public key, as a vkey.'),
            checkpoint: z.string().describe('The newest: a signed note (C2SP tlog-checkpoint).'),
          }),
        ),
      }),
    },
    problems: [],
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
