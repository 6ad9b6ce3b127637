/**
 * The step that takes a code: an attempt whose password was right a moment ago is offered a TOTP, and a session, a known device
 * and an event come of it, all durable before the answer. No hash is computed, so this is what the house itself costs.
 */
import { type Bench, type BenchRun, type Part, rateOf, within } from './bench.ts';
import { type Flown, inFlight } from './flight.ts';
import { arrivalOf } from './house/arrival.ts';
import { benchDatabase, type DatabaseKind } from './house/bench-database.ts';
import { type BenchHouse, openBenchHouse } from './house/bench-house.ts';
import { addPeople } from './house/bench-people.ts';
import { createPlainWrites } from './house/plain-writes.ts';
import { openTotpSteps, type TotpStep } from './house/totp-steps.ts';
import { inPairs, quantile, runsOf } from './pair.ts';

const IN_FLIGHT = 16;
const WANTED: Record<DatabaseKind, number> = { sqlite: 4000, postgres: 2500 };
const NAMES: Record<DatabaseKind, string> = { sqlite: 'SQLite', postgres: 'PostgreSQL' };
/** Milliseconds within which 99 of 100 steps are to be done on SQLite. */
const P99 = 15;

export const totp: Bench = {
  name: 'totp',
  says: 'Steps that take a code, with everything durable before the answer, beside as many bare transactions.',
  async run(run) {
    return [...(await measure('sqlite', run)), ...(await measure('postgres', run))];
  },
};

async function measure(kind: DatabaseKind, { quick, pairs, progress }: BenchRun): Promise<Part[]> {
  const name = NAMES[kind];
  const count = quick ? 400 : 4000;
  const database = await benchDatabase(kind);
  const opened = await openBenchHouse(database);
  try {
    const people = await addPeople(opened, 0, count, {
      onAdded: progress(`People for ${name}`, count),
    });
    const writes = await createPlainWrites(opened.store);
    const flights: (Flown & { readonly perCommit: number })[] = [];
    const onRun = progress(`Steps on ${name}`, runsOf(pairs));
    const pairsRun = await inPairs(
      {
        async ours() {
          const steps = await openTotpSteps(opened, people);
          await opened.house.sequencer.settle();
          const flown = await fly(opened, steps);
          flights.push(flown);
          return flown.perSecond;
        },
        peer: async () => (await inFlight(IN_FLIGHT, people, writes.one)).perSecond,
      },
      { pairs, onRun },
    );
    const measured = flights.slice(1);
    const p99 = measured.map(({ latencies }) => quantile(latencies, 0.99));
    const perCommit = measured.map((flown) => flown.perCommit);
    const words = {
      ours: `gate.prove with a code, ${IN_FLIGHT} in flight, to a session, a device and an event on ${name}`,
      unit: '/s',
    };
    const parts = [
      rateOf(
        {
          ...words,
          name: `on ${name}`,
          against: `${WANTED[kind]} a second; beside it, transactions of one row through the same store`,
        },
        pairsRun,
        WANTED[kind],
        [{ what: 'transactions a commit', value: quantile(perCommit, 0.5), unit: '' }],
      ),
    ];
    if (kind === 'sqlite') {
      parts.push(
        within(
          { ...words, name: `p99 on ${name}`, against: `${P99} milliseconds`, unit: 'ms' },
          p99,
          P99,
        ),
      );
    }
    return parts;
  } finally {
    await opened.close();
    await database.close();
  }
}

async function fly({ house, commits }: BenchHouse, steps: readonly TotpStep[]) {
  const before = { ...commits };
  const flown = await inFlight(IN_FLIGHT, steps, async ({ number, token, code }) => {
    const offer = { kind: 'totp', data: { code } } as const;
    const outcome = await house.gate.prove(token, offer, arrivalOf(number));
    if (outcome.state !== 'granted') throw new Error(`a step was ${outcome.state}`);
  });
  const { count, transactions } = commits;
  return { ...flown, perCommit: (transactions - before.transactions) / (count - before.count) };
}
