/**
 * Checking a session: by the gate inside the process, which every page and API call rests on, and over HTTP as a client sees it.
 */
import { hash } from 'node:crypto';
import { type SessionId, sessionForCheck } from '../server/gate/session-table.ts';
import type { Store } from '../server/store/store.ts';
import { type Bench, type BenchRun, type Part, rateOf } from './bench.ts';
import { inFlight } from './flight.ts';
import { arrivalOf } from './house/arrival.ts';
import { benchDatabase } from './house/bench-database.ts';
import { type BenchHouse, openBenchHouse } from './house/bench-house.ts';
import { addPeople } from './house/bench-people.ts';
import { openTotpSteps } from './house/totp-steps.ts';
import { inPairs, runsOf } from './pair.ts';

const SESSIONS = 1000;
const WANTED = 150_000;

export const session: Bench = {
  name: 'session',
  says: 'Checks of a session by the gate, beside the least that a check can be; and over HTTP, beside a bare route.',
  async run(run) {
    const database = await benchDatabase('sqlite');
    const opened = await openBenchHouse(database);
    try {
      return [await inside(opened, run)];
    } finally {
      await opened.close();
      await database.close();
    }
  },
};

async function inside(opened: BenchHouse, { quick, pairs, progress }: BenchRun): Promise<Part> {
  const { house, store } = opened;
  const tokens = await signIn(opened, quick ? 100 : SESSIONS);
  // Nothing is written meanwhile: a check that follows a commit reads its row again.
  await house.sequencer.settle();
  await house.sequencer.stop();
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
