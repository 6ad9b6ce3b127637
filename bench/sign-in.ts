/**
 * Whole sign-ins over HTTP, password and code, with a session, a known device and the record: beside the Argon2id hashes that
 * they can't do without, computed on the same cores with no server around them.
 */
import { availableParallelism } from 'node:os';
import { systemRandom } from '../server/kernel/random.ts';
import { hashPassword, verifyPassword } from '../server/proofs/password/argon2id.ts';
import { type Bench, type BenchRun, type Part, shareOf } from './bench.ts';
import { inFlight } from './flight.ts';
import { benchDatabase, type DatabaseKind } from './house/bench-database.ts';
import { openBenchDoors } from './house/bench-doors.ts';
import { openBenchHouse } from './house/bench-house.ts';
import { ARGON2, addPeople, codeAt, nameOf, PASSWORD } from './house/bench-people.ts';
import { startLoad } from './house/load.ts';
import type { SignInLoad } from './house/sign-in-load.ts';
import { inPairs, runsOf } from './pair.ts';

const GOAL = 0.8;
/** Enough that the server is never idle, and fewer than a source may have under way. */
const IN_FLIGHT = 12;
const NAMES: Record<DatabaseKind, string> = { sqlite: 'SQLite', postgres: 'PostgreSQL' };

export const signIn: Bench = {
  name: 'sign-in',
  says: 'Sign-ins with password and code over HTTP, beside the bare hashes of their passwords on the same cores.',
  async run(run) {
    return [await measure('sqlite', run), await measure('postgres', run)];
  },
};

async function measure(kind: DatabaseKind, { quick, pairs, progress }: BenchRun): Promise<Part> {
  const name = NAMES[kind];
  const count = quick ? 60 : 600;
  const database = await benchDatabase(kind);
  const opened = await openBenchHouse(database);
  const doors = await openBenchDoors(opened);
  const load = startLoad<SignInLoad, number>(new URL('./house/sign-in-load.ts', import.meta.url));
  const phc = await hashPassword(systemRandom(), ARGON2, PASSWORD);
  try {
    await addPeople(opened, 0, count, { onAdded: progress(`People for ${name}`, count) });
    const numbers = Array.from({ length: count }, (_, number) => number);
    const cores = availableParallelism();
    const measured = await inPairs(
      {
        async ours() {
          opened.clock.nextCode();
          const now = opened.clock.now();
          const people = numbers.map((number) => ({
            name: nameOf(number),
            code: codeAt(number, now),
          }));
          const { origin } = doors;
          const milliseconds = await load.ask({
            origin,
            inFlight: IN_FLIGHT,
            password: PASSWORD,
            people,
          });
          return (count * 1000) / milliseconds;
        },
        async peer() {
          const { perSecond } = await inFlight(cores, numbers, async () => {
            if (!(await verifyPassword(phc, PASSWORD))) throw new Error('a hash did not match');
          });
          return perSecond;
        },
      },
      { pairs, onRun: progress(`Sign-ins on ${name}`, runsOf(pairs)) },
    );
    return shareOf(
      {
        name: `on ${name}`,
        ours: `sign-ins of two requests each over HTTP, ${IN_FLIGHT} in flight from a thread of their own, everything durable on ${name}`,
        against: `Argon2id of one password, ${cores} at once, with no server around it`,
        unit: '/s',
      },
      measured,
      GOAL,
    );
  } finally {
    await load.close();
    await doors.close();
    await opened.close();
    await database.close();
  }
}
