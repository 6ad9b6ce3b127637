/** A process that shows who it is and wants in nowhere, as whoever asks what a token is worth does. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ProcessOffer } from '../../server/proofs/process-proof.ts';
import { count, eventsOf } from '../support/events.ts';
import {
  addProof,
  assertionBy,
  enter,
  entered,
  makeKey,
  openProcessHouse,
  type ProcessHouse,
  processArrival,
  refusal,
} from '../support/processes.ts';

describe('a process that shows who it is', () => {
  let test: ProcessHouse;
  before(async () => {
    test = await openProcessHouse();
  });
  after(() => test.close());

  const show = (offers: readonly ProcessOffer[], as?: string) =>
    test.house.gate.recognise({ as, offers }, processArrival(test));
  const stateOf = async (offer: ProcessOffer, as?: string) => {
    const outcome = await show([offer], as);
    return outcome.state === 'granted' ? outcome.process.name : outcome.reason;
  };

  it('is recognised; the first time is on record, and the next within the minute are counted', async () => {
    const { process, key, proof } = await test.keyed('asker');
    const seen = await eventsOf(test, async () => {
      for (let i = 0; i < 4; i++) {
        assert.equal(await stateOf(assertionBy(test, key, 'asker')), 'asker');
      }
    });
    assert.equal(count(seen, 'process.recognised'), 1);
    const event = seen.find(({ type }) => type === 'process.recognised');
    assert.equal(event?.subject, process.id);
    assert.deepEqual(event?.data, { proof: proof.proof, kind: 'key' });
    const counted = await eventsOf(test, () => test.house.counter.stop());
    const times = counted.filter(({ type }) => type === 'decision.counted');
    assert.deepEqual(
      times.map(({ data }) => [data.action, data.count]),
      [['recognise', 3]],
    );
    test.clock.advance(60_000);
    const later = await eventsOf(test, async () => {
      assert.equal(await stateOf(assertionBy(test, key, 'asker')), 'asker');
    });
    assert.equal(count(later, 'process.recognised'), 1);
  });

  it('spends its proof there for everywhere else, and the other way round', async () => {
    const { key } = await test.keyed('spender');
    const [one, two] = [assertionBy(test, key, 'spender'), assertionBy(test, key, 'spender')];
    const seen = await eventsOf(test, async () => {
      assert.equal(await stateOf(one), 'spender');
      assert.equal(await stateOf(one), 'used');
      assert.equal(refusal(await enter(test, { offers: [one] })), 'used');
      entered(await enter(test, { offers: [two] }));
      assert.equal(await stateOf(two), 'used');
    });
    assert.equal(count(seen, 'entry.refused'), 3);
  });

  it('is not recognised by another’s key, nor once it is disabled, nor when its key is gone', async () => {
    const { process, key } = await test.keyed('once-known');
    assert.equal(await stateOf(assertionBy(test, key, 'once-known')), 'once-known');
    assert.equal(await stateOf(assertionBy(test, makeKey(), 'once-known')), 'wrong');
    const cli = { door: 'cli' } as const;
    await test.house.store.write((tx) => test.house.processes.disable(tx, process.id, cli));
    assert.equal(await stateOf(assertionBy(test, key, 'once-known')), 'wrong');
    await test.house.store.write((tx) => test.house.processes.enable(tx, process.id, cli));
    assert.equal(await stateOf(assertionBy(test, key, 'once-known')), 'once-known');
  });

  it('may do so with a secret, which is guessed as slowly as anywhere', async () => {
    const { process } = await test.keyed('with-secret');
    const { shownOnce = [] } = await addProof(test, process, 'secret', undefined);
    const secret = (text: string | undefined): ProcessOffer => ({
      kind: 'secret',
      data: { secret: text },
    });
    assert.equal(await stateOf(secret(shownOnce[0]), 'with-secret'), 'with-secret');
    const wrong = secret(`spx_${'B'.repeat(43)}`);
    const answers: string[] = [];
    for (let i = 0; i < 52; i++) answers.push(await stateOf(wrong, 'with-secret'));
    assert.equal(answers.at(-1), 'throttled');
    assert.equal(await stateOf(secret(shownOnce[0])), 'wrong', 'a secret names nobody');
  });

  it('is bound to a key once: a proof of possession that was used is refused with all that it came with', async () => {
    const { key } = await test.keyed('bound');
    const once = { of: 'dpop jkt', name: 'jti', until: test.clock.now() + 60_000 };
    const bound = { confirmation: { jkt: 'thumbprint' }, once };
    const offers = () => [assertionBy(test, key, 'bound')];
    const first = await enter(test, { offers: offers(), bound });
    assert.deepEqual(entered(first).confirmation, { jkt: 'thumbprint' });
    assert.equal(refusal(await enter(test, { offers: offers(), bound })), 'used');
    const next = { ...bound, once: { ...once, name: 'another' } };
    entered(await enter(test, { offers: offers(), bound: next }));
  });
});
