/**
 * Tokens for processes: client_credentials with private_key_jwt over HTTP, to a JWT signed with ES256, with the assertion spent, the
 * grant and its event durable before the answer. Beside it a bare oidc-provider that does the same and keeps everything in memory.
 */
import { type Bench, type BenchRun, type Part, shareOf } from './bench.ts';
import { startBareProvider } from './house/bare-provider.ts';
import { addClients, type BenchClient, makeClient, tokenForm } from './house/bench-clients.ts';
import { benchDatabase, type DatabaseKind } from './house/bench-database.ts';
import { openBenchDoors } from './house/bench-doors.ts';
import { openBenchHouse } from './house/bench-house.ts';
import { createPosting, type Posted } from './house/posting.ts';
import { inPairs, median, quantile, runsOf } from './pair.ts';

const GOAL = 2.0;
const CONNECTIONS = 32;
const CLIENTS = 20;
/** V8 still compiles what comes of 30,000 tokens, on both sides: whoever serves does so for days. */
const WARM_UPS = 4;
const NAMES: Record<DatabaseKind, string> = { sqlite: 'SQLite', postgres: 'PostgreSQL' };

export const token: Bench = {
  name: 'token',
  says: 'Tokens for processes with private_key_jwt, on record, beside a bare oidc-provider in memory.',
  run: async (run) => [await measure('sqlite', run)],
};

async function measure(kind: DatabaseKind, { quick, pairs, progress }: BenchRun): Promise<Part> {
  const name = NAMES[kind];
  const count = quick ? 1000 : 10_000;
  const warmUps = quick ? 1 : WARM_UPS;
  const database = await benchDatabase(kind);
  const opened = await openBenchHouse(database);
  const doors = await openBenchDoors(opened);
  const posting = createPosting();
  const clients = Array.from({ length: CLIENTS }, (_, i) => makeClient(`client-${i}`));
  const bare = await startBareProvider(clients);
  try {
    await addClients(opened, clients);
    const { house, clock } = opened;
    const issuer = house.oauth.issuer();
    const runs: Posted[] = [];
    const form = (i: number, audience: string, now: number) =>
      tokenForm(clients[i % CLIENTS] as BenchClient, audience, now); // There are so many.
    const forms = (audience: string, now: number) =>
      Array.from({ length: count }, (_, i) => form(i, audience, now));
    const common = { connections: CONNECTIONS, headers: '' };
    const port = Number(new URL(doors.origin).port);
    const measured = await inPairs(
      {
        async ours() {
          await house.sequencer.settle();
          const posted = await posting.post({
            ...common,
            port,
            path: '/oidc/token',
            forms: forms(issuer, clock.now()),
          });
          runs.push(posted);
          return posted.perCore;
        },
        async peer() {
          const posted = await posting.post({
            ...common,
            port: bare.port,
            path: '/token',
            forms: forms(bare.issuer, Date.now()),
          });
          return posted.perCore;
        },
      },
      { pairs, warmUps, onRun: progress(`Tokens on ${name}`, runsOf(pairs, warmUps)) },
    );
    const counted = runs.slice(warmUps);
    return shareOf(
      {
        name: `on ${name}`,
        ours: `POST /oidc/token, ${CONNECTIONS} connections from a thread of their own, everything durable on ${name}, per second of the processor time of all that answers`,
        against: 'oidc-provider on a plain node:http server, in memory, asked the same',
        unit: '/s',
      },
      measured,
      GOAL,
      [
        { what: 'by the clock', value: median(counted.map((run) => run.perSecond)), unit: '/s' },
        {
          what: 'p99',
          value: median(counted.map((run) => quantile(run.latencies, 0.99))),
          unit: 'ms',
        },
      ],
    );
  } finally {
    await posting.close();
    await bare.close();
    await doors.close();
    await opened.close();
    await database.close();
  }
}
