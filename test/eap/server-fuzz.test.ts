/** Whole conversations that are spoilt on the way: nothing throws, hangs or is left behind, and nobody comes in who should not. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createSupplicant } from '../support/eap-supplicant.ts';
import { fuzzMilliseconds, fuzzSeed, mutation } from '../support/fuzz.ts';
import { seededBelow } from '../support/seeded.ts';
import { type Certified, type EapHouse, openEapHouse } from './eap-house.ts';

const LEAST = 60;
const NAMED = Buffer.from('0201000d0173656e736f722d31', 'hex');

let opened: EapHouse;
let sensor: Certified;
before(async () => {
  opened = await openEapHouse();
  sensor = await opened.device('sensor-1');
});
after(() => opened.close());

test('A conversation that is spoilt anywhere ends without a fault, and the next one is let in', async (t) => {
  const next = seededBelow(fuzzSeed('conversations of EAP'));
  const mutate = mutation(next, [13, 21, 64, 192], 4000);
  const spoil = (from: Uint8Array) => {
    const bytes = mutate(from);
    // Mostly with a length that fits.
    if (next(4) !== 0 && bytes.length >= 4) bytes.set([bytes.length >>> 8, bytes.length & 255], 2);
    return bytes;
  };
  const ends = { accept: 0, reject: 0, ignore: 0 };
  const end = performance.now() + fuzzMilliseconds();
  let runs = 0;
  // On a machine that is busy with else the time is over before anything was tried.
  for (; performance.now() < end || runs < LEAST; runs++) {
    const version = next(2) === 0 ? 'TLSv1.2' : 'TLSv1.3';
    const supplicant = createSupplicant({
      identity: 'sensor-1',
      most: 200 + next(1000),
      tls: { ca: opened.root, cert: sensor.cert, key: sensor.key, maxVersion: version },
    });
    const most = 200 + next(1200);
    let answer = await opened.eap.begin(opened.round(NAMED, { most }));
    // Sooner or later than it takes; sometimes not at all.
    const spoilt = next(14);
    let touched = false;
    for (let at = 0; answer.state === 'challenge'; at++) {
      assert.ok(at < 100, 'it never ends');
      assert.ok(answer.eap.length <= most);
      const { conversation } = answer;
      let said = await supplicant.answer(answer.eap).catch(() => undefined);
      if (said === undefined) break;
      if (at === spoilt) {
        const was = said;
        said = spoil(said);
        touched = Buffer.compare(was, said) !== 0;
      }
      answer = await opened.eap.continue(conversation, opened.round(said, { most }));
      if (answer.state === 'ignore') opened.eap.forget(conversation);
    }
    if (answer.state !== 'challenge') ends[answer.state] += 1;
    // What TLS signs can't be changed; what is around it may be changed to the same: flags that nobody reads, a length told twice.
    if (!touched && spoilt > 12) assert.equal(answer.state, 'accept');
    if (answer.state === 'challenge') opened.eap.forget(answer.conversation);
    supplicant.end();
    assert.equal(opened.eap.inFlight, 0);
    assert.equal(opened.eap.held, 0);
  }
  t.diagnostic(JSON.stringify({ runs, ...ends }));
  assert.ok(ends.accept > 0 && ends.reject > 0 && ends.ignore > 0, JSON.stringify({ runs, ends }));
  const tls = { ca: opened.root, cert: sensor.cert, key: sensor.key };
  assert.equal((await opened.meet({ identity: 'sensor-1', tls })).state, 'accept');
});
