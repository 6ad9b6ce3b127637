/**
 * A program whose keys are published where they can't be had just now: nothing is learnt of what is shown in its name, so it counts as no
 * guess and keeps nobody waiting, and whoever asks all the same, as often as they like, fills no record with it (CWE-400, T1499).
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Resource } from '../../server/subjects/resource.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import {
  addApi,
  addProcess,
  addProof,
  assertionBy,
  enter,
  entered,
  keyedProcess,
  makeKey,
  refusal,
} from '../support/processes.ts';

const MOST = 60;

describe('somebody in the name of a program whose keys are away', () => {
  let test: TestHouse;
  let api: Resource;
  before(async () => {
    test = await openTestHouse();
    api = await addApi(test);
  });
  after(() => test.close());

  it('fills no record, from however many networks, and keeps out nobody else', async () => {
    const process = await addProcess(test, 'away', [{ resource: api.id, scopes: ['read'] }]);
    await addProof(test, process, 'key', { jwksUri: 'https://169.254.169.254/latest/' });
    const { key, process: here } = await keyedProcess(test, api, 'here');
    const stranger = makeKey();
    const asks = 4 * MOST;
    const seen = await eventsOf(test, async () => {
      for (let i = 0; i < asks; i++) {
        const network = `198.51.${i % (2 * MOST)}.1`;
        const offers = [assertionBy(test, stranger, 'away')];
        const outcome = await enter(test, { offers }, { address: network, network });
        assert.equal(refusal(outcome), 'busy');
      }
      entered(await enter(test, { offers: [assertionBy(test, key, 'here')] }));
      await test.house.counter.stop();
    });
    const refused = seen.filter(({ type }) => type === 'entry.refused');
    assert.deepEqual([...new Set(refused.map(({ reason }) => reason))], ['no-keys']);
    assert.equal(refused.length, MOST);
    assert.equal(seen.find(({ type }) => type === 'entry.granted')?.subject, here.id);
    assert.equal(count(seen, 'throttle.engaged'), 0);
    const counted = seen.filter(
      ({ type, outcome }) => type === 'decision.counted' && outcome === 'refused',
    );
    assert.equal(
      counted.reduce((sum, { data }) => sum + Number(data.count), 0),
      asks - MOST,
    );
  });
});
