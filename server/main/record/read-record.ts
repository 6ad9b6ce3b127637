/** `sallyport record tail` and `record search`. */
import { userInfo } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { catalogue } from '@sallyport/contract/event-catalogue.ts';
import { outcomes } from '@sallyport/contract/event-parts.ts';
import type { RecordedEvent } from '@sallyport/contract/events.ts';
import { nearest } from '../../config/nearest.ts';
import { parseId } from '../../kernel/id.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { parseDuration } from '../../kernel/setting.ts';
import { databaseSource } from '../../record/database-source.ts';
import { recordHead } from '../../record/head.ts';
import type { EventId } from '../../record/record.ts';
import { createRecordReader, type EventQuery } from '../../record/search.ts';
import type { House } from '../house.ts';
import { namedPerson } from '../named-person.ts';
import type { CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Output } from '../terminal/output.ts';
import { withHouse } from '../with-house.ts';
import { eventData, eventLine, eventRow } from './event-words.ts';
import { createKnownNames } from './known-names.ts';

export interface SearchOptions {
  readonly subject?: string;
  readonly actor?: string;
  readonly type?: readonly string[];
  readonly outcome?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: string;
  readonly cursor?: string;
  readonly oldestFirst?: true;
  readonly personal?: true;
}

export function searchRecord(context: CommandContext, options: SearchOptions): Promise<ExitCode> {
  return withHouse(context, async ({ house }) => {
    const output = context.output();
    const query = queryOf(options, house.clock.now());
    if (!query.ok) {
      output.problem({ what: query.error });
      return EXIT.usage;
    }
    const whose = await named(house, options, output);
    if (whose === undefined) return EXIT.notFound;
    const personal = options.personal ? 'open' : 'closed';
    if (personal === 'open') await recordReading(house);
    const reader = createRecordReader(house.vault);
    const names = createKnownNames(house);
    const page = await house.store.read(async (q) => {
      const found = await reader.search(q, { ...query.value, ...whose }, personal);
      await names.learn(q, found.events);
      return found;
    });
    output.answer({
      says:
        page.events.length === 0
          ? 'Nothing on record is like that.'
          : `${page.events.length === 1 ? 'One event' : `${page.events.length} events`}, times in UTC:`,
      table: {
        head: ['when', 'outcome', 'what', 'id'],
        rows: page.events.map((event) => eventRow(event, names.of)),
      },
      ...(page.next === undefined
        ? {}
        : { next: `There are more: repeat it with --cursor ${page.next}` }),
      data: { events: page.events.map(eventData), next: page.next ?? null },
    });
    return EXIT.ok;
  });
}

type Whose = Pick<EventQuery, 'subject' | 'actor'>;

/** Who was named, by their names or by ids; undefined, with the problem told, when there is nobody like that. */
async function named(
  house: House,
  options: SearchOptions,
  output: Output,
): Promise<Whose | undefined> {
  const whose: { subject?: string; actor?: string } = {};
  for (const which of ['subject', 'actor'] as const) {
    const typed = options[which];
    if (typed === undefined) continue;
    // Not only people have ids, and who was erased has theirs still.
    const id =
      parseId(typed) ??
      (await house.store.read((q) => house.processes.find(q, typed)))?.id ??
      (await namedPerson(house, typed, output))?.id;
    if (id === undefined) return undefined;
    whose[which] = id;
  }
  return whose;
}

function queryOf(
  options: SearchOptions,
  now: number,
): Result<Omit<EventQuery, keyof Whose>, string> {
  const { type, outcome, since, until, limit, cursor, oldestFirst } = options;
  const count = Number(limit);
  if (!Number.isInteger(count) || count < 1 || count > 10_000) {
    return failed('--limit wants a number from 1 to 10000.');
  }
  for (const each of type ?? []) {
    if (Object.hasOwn(catalogue, each)) continue;
    const meant = nearest(each, Object.keys(catalogue));
    const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
    return failed(`There are no events of type ${each}.${hint} docs/events.md lists the types.`);
  }
  if (outcome !== undefined && !(outcomes as readonly string[]).includes(outcome)) {
    return failed(`--outcome wants one of ${outcomes.join(', ')}.`);
  }
  if (cursor !== undefined && !parseId(cursor)) {
    return failed(`--cursor wants an id, and "${cursor}" has not the form of one.`);
  }
  const [from, before] = [since, until].map((text) => momentOf(text, now));
  if (Number.isNaN(from) || Number.isNaN(before)) {
    return failed('A time is written 2026-01-31, 2026-01-31T09:00Z, or 2h for two hours ago.');
  }
  return ok({
    types: type,
    outcome,
    from,
    until: before,
    limit: count,
    cursor: cursor as EventId | undefined, // Its form was looked at above.
    order: oldestFirst ? 'oldest' : 'newest',
  });
}

/** NaN for what is no time. */
function momentOf(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const ago = parseDuration(text);
  return ago === undefined ? Date.parse(text) : now - ago;
}

/** Whoever opens what is personal is on record themselves; if they can't be, nothing is opened. */
async function recordReading({ store, record }: House): Promise<void> {
  await store.write((tx) =>
    record.append(tx, {
      type: 'access.granted',
      outcome: 'granted',
      door: 'command-line',
      data: { action: 'record.read', resource: { kind: 'part', id: 'record' } },
      personal: { identifier: userInfo().username },
    }),
  );
}

export interface TailOptions {
  readonly lines: string;
  readonly follow?: true;
  readonly personal?: true;
}

const LOOK_AGAIN = 500;

export function tailRecord(context: CommandContext, options: TailOptions): Promise<ExitCode> {
  return withHouse(context, async ({ house }) => {
    const output = context.output();
    const limit = Number(options.lines);
    if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) {
      output.problem({ what: '--lines wants a number from 1 to 10000.' });
      return EXIT.usage;
    }
    const personal = options.personal ? 'open' : 'closed';
    if (personal === 'open') await recordReading(house);
    const reader = createRecordReader(house.vault);
    const names = createKnownNames(house);
    const show = (event: RecordedEvent) =>
      output.line(eventLine(event, names.of), eventData(event));

    // From here on by places, so that an event that comes late is not missed.
    const start = await house.store.read(recordHead);
    const newest = await house.store.read(async (q) => {
      const found = await reader.search(q, { limit }, personal);
      await names.learn(q, found.events);
      return found;
    });
    for (const event of newest.events.toReversed()) show(event);
    if (!options.follow) return EXIT.ok;
    const shown = new Set<string>(newest.events.map(({ id }) => id));
    for await (const id of placedFrom(house, start?.log ?? 1, start?.size ?? 0)) {
      if (shown.delete(id)) continue;
      const event = await house.store.read(async (q) => {
        const found = await reader.get(q, id, personal);
        if (found) await names.learn(q, [found]);
        return found;
      });
      if (event) show(event);
    }
    return EXIT.ok;
  });
}

/** Events as they get their places, until Ctrl-C. */
async function* placedFrom({ store }: House, log: number, size: number): AsyncGenerator<EventId> {
  const source = databaseSource(store);
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  process.once('SIGINT', onInterrupt);
  try {
    let [at, next] = [log, size];
    while (!stop.signal.aborted) {
      const places = await source.leaves(at, next, next + 256);
      for (const { event } of places) if (event !== null) yield event;
      next += places.length;
      if (places.length > 0) continue;
      const head = await store.read(recordHead);
      if (head !== undefined && head.log > at) [at, next] = [head.log, 0];
      else await wait(LOOK_AGAIN, undefined, { signal: stop.signal }).catch(() => {});
    }
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}
