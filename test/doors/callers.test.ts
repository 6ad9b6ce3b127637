/**
 * The door matrix for doors of the network, of enrolment and of programs: whatever their protocol, who does all that is asked gets what
 * they came for, and nobody else; every fault on the way refuses; and each of these is on record.
 *
 * To add a door: its line in CALLERS (callers.ts). To add a scenario: its `it` below; every door is then held to it, or says why not.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withoutPolicies, withoutRecord } from '../support/broken.ts';
import { eventsOf, type TestEvent } from '../support/events.ts';
import type { Caller, CallerDoor, Not } from './caller.ts';
import { CALLERS } from './callers.ts';

/** What is alike is on record once a minute, and codes are good once. */
const A_WHILE = 61_000;
const A_DAY = 86_400_000;

const lineOf = ({ type, outcome, reason }: TestEvent) =>
  [type, outcome, reason].filter((part) => part !== undefined).join(' ');
const why = (what: string | object | Not) =>
  typeof what === 'object' && 'because' in what ? { skip: String(what.because) } : {};

for (const [name, door] of Object.entries(CALLERS)) {
  describe(`by the door ${name}`, () => {
    async function at(work: (caller: Caller) => Promise<void>): Promise<void> {
      const caller = await door.open();
      try {
        await work(caller);
      } finally {
        await caller.close().catch(() => {});
      }
    }
    async function comesIn({ test, right }: Caller): Promise<void> {
      test.clock.advance(A_WHILE);
      const seen = await eventsOf(test, async () => assert.equal(await right(), true));
      if (typeof door.granted !== 'string') return;
      assert.ok(seen.map(lineOf).includes(door.granted), seen.map(lineOf).join('\n'));
    }
    async function staysOut({ test }: Caller, come: () => Promise<boolean>, line: string) {
      test.clock.advance(A_WHILE);
      const seen = await eventsOf(test, async () => assert.equal(await come(), false));
      const lines = seen.map(lineOf);
      assert.ok(lines.includes(line), `${line} is not among these:\n${lines.join('\n')}`);
      assert.ok(!lines.includes(String(door.granted)), lines.join('\n'));
    }

    it('whoever does all that is asked gets what they came for', () => at(comesIn));

    it('a wrong proof is refused, and the right one after it is not', why(door.wrong), () =>
      at(async (caller) => {
        await staysOut(caller, caller.wrong, String(door.wrong));
        await comesIn(caller);
      }),
    );

    it('whoever is disabled is refused, until they are enabled', why(door.disabled), () =>
      at(async (caller) => {
        await comesIn(caller);
        await caller.disable();
        await staysOut(caller, caller.right, String(door.disabled));
        await caller.enable();
        await comesIn(caller);
      }),
    );

    it(
      'wrong ones without end make the right one wait, and not for good',
      why(door.throttled),
      () =>
        at(async (caller) => {
          const { after, record } = door.throttled as Exclude<CallerDoor['throttled'], Not>; // Not skipped.
          for (let i = 0; i < after; i++) assert.equal(await caller.wrong(), false);
          const seen = await eventsOf(caller.test, async () =>
            assert.equal(await caller.right(), false),
          );
          assert.ok(seen.map(lineOf).includes(record), seen.map(lineOf).join('\n'));
          caller.test.clock.advance(A_DAY);
          await comesIn(caller);
        }),
    );

    it('policies that can’t be read let nobody in, until they can', why(door.unreadable), () =>
      at(async (caller) => {
        await comesIn(caller);
        await withoutPolicies(caller.test, () =>
          staysOut(caller, caller.right, String(door.unreadable)),
        );
        await comesIn(caller);
      }),
    );

    it(
      'a record that can’t be written lets nobody in, until it can',
      why(door.unwritten ?? ''),
      () =>
        at(async (caller) => {
          await comesIn(caller);
          await withoutRecord(caller.test, async () => assert.equal(await caller.right(), false));
          await comesIn(caller);
        }),
    );

    it('a database that is gone lets nobody in, and that is reported', () =>
      at(async (caller) => {
        await comesIn(caller);
        caller.test.clock.advance(A_WHILE);
        await caller.test.test.store.close();
        assert.equal(await caller.right(), false);
        assert.ok((caller.reports?.() ?? caller.test.notices.length) > 0);
      }));
  });
}
