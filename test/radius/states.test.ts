/** What challenges stand for, until they are answered: good once, for the network device that got them, whatever others ask for. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createStates } from '../../server/doors/radius/states.ts';
import type { DeviceId } from '../../server/kernel/id.ts';
import { manualClock } from '../support/clock.ts';
import { seededRandom } from '../support/random.ts';

const [HALL, YARD] = ['hall', 'yard'] as DeviceId[] as [DeviceId, DeviceId];
const KEPT = 60_000;

function states() {
  const clock = manualClock();
  const forgotten: string[] = [];
  const made = createStates<string>({ clock, random: seededRandom('states') }, KEPT, (of) =>
    forgotten.push(of),
  );
  return { ...made, clock, forgotten };
}

describe('the State of a challenge', () => {
  it('is good once, for the network device that got it, and for a while', () => {
    const { give, take, putBack, clock } = states();
    const state = give(HALL, 'ada');
    assert.equal(take(YARD, state), undefined);
    assert.equal(take(HALL, state.subarray(1)), undefined);
    assert.equal(take(HALL, state), 'ada');
    assert.equal(take(HALL, state), undefined);
    putBack(HALL, state, 'ada');
    assert.equal(take(HALL, state), 'ada');
    const late = give(HALL, 'eve');
    clock.advance(KEPT);
    assert.equal(take(HALL, late), undefined);
  });

  it('stays where it is, however many another network device asks for', () => {
    const { give, take, forgotten } = states();
    const waits = give(YARD, 'somebody who types a code');
    let last = waits;
    for (let i = 0; i < 120_000; i++) last = give(HALL, `stranger ${i}`);
    assert.equal(take(HALL, last), 'stranger 119999');
    assert.equal(take(YARD, waits), 'somebody who types a code');
    assert.ok(forgotten.length >= 120_000 - 50_000, 'those that flood push out their own');
    assert.ok(!forgotten.some((of) => of.startsWith('somebody')));
  });
});
