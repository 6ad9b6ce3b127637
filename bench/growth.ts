/**
 * Growth: what a sign-in costs the house when very many people and events are there, beside what it costs with a thousand. Whole
 * sign-ins are held to the goal; the step that takes a code is shown beside them, since a password's hash hides all other cost.
 */
import { type Bench, type BenchRun, shareOf } from './bench.ts';
import { inFlight } from './flight.ts';
import { arrivalOf } from './house/arrival.ts';
import { benchDatabase } from './house/bench-database.ts';
import { type BenchHouse, openBenchHouse } from './house/bench-house.ts';
import { addPeople, type BenchPerson, codeAt, nameOf, PASSWORD } from './house/bench-people.ts';
import { openTotpSteps } from './house/totp-steps.ts';
import { inPairs, median, runsOf } from './pair.ts';

const FEW = 1000;
/** With so many, a sign-in is to take at most 1.3 times as long. */
const GOAL = 1 / 1.3;
const TOGETHER = 1000;
const IN_FLIGHT = 16;

export const growth: Bench = {
  name: 'growth',
  says: 'The cost of a sign-in with a million people and ten million events, beside that with a thousand people.',
  async run(run) {
    const many = run.quick
      ? { people: 3000, events: 20_000 }
      : { people: 1_000_000, events: 10_000_000 };
    const [small, large] = [await open(), await open()];
    try {
      const few = await addPeople(small.opened, 0, FEW);
      const all = await fill(large.opened, many, run);
      const times = { pairs: run.pairs, onRun: run.progress('Sign-ins', 2 * runsOf(run.pairs)) };
      const measured = await inPairs(
        {
          ours: () => signIns(large.opened, sample(all)),
          peer: () => signIns(small.opened, few),
        },
        times,
      );
      const codes = await inPairs(
        {
          ours: () => steps(large.opened, sample(all)),
          peer: () => steps(small.opened, few),
        },
        times,
      );
      const words = `${many.people.toLocaleString('en')} people and ${many.events.toLocaleString('en')} events`;
      return [
        shareOf(
          {
            name: 'growth',
            ours: `sign-ins with password and code by the gate, ${IN_FLIGHT} in flight, on SQLite with ${words}`,
            against: `the same with ${FEW.toLocaleString('en')} people`,
            unit: '/s',
          },
          measured,
          GOAL,
          [
            { what: 'codes alone', value: median(codes.map(({ ours }) => ours)), unit: '/s' },
            { what: 'beside them', value: median(codes.map(({ peer }) => peer)), unit: '/s' },
          ],
        ),
      ];
    } finally {
      await small.close();
      await large.close();
    }
  },
};

async function open() {
  const database = await benchDatabase('sqlite');
  const opened = await openBenchHouse(database);
  return {
    opened,
    async close() {
      await opened.close();
      await database.close();
    },
  };
}

async function fill(
  opened: BenchHouse,
  { people, events }: { readonly people: number; readonly events: number },
  { progress }: BenchRun,
): Promise<BenchPerson[]> {
  const all = await addPeople(opened, 0, people, { onAdded: progress('People', people) });
  const onAppended = progress('Events', events);
  const { store, record, sequencer } = opened.house;
  for (let at = 0; at < events; at += TOGETHER) {
    await store.write(async (tx) => {
      for (let i = at; i < at + TOGETHER; i++) {
        const { id, password } = all[(i * 7919) % all.length]!; // Within the list, in no order that an index likes.
        await record.append(tx, {
          type: 'proof.verified',
          outcome: 'challenged',
          subject: id,
          door: 'web',
          data: { proof: password, kind: 'password' },
        });
      }
    });
    onAppended(TOGETHER);
  }
  while (!(await sequencer.settle()));
  return all;
}

/** As many as the small house has, from all over. */
function sample(all: readonly BenchPerson[]): BenchPerson[] {
  const apart = Math.floor(all.length / FEW);
  return Array.from({ length: FEW }, (_, i) => all[i * apart]!); // `apart` keeps it within the list.
}

/** Of both proofs, from the name on. */
async function signIns(opened: BenchHouse, people: readonly BenchPerson[]): Promise<number> {
  const { house, clock } = opened;
  clock.nextCode();
  const { perSecond } = await inFlight(IN_FLIGHT, people, async ({ number }) => {
    const arrival = arrivalOf(number);
    const asked = { to: 'signIn', identifier: nameOf(number) } as const;
    const begun = await house.gate.ask(asked, arrival);
    if (begun.state !== 'challenged') throw new Error(`a name was ${begun.state}`);
    const { token } = begun.attempt;
    const password = { kind: 'password', data: { password: PASSWORD } } as const;
    const half = await house.gate.prove(token, password, arrival);
    if (half.state !== 'challenged') throw new Error(`a password was ${half.state}`);
    const code = { kind: 'totp', data: { code: codeAt(number, clock.now()) } } as const;
    const outcome = await house.gate.prove(token, code, arrival);
    if (outcome.state !== 'granted') throw new Error(`a code was ${outcome.state}`);
  });
  return perSecond;
}

/** Of a code, after a password that was right a moment ago. */
async function steps(opened: BenchHouse, people: readonly BenchPerson[]): Promise<number> {
  const open = await openTotpSteps(opened, people);
  await opened.house.sequencer.settle();
  const { perSecond } = await inFlight(IN_FLIGHT, open, async ({ number, token, code }) => {
    const offer = { kind: 'totp', data: { code } } as const;
    const outcome = await opened.house.gate.prove(token, offer, arrivalOf(number));
    if (outcome.state !== 'granted') throw new Error(`a step was ${outcome.state}`);
  });
  return perSecond;
}
