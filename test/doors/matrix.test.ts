/**
 * The door matrix: one list of scenarios through every door at which proofs are shown, by forms and by JSON. A door frames bytes and
 * decides nothing, so the same things done to it must lead to the same decisions and leave the same record, whatever its protocol.
 * Doors that send people to our pages first are in entrances.test.ts; those of the network, of enrolment and of programs in
 * callers.test.ts.
 *
 * To add a door: its way (way.ts) and its line in WAYS. To add a scenario: its entry in scenarios.ts; every door is then held to it.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { listHeld } from '../../server/proofs/held-proofs.ts';
import { eventsOf, type TestEvent } from '../support/events.ts';
import { enrolledPerson, type TestPerson } from '../support/people.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { apiWay } from './api-way.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import type { Told, Way } from './way.ts';
import { webWay } from './web-way.ts';

const WAYS: Readonly<Record<string, Way>> = { web: webWay, api: apiWay };

const first = { asks: ['password', 'webauthn'] };
const second = { asks: ['recovery', 'totp'] };

/** Counts of what was looked at differ with how many requests a page takes. */
const UNTOLD = new Set(['decision.counted', 'session.unbound']);

function lineOf({ type, outcome, reason }: TestEvent): string {
  return [type, outcome, reason].filter((part) => part !== undefined).join(' ');
}

/** Ids and times are each house’s own; everything else of an event’s data has to be the same. */
function dataOf({ data }: TestEvent): unknown {
  return JSON.parse(
    JSON.stringify(data, (key, value) =>
      ['proof', 'pass', 'until', 'token'].includes(key) ? `(${key})` : value,
    ),
  );
}

interface Seen {
  readonly told: readonly Told[];
  readonly record: readonly TestEvent[];
}

describe('every door', () => {
  const houses = new Map<string, ServedHouse>();
  let people = 0;
  before(async () => {
    for (const door of Object.keys(WAYS)) houses.set(door, await openServedHouse());
  });
  after(async () => {
    for (const served of houses.values()) await served.close();
  });

  async function through(door: string, { does }: Scenario, name: string): Promise<Seen> {
    const served = houses.get(door);
    const way = WAYS[door];
    assert.ok(served && way);
    const person = await enrolledPerson(served, name);
    const proofs = await proofsOf(served, person);
    const world = { served, person, proofs, visitor: way(served), another: () => way(served) };
    let told: readonly Told[] = [];
    const seen = await eventsOf(served, async () => {
      told = await does(world);
    });
    served.clock.advance(4 * 3_600_000);
    return { told, record: seen.filter(({ type }) => !UNTOLD.has(type)) };
  }

  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    it(`decides and records the same: ${name}`, async () => {
      const person = `person-${people++}`;
      const seen: Seen[] = [];
      for (const door of Object.keys(WAYS)) {
        const each = await through(door, scenario, person);
        assert.deepEqual(
          each.told.map(({ decision }) => decision),
          scenario.decisions,
          door,
        );
        assert.deepEqual(each.record.map(lineOf), scenario.record, door);
        for (const event of each.record) {
          const own = event.door;
          assert.ok(own === door || own === 'cli' || own === undefined, `${event.type} by ${own}`);
        }
        seen.push(each);
      }
      const [one, ...others] = seen;
      for (const other of others) {
        assert.deepEqual(other.told, one?.told);
        assert.deepEqual(other.record.map(lineOf), one?.record.map(lineOf));
        assert.deepEqual(other.record.map(dataOf), one?.record.map(dataOf));
      }
    });
  }

  it('asks for the same, first and second, of somebody and of nobody', async () => {
    for (const [door, way] of Object.entries(WAYS)) {
      const served = houses.get(door);
      assert.ok(served);
      const person = await enrolledPerson(served, 'asked');
      for (const name of ['asked', 'not-there']) {
        assert.deepEqual(await way(served).begin(name), { decision: 'challenged', ...first }, door);
      }
      const visitor = way(served);
      await visitor.begin('asked');
      const next = await visitor.offer('password', person.password);
      assert.deepEqual(next, { decision: 'challenged', ...second }, door);
    }
  });
});

/** The ids of what somebody holds, by kind. */
async function proofsOf(
  { house }: ServedHouse,
  { id }: TestPerson,
): Promise<Record<string, string>> {
  const held = await house.store.read((q) => listHeld(q, id));
  return Object.fromEntries(held.map((proof) => [proof.kind, proof.id]));
}
