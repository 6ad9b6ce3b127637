/** `sallyport record tail` and `record search`. */
import { setTimeout as wait } from 'node:timers/promises';
import { catalogue } from '@sallyport/contract/event-catalogue.ts';
import { outcomes } from '@sallyport/contract/event-parts.ts';
import { systemClock } from '../../kernel/clock.ts';
import { parseId } from '../../kernel/id.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { parseDuration } from '../../kernel/setting.ts';
import { withDesk } from '../desks/at-desk.ts';
import type { Desk } from '../desks/desk.ts';
import type { EventSearch, Place, ShownEvent } from '../desks/record-desk.ts';
import { personAt } from '../person/person-words.ts';
import { refusedProcess } from '../process/process-words.ts';
import type { Refused } from '../remote/connection.ts';
import { tellRefused } from '../remote/refused.ts';
import type { CommandContext } from '../terminal/command-context.ts';
import { Ended, EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Output } from '../terminal/output.ts';
import { didYouMean, misused } from '../terminal/typed.ts';
import { eventLine, eventRow } from './event-words.ts';
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
  const output = context.output();
  const query = queryOf(options, systemClock().now());
  if (!query.ok) return Promise.resolve(misused(output, { what: query.error }));
  return withDesk(context, async (desk) => {
    const { record } = desk;
    const whose = await named(desk, options, output);
    const personal = options.personal ? 'open' : 'closed';
    if (personal === 'open') await record.openPersonal();
    const page = await record.search({ ...query.value, ...whose, personal });
    if (!page.ok) return tellRefused(output, page.error);
    const { items, next } = page.value;
    const names = createKnownNames(record);
    const unnamed = await names.learn(items);
    if (unnamed !== undefined) return tellRefused(output, unnamed);
    output.answer({
      says:
        items.length === 0
          ? isAll(options)
            ? 'Nothing is on record yet.'
            : 'Nothing on record is like that.'
          : `${items.length === 1 ? 'One event' : `${items.length} events`}, times in UTC:`,
      table: {
        head: ['when', 'outcome', 'what', 'id'],
        rows: items.map((event) => eventRow(event, names.of)),
      },
      ...(items.length === 0
        ? { next: isAll(options) ? RECORD_BEGINS : ASKED_TOO_MUCH }
        : next === null
          ? {}
          : { next: `There are more: repeat it with --cursor ${next}` }),
      data: { events: items, next },
    });
    return EXIT.ok;
  });
}

const RECORD_BEGINS = 'The first events come with the first ./sallyport serve.';

const ASKED_TOO_MUCH =
  'Ask for less at once: with fewer options, or for a longer time. Without any it shows the newest events.';

const isAll = ({ subject, actor, type, outcome, since, until, cursor }: SearchOptions) =>
  [subject, actor, type, outcome, since, until, cursor].every((one) => one === undefined);

type Whose = Pick<EventSearch, 'subject' | 'actor'>;

/** Who was named, by their names or by ids; ends the command when there is nobody like that. */
async function named(
  { people, processes }: Desk,
  options: SearchOptions,
  output: Output,
): Promise<Whose> {
  const whose: { subject?: string; actor?: string } = {};
  for (const which of ['subject', 'actor'] as const) {
    const typed = options[which];
    if (typed === undefined) continue;
    // Not only people have ids, and who was erased has theirs still.
    const id = parseId(typed);
    const process = id === undefined ? await processes.find(typed) : undefined;
    if (process !== undefined && !process.ok)
      throw new Ended(refusedProcess(output, process.error));
    whose[which] = id ?? process?.value?.id ?? (await personAt(people, typed, output)).id;
  }
  return whose;
}

function queryOf(
  options: SearchOptions,
  now: number,
): Result<Omit<EventSearch, keyof Whose | 'personal'>, string> {
  const { type = [], outcome, since, until, limit, cursor, oldestFirst } = options;
  const count = Number(limit);
  if (!Number.isInteger(count) || count < 1 || count > 10_000) {
    return failed('--limit wants a number from 1 to 10000.');
  }
  for (const each of type) {
    if (Object.hasOwn(catalogue, each)) continue;
    const hint = didYouMean(each, Object.keys(catalogue));
    return failed(`There are no events of type ${each}.${hint} docs/events.md lists the types.`);
  }
  const ended = outcomes.find((one) => one === outcome);
  if (outcome !== undefined && ended === undefined) {
    return failed(`--outcome wants one of ${outcomes.join(', ')}.`);
  }
  const [from, before] = [since, until].map((text) => momentOf(text, now));
  if (Number.isNaN(from) || Number.isNaN(before)) {
    return failed('A time is written 2026-01-31, 2026-01-31T09:00Z, or 2h for two hours ago.');
  }
  return ok({
    types: type,
    outcome: ended,
    from,
    until: before,
    limit: count,
    after: cursor,
    order: oldestFirst ? 'oldest' : 'newest',
  });
}

/** NaN for what is no time. */
function momentOf(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const ago = parseDuration(text);
  return ago === undefined ? Date.parse(text) : now - ago;
}

export interface TailOptions {
  readonly lines: string;
  readonly follow?: true;
  readonly personal?: true;
}

const LOOK_AGAIN = 500;

export function tailRecord(context: CommandContext, options: TailOptions): Promise<ExitCode> {
  const output = context.output();
  const limit = Number(options.lines);
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) {
    const problem = { what: '--lines wants a number from 1 to 10000.' };
    return Promise.resolve(misused(output, problem));
  }
  return withDesk(context, async ({ record }) => {
    const personal = options.personal ? 'open' : 'closed';
    if (personal === 'open') await record.openPersonal();
    const names = createKnownNames(record);
    const refused = (error: Refused): never => {
      throw new Ended(tellRefused(output, error));
    };
    async function show(events: readonly ShownEvent[]): Promise<void> {
      const unnamed = await names.learn(events);
      if (unnamed !== undefined) refused(unnamed);
      for (const event of events) output.line(eventLine(event, names.of), event);
    }

    // From here on by places, so that an event that comes late is not missed.
    const start = options.follow ? await record.follow(undefined, personal) : undefined;
    if (start?.ok === false) return refused(start.error);
    const newest = await record.search({ types: [], order: 'newest', limit, personal });
    if (!newest.ok) return refused(newest.error);
    await show(newest.value.items.toReversed());
    if (start === undefined) {
      if (newest.value.items.length === 0 && !output.json) {
        output.notice(`Nothing is on record yet. ${RECORD_BEGINS}`);
      }
      return EXIT.ok;
    }
    const shown = new Set<string>(newest.value.items.map(({ id }) => id));
    await untilInterrupted(async (pause) => {
      let place: Place = start.value;
      for (;;) {
        const followed = await record.follow(place, personal);
        if (!followed.ok) return refused(followed.error);
        const { items, log, from } = followed.value;
        await show(items.filter(({ id }) => !shown.delete(id)));
        const still = log === place.log && from === place.from;
        place = { log, from };
        if (still && (await pause()) === 'over') return;
      }
    });
    return EXIT.ok;
  });
}

/** Goes on until Ctrl-C. */
async function untilInterrupted(
  work: (pause: () => Promise<'over' | 'on'>) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  process.once('SIGINT', onInterrupt);
  try {
    await work(async () => {
      await wait(LOOK_AGAIN, undefined, { signal: stop.signal }).catch(() => {});
      return stop.signal.aborted ? 'over' : 'on';
    });
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}
