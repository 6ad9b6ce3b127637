/**
 * Checking a session: by the gate inside the process, which every page and API call rests on, and over HTTP as a client sees it.
 */
import { hash } from 'node:crypto';
import fastify from 'fastify';
import { type SessionId, sessionForCheck } from '../server/gate/sessions/session-table.ts';
import type { Store } from '../server/store/store.ts';
import { type Bench, type BenchRun, type Part, rateOf, shareOf } from './bench.ts';
import { inFlight } from './flight.ts';
import { arrivalOf } from './house/arrival.ts';
import { benchDatabase } from './house/bench-database.ts';
import { openBenchDoors } from './house/bench-doors.ts';
import { type BenchHouse, openBenchHouse } from './house/bench-house.ts';
import { addPeople } from './house/bench-people.ts';
import type { GetLoad } from './house/get-load.ts';
import { type Load, startLoad } from './house/load.ts';
import { openTotpSteps } from './house/totp-steps.ts';
import { inPairs, runsOf } from './pair.ts';

const SESSIONS = 1000;
const WANTED = 150_000;
const SHARE = 0.5;
const CONNECTIONS = 16;

export const session: Bench = {
  name: 'session',
  says: 'Checks of a session by the gate, beside the least that a check can be; and over HTTP, beside a bare route.',
  async run(run) {
    const database = await benchDatabase('sqlite');
    const opened = await openBenchHouse(database);
    try {
      const tokens = await signIn(opened, run.quick ? 100 : SESSIONS);
      // Nothing is written meanwhile: a check that follows a commit reads its row again.
      await opened.house.sequencer.settle();
      await opened.house.sequencer.stop();
      return [await inside(opened, tokens, run), await overHttp(opened, tokens, run)];
    } finally {
      await opened.close();
      await database.close();
    }
  },
};

async function inside(
  { house, store }: BenchHouse,
  tokens: readonly Held[],
  { quick, pairs, progress }: BenchRun,
): Promise<Part> {
  const times = quick ? 20_000 : 300_000;
  const arrival = arrivalOf(1);
  const wish = { action: 'readSelf', resource: { kind: 'part', id: 'portal' } } as const;
  const measured = await inPairs(
    {
      ours: () =>
        onOneCore(times, async (i) => {
          const judged = await house.gate.judge(tokens[i % tokens.length]!.token, wish, arrival);
          if (judged.state !== 'granted') throw new Error(`a check was ${judged.state}`);
        }),
      peer: () => onOneCore(times, (i) => leastCheck(store, tokens[i % tokens.length]!)),
    },
    { pairs, onRun: progress('Checks inside the process', runsOf(pairs)) },
  );
  return rateOf(
    {
      name: 'inside',
      ours: 'gate.judge of a session, with the policy, one after the other in one thread, per second of its processor time',
      against: `${WANTED} a second on one core; beside it, the hash of a token and one indexed row`,
      unit: '/s',
    },
    measured,
    WANTED,
  );
}

/** One person's page asks who is there, over and over. */
async function overHttp(
  opened: BenchHouse,
  [held]: readonly Held[],
  { quick, pairs, progress }: BenchRun,
): Promise<Part> {
  const doors = await openBenchDoors(opened);
  const load = startLoad<GetLoad, unknown>(new URL('./house/get-load.ts', import.meta.url));
  const bare = fastify();
  try {
    const url = `${doors.origin}/api/v1/me`;
    const authorization = `Bearer ${held?.token}`;
    const answer = await fetch(url, { headers: { authorization } });
    if (answer.status !== 200) throw new Error(`who is there was answered ${answer.status}`);
    const body = await answer.text();
    const headers = Object.fromEntries([...answer.headers].filter(([name]) => !FRAMING.has(name)));
    bare.get('/api/v1/me', (_, reply) => {
      reply.headers(headers).send(body);
    });
    const ours = Number(new URL(url).port);
    const theirs = Number(new URL(await bare.listen({ host: '127.0.0.1', port: 0 })).port);
    const requests = quick ? 2000 : 40_000;
    const rate = (port: number) => perSecondOfOurs(load, requests, port, authorization);
    const measured = await inPairs(
      { ours: () => rate(ours), peer: () => rate(theirs) },
      { pairs, onRun: progress('Checks over HTTP', runsOf(pairs)) },
    );
    return shareOf(
      {
        name: 'over HTTP',
        ours: `GET /api/v1/me with a session, ${CONNECTIONS} connections from a thread of their own, per second of the server thread's processor time`,
        against: 'a bare fastify route that gives the same bytes and headers',
        unit: '/s',
      },
      measured,
      SHARE,
    );
  } finally {
    await load.close();
    await bare.close();
    await doors.close();
  }
}

/** What the server writes by itself. */
const FRAMING = new Set(['connection', 'content-length', 'date', 'keep-alive']);

async function perSecondOfOurs(
  load: Load<GetLoad, unknown>,
  requests: number,
  port: number,
  authorization: string,
): Promise<number> {
  const request = `GET /api/v1/me HTTP/1.1\r\nhost: localhost:${port}\r\nauthorization: ${authorization}\r\naccept: application/json\r\n\r\n`;
  const before = process.threadCpuUsage();
  await load.ask({ port, connections: CONNECTIONS, requests, request });
  const { user, system } = process.threadCpuUsage(before);
  return (requests * 1_000_000) / (user + system);
}

interface Held {
  readonly id: SessionId;
  readonly token: string;
}

async function signIn(opened: BenchHouse, count: number): Promise<Held[]> {
  const people = await addPeople(opened, 0, count);
  const held: Held[] = [];
  await inFlight(16, await openTotpSteps(opened, people), async ({ number, token, code }) => {
    const offer = { kind: 'totp', data: { code } } as const;
    const outcome = await opened.house.gate.prove(token, offer, arrivalOf(number));
    if (outcome.state !== 'granted') throw new Error(`a sign-in was ${outcome.state}`);
    held.push(outcome.grant.session);
  });
  return held;
}

/** How often in a second of this thread's processor time: others who use the machine meanwhile do not count. */
async function onOneCore(times: number, work: (i: number) => Promise<void>): Promise<number> {
  const before = process.threadCpuUsage();
  for (let i = 0; i < times; i++) await work(i);
  const { user, system } = process.threadCpuUsage(before);
  return (times * 1_000_000) / (user + system);
}

async function leastCheck(store: Store, { id, token }: Held): Promise<void> {
  hash('sha256', token, 'buffer');
  await store.read((q) => q.one(sessionForCheck, { id }));
}
