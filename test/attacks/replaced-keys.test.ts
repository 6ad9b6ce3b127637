/**
 * A key that somebody copied, after another took its place: it is good for as long as was said, and not because its process came by it
 * a moment before (T1550, T1098.001).
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { HOUR, SECOND } from '../../server/kernel/clock.ts';
import { count, eventsOf } from '../support/events.ts';
import {
  assertionBy,
  enter,
  entered,
  makeKey,
  openProcessHouse,
  type ProcessHouse,
  processArrival,
  refusal,
  type SigningKey,
} from '../support/processes.ts';

describe('a key of a process that another took the place of', () => {
  let house: ProcessHouse;
  before(async () => {
    house = await openProcessHouse();
  });
  after(() => house.close());

  async function replaced(name: string, overlap: number) {
    const { process, key, proof } = await house.keyed(name);
    const next = makeKey();
    const replace = () =>
      house.house.store.write((tx) =>
        house.house.processActs.rotate(
          tx,
          process.id,
          { proof: proof.proof, settings: { jwk: next.jwk }, overlap },
          { door: 'cli' },
        ),
      );
    return { old: key, next, replace };
  }
  const come = (name: string, key: SigningKey) =>
    enter(house, { as: name, offers: [assertionBy(house, key, name)] });
  const recognised = (name: string, key: SigningKey) =>
    house.house.gate.recognise(
      { as: name, offers: [assertionBy(house, key, name)] },
      processArrival(house),
    );

  for (const overlap of [0, HOUR]) {
    const long = overlap / SECOND;
    it(`lets nobody in once ${long} seconds are over, however often it did before`, async () => {
      const name = `replaced-${long}`;
      const { old, next, replace } = await replaced(name, overlap);
      const seen = await eventsOf(house, async () => {
        for (let i = 0; i < 3; i++) entered(await come(name, old));
        assert.ok((await replace()).ok);
        if (overlap > 0) entered(await come(name, old));
        house.clock.advance(overlap);
        assert.equal(refusal(await come(name, old)), 'wrong');
        entered(await come(name, next));
      });
      const [refused, ...others] = seen.filter(({ type }) => type === 'entry.refused');
      assert.deepEqual([refused?.reason, others], ['wrong', []]);
      assert.equal(count(seen, 'entry.granted', 'granted'), overlap > 0 ? 5 : 4);
    });

    it(`shows nobody who it is once ${long} seconds are over, however often it did before`, async () => {
      const name = `shown-${long}`;
      const { old, next, replace } = await replaced(name, overlap);
      const states: string[] = [];
      const seen = await eventsOf(house, async () => {
        for (let i = 0; i < 3; i++) states.push((await recognised(name, old)).state);
        assert.ok((await replace()).ok);
        house.clock.advance(overlap);
        states.push((await recognised(name, old)).state, (await recognised(name, next)).state);
      });
      assert.deepEqual(states, ['granted', 'granted', 'granted', 'refused', 'granted']);
      assert.equal(seen.find(({ outcome }) => outcome === 'refused')?.reason, 'wrong');
    });
  }
});
