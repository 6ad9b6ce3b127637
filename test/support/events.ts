import { fromUtf8 } from '../../server/kernel/bytes.ts';
import type { EventId } from '../../server/record/leaf.ts';
import { tables } from '../../server/store/statement.ts';
import type { TestHouse } from './house.ts';
import { until } from './until.ts';

export interface TestEvent {
  readonly id: string;
  readonly type: string;
  readonly outcome: string;
  readonly subject?: string;
  readonly actor?: string;
  readonly session?: string;
  readonly door?: string;
  readonly reason?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const t = tables<{ record_event: { id: string; leaf: Uint8Array } }>();
const all = t.statement((db) => db.selectFrom('record_event').select('leaf').orderBy('id'));

/** Every event on record, the oldest first. */
export async function events({ test }: Pick<TestHouse, 'test'>): Promise<TestEvent[]> {
  const rows = await test.store.read((q) => q.all(all, {}));
  return rows.map(({ leaf }) => JSON.parse(fromUtf8(leaf)) as TestEvent); // Leaves are JSON of this shape.
}

/** The events that some work leaves behind. */
export async function eventsOf(
  house: Pick<TestHouse, 'test'>,
  work: () => Promise<unknown>,
): Promise<TestEvent[]> {
  const before = new Set((await events(house)).map(({ id }) => id));
  await work();
  // By id and not by number: what is read first need not have been written first.
  return (await events(house)).filter(({ id }) => !before.has(id));
}

/** Where the record says that somebody came from: sealed in it, and opened as for who may see it. */
export async function cameFrom(
  { house }: Pick<TestHouse, 'house'>,
  { id }: Pick<TestEvent, 'id'>,
): Promise<string | undefined> {
  const event = await house.store.read((q) => house.reader.get(q, id as EventId, 'open')); // Of a row.
  return event?.personal?.address;
}

/** Once there are so many of a type, about somebody where it says so: what nobody waits for comes on record in its own time. */
export async function onRecord(
  house: Pick<TestHouse, 'test'>,
  type: string,
  least: number,
  subject?: string,
): Promise<void> {
  await until(`${least} events ${type} on record`, async () => {
    const all = await events(house);
    const of = subject === undefined ? all : all.filter((one) => one.subject === subject);
    return count(of, type) >= least;
  });
}

export function count(list: readonly TestEvent[], type: string, outcome?: string): number {
  return list.filter((e) => e.type === type && (outcome === undefined || e.outcome === outcome))
    .length;
}
