/**
 * The door matrix for doors that send people to our pages: whatever it is that they want to enter, the same proofs let them in, and
 * the same is on record of it.
 *
 * To add a door: its line in ENTRANCES (entrances.ts). To add a scenario: its entry below; every such door is then held to it.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HOUR } from '../../server/kernel/clock.ts';
import { eventsOf, type TestEvent } from '../support/events.ts';
import { ENTRANCES, type Entrance } from './entrances.ts';
import type { Told } from './way.ts';

interface Scenario {
  readonly open?: 'listed';
  readonly does: (entrance: Entrance) => Promise<readonly Told[]>;
  /** What is decided, in order; and what stands on record, as type, outcome and reason. */
  readonly decisions: readonly string[];
  readonly record: readonly string[];
}

/** As often as the door has it (`entries`). */
const ENTERED = ['entry.granted granted'];
const SIGNED_IN = ['proof.verified challenged', 'signin.granted granted'];

async function enters({ served, person }: Entrance, comer: ReturnType<Entrance['comer']>) {
  const told = [
    await comer.come(),
    await comer.offer('password', person.password),
    await comer.offer('totp', person.totp.code()),
  ];
  served.clock.advance(30_000); // A code is good once.
  return told;
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'two right proofs let in': {
    does: (entrance) => enters(entrance, entrance.comer()),
    decisions: ['challenged', 'challenged', 'granted'],
    record: [...SIGNED_IN, ...ENTERED],
  },
  'a wrong password is refused, and may be tried again': {
    async does({ comer, person }) {
      const one = comer();
      return [
        await one.come(),
        await one.offer('password', 'not the password'),
        await one.offer('password', person.password),
        await one.offer('totp', '000000'),
      ];
    },
    decisions: ['challenged', 'wrong', 'challenged', 'wrong'],
    record: [
      'proof.refused refused wrong',
      'proof.verified challenged',
      'proof.refused refused wrong',
    ],
  },
  'five wrong tries end the attempt, and the next have to wait': {
    async does({ comer, person }) {
      const [one, other] = [comer(), comer()];
      await one.come();
      for (let i = 0; i < 5; i++) await one.offer('password', `wrong ${i}`);
      return [await other.come(), await other.offer('password', person.password)];
    },
    decisions: ['challenged', 'throttled'],
    record: [
      ...new Array<string>(5).fill('proof.refused refused wrong'),
      'throttle.engaged refused',
      'proof.refused refused throttled',
    ],
  },
  'a session that was ended lets nobody in, and new proofs do': {
    async does(entrance) {
      const comer = entrance.comer();
      await enters(entrance, comer);
      await comer.signOut();
      return enters(entrance, comer);
    },
    decisions: ['challenged', 'challenged', 'granted'],
    record: [...SIGNED_IN, ...ENTERED, 'session.ended done asked', ...SIGNED_IN, ...ENTERED],
  },
  'a session that idled lets nobody in': {
    async does(entrance) {
      const comer = entrance.comer();
      const told = await enters(entrance, comer);
      entrance.served.clock.advance(HOUR);
      return [...told.slice(-1), await comer.come()];
    },
    decisions: ['granted', 'challenged'],
    record: [...SIGNED_IN, ...ENTERED],
  },
  'who is not listed is kept out, whatever they prove': {
    open: 'listed',
    does: (entrance) => enters(entrance, entrance.comer()),
    decisions: ['challenged', 'challenged', 'not-permitted'],
    record: [...SIGNED_IN, 'entry.refused refused not-permitted'],
  },
};

/** What each door tells of its own besides is in the tests of its standard. */
const TOLD = /^(?:proof|signin|entry|session|throttle)\./;

/** One of several entries in a row, so that doors can be compared. */
const together = (lines: readonly string[]) =>
  lines.filter((line, at) => line !== ENTERED[0] || line !== lines[at - 1]);

const lineOf = ({ type, outcome, reason }: TestEvent) =>
  [type, outcome, reason].filter((part) => part !== undefined).join(' ');

for (const [door, open] of Object.entries(ENTRANCES)) {
  describe(`by the door ${door}`, () => {
    for (const [name, scenario] of Object.entries(SCENARIOS)) {
      it(name, async () => {
        const entrance = await open(scenario.open ?? 'everyone');
        try {
          let told: readonly Told[] = [];
          const all = await eventsOf(entrance.served, async () => {
            told = await scenario.does(entrance);
          });
          const seen = all.filter(({ type }) => TOLD.test(type));
          assert.deepEqual(
            told.map(({ decision }) => decision),
            scenario.decisions,
          );
          assert.deepEqual(together(seen.map(lineOf)), scenario.record);
          const times = scenario.record.filter((line) => line === ENTERED[0]).length;
          assert.deepEqual(
            seen.filter(({ type }) => type === 'entry.granted').map((event) => event.door),
            Array.from({ length: times }, () => entrance.entries).flat(),
          );
        } finally {
          await entrance.served.close();
        }
      });
    }
  });
}
