/**
 * Keys that a process publishes itself (`jwks_uri`): what stands there lets it in and nothing else does, and while they can't be had
 * it is asked to come back, and nobody is blamed for it.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createSafeFetch } from '../../server/http/safe-fetch.ts';
import type { Resource } from '../../server/subjects/resource.ts';
import { manualClock } from '../support/clock.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { handTimers, type KeyServer, LOOPBACK, startKeyServer } from '../support/key-server.ts';
import {
  addApi,
  addProcess,
  addProof,
  assertionBy,
  enter,
  entered,
  makeKey,
  refusal,
} from '../support/processes.ts';

describe('keys that a process publishes itself', () => {
  let server: KeyServer;
  const clock = manualClock();
  let test: TestHouse;
  let api: Resource;
  const OWN = 'https://keys.example.com';
  before(async () => {
    server = await startKeyServer();
    const safe = createSafeFetch({ clock, later: handTimers().later, ...LOOPBACK });
    test = await openTestHouse(
      {},
      {
        // An address is https wherever it is said; this one alone leads to the server of this test.
        fetch: (url, options) => safe(url.replace(OWN, server.address), options),
      },
    );
    api = await addApi(test);
  });
  after(async () => {
    await test.close();
    server.close();
  });
  beforeEach(() => server.anew());

  it('lets it in by a key that stands there, refuses one that doesn’t, and takes up a new one', async () => {
    const [first, second] = [makeKey('ES256', 'first'), makeKey('EdDSA', 'second')];
    let keys = [first];
    server.answer = (_request, response) =>
      response.end(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
    const process = await addProcess(test, 'publishing', [{ resource: api.id, scopes: ['read'] }]);
    await addProof(test, process, 'key', { jwksUri: `${OWN}/own` });
    const ask = (key: typeof first, kid: string) =>
      enter(test, { offers: [assertionBy(test, key, 'publishing', {}, { kid })] });
    const seen = await eventsOf(test, async () => {
      entered(await ask(first, 'first'));
      assert.equal(refusal(await ask(second, 'second')), 'wrong');
      assert.equal(refusal(await ask(second, 'first')), 'wrong');
      keys = [first, second];
      clock.advance(31_000);
      entered(await ask(second, 'second'));
    });
    assert.equal(count(seen, 'entry.granted'), 2);
    assert.equal(count(seen, 'entry.refused'), 2);
  });

  it('asks it to come back while its keys can’t be had, and counts that against nobody', async () => {
    const key = makeKey();
    const process = await addProcess(test, 'unreachable', [{ resource: api.id, scopes: ['read'] }]);
    await addProof(test, process, 'key', { jwksUri: 'https://169.254.169.254/latest/' });
    const seen = await eventsOf(test, async () => {
      for (let i = 0; i < 3; i++) {
        const outcome = await enter(test, { offers: [assertionBy(test, key, 'unreachable')] });
        assert.equal(refusal(outcome), 'busy');
      }
    });
    const refused = seen.filter(({ type }) => type === 'entry.refused');
    assert.deepEqual(
      refused.map(({ reason }) => reason),
      ['no-keys'],
    );
    assert.equal(count(seen, 'throttle.engaged'), 0);
    assert.equal(server.requests.length, 0);
  });
});
