/**
 * A process that asks for more than it was listed for, or goes on when it should not (T1078, T1098; RFC 6749 §3.3; RFC 8707 §2):
 * other scopes, other resources, after it was disabled, with a key whose time is over, with a secret where a secret won't do.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DAY, HOUR } from '../../server/kernel/clock.ts';
import { removeProcessProof } from '../../server/proofs/process-held.ts';
import { count, eventsOf } from '../support/events.ts';
import {
  addApi,
  addProcess,
  addProof,
  assertionBy,
  enter,
  entered,
  keyedProcess,
  makeKey,
  openProcessHouse,
  type ProcessHouse,
  refusal,
} from '../support/processes.ts';

describe('a process that wants more', () => {
  let test: ProcessHouse;
  before(async () => {
    test = await openProcessHouse();
  });
  after(() => test.close());

  const cli = { door: 'cli' } as const;

  it('gets no scope that it was not listed for, nor one that there isn’t', async () => {
    const { key } = await test.keyed('reader');
    const ask = (scopes: readonly string[]) =>
      enter(test, { offers: [assertionBy(test, key, 'reader')], scopes });
    const seen = await eventsOf(test, async () => {
      for (const scopes of [['pay'], ['read', 'pay'], ['admin'], ['READ'], [''], ['read pay']]) {
        assert.equal(refusal(await ask(scopes)), 'scope', JSON.stringify(scopes));
      }
      assert.equal(refusal(await ask(Array.from({ length: 65 }, () => 'read'))), 'malformed');
      assert.deepEqual(entered(await ask(['read', 'read'])).scopes, ['read']);
    });
    assert.equal(count(seen, 'entry.refused'), 7);
    assert.equal(count(seen, 'entry.granted'), 1);
  });

  it('comes in from the moment that it is listed, and is out from the moment that it is not', async () => {
    const { process, key } = await test.keyed('growing');
    const pay = () => enter(test, { offers: [assertionBy(test, key, 'growing')], scopes: ['pay'] });
    entered(await enter(test, { offers: [assertionBy(test, key, 'growing')] }));
    const seen = await eventsOf(test, async () => assert.equal(refusal(await pay()), 'scope'));
    assert.equal(count(seen, 'entry.refused'), 1);
    await test.house.store.write((tx) =>
      test.house.processes.change(
        tx,
        process.id,
        { entries: [{ resource: test.api.id, scopes: ['read', 'pay'] }] },
        cli,
      ),
    );
    assert.deepEqual(entered(await pay()).scopes, ['pay']);
    await test.house.store.write((tx) =>
      test.house.processes.change(tx, process.id, { entries: [] }, cli),
    );
    assert.equal(refusal(await pay()), 'not-permitted');
  });

  it('gets nothing sensitive that it did not ask for', async () => {
    const { key } = await test.keyed('payer', ['read', 'pay']);
    const ask = (scopes: readonly string[]) =>
      enter(test, { offers: [assertionBy(test, key, 'payer')], scopes });
    const seen = await eventsOf(test, async () => {
      assert.deepEqual(entered(await ask([])).scopes, ['read']);
      assert.deepEqual(entered(await ask(['pay'])).scopes, ['pay']);
    });
    assert.deepEqual(
      seen.filter(({ type }) => type === 'entry.granted').map(({ data }) => data.scopes),
      [['read'], ['pay']],
    );
  });

  it('is kept out of a resource that it is not listed for, and told of none that there isn’t', async () => {
    const other = await addApi(test, 'ledger', 'https://ledger.example.com/');
    const { key } = await test.keyed('nosy');
    const ask = (resource: Parameters<typeof enter>[1]['resource'] & object) =>
      enter(test, { offers: [assertionBy(test, key, 'nosy')], resource });
    const seen = await eventsOf(test, async () => {
      assert.equal(refusal(await ask({ id: other.id })), 'not-permitted');
      assert.equal(
        refusal(await ask({ audience: 'https://nowhere.example/' })),
        'no-such-resource',
      );
      // Who does not prove who they are learns of no resource whether there is one.
      const stranger = { offers: [assertionBy(test, makeKey(), 'nosy')] };
      const nowhere = { ...stranger, resource: { audience: 'https://nowhere.example/' } };
      assert.equal(refusal(await enter(test, nowhere)), 'wrong');
      entered(await ask({ id: test.api.id }));
    });
    assert.equal(count(seen, 'entry.refused', 'refused'), 3);
    assert.equal(count(seen, 'entry.granted'), 1);
  });

  it('is out at once when it is disabled, and in again when it is enabled', async () => {
    const { process, key } = await test.keyed('sleeper');
    const ask = () => enter(test, { offers: [assertionBy(test, key, 'sleeper')] });
    entered(await ask());
    await test.house.store.write((tx) => test.house.processes.disable(tx, process.id, cli));
    const seen = await eventsOf(test, async () => assert.equal(refusal(await ask()), 'wrong'));
    assert.equal(seen.find(({ type }) => type === 'entry.refused')?.reason, 'disabled');
    await test.house.store.write((tx) => test.house.processes.enable(tx, process.id, cli));
    entered(await ask());
  });

  it('is out at once when its key is removed', async () => {
    const { process, key, proof } = await test.keyed('leaver');
    const ask = () => enter(test, { offers: [assertionBy(test, key, 'leaver')] });
    entered(await ask());
    await test.house.store.write((tx) => removeProcessProof(tx, process.id, proof.proof));
    const seen = await eventsOf(test, async () => assert.equal(refusal(await ask()), 'wrong'));
    assert.equal(seen.find(({ type }) => type === 'entry.refused')?.reason, 'not-held');
  });

  it('is out when the resource is gone, and another takes its name', async () => {
    const old = await addApi(test, 'moving', 'https://moving.example.com/');
    const { key } = await keyedProcess(test, old, 'mover');
    const resource = { audience: 'https://moving.example.com/' };
    const ask = () => enter(test, { offers: [assertionBy(test, key, 'mover')], resource });
    const seen = await eventsOf(test, async () => {
      entered(await ask());
      await test.house.store.write((tx) => test.house.resources.remove(tx, old.id, cli));
      assert.equal(refusal(await ask()), 'no-such-resource');
      await addApi(test, 'moving', 'https://moving.example.com/');
      assert.equal(refusal(await ask()), 'not-permitted');
    });
    assert.equal(count(seen, 'entry.refused', 'refused'), 2);
    assert.equal(count(seen, 'entry.granted'), 1);
  });

  it('may use a key from its first moment to its last, and another beside it meanwhile', async () => {
    const process = await addProcess(test, 'rotating', [
      { resource: test.api.id, scopes: ['read'] },
    ]);
    const [first, second] = [makeKey(), makeKey()];
    const start = test.clock.now();
    await addProof(test, process, 'key', { jwk: first.jwk }, { expiresAt: start + 2 * HOUR });
    await addProof(test, process, 'key', { jwk: second.jwk }, { notBefore: start + HOUR });
    const ask = (key: typeof first) =>
      enter(test, { offers: [assertionBy(test, key, 'rotating')] });
    entered(await ask(first));
    assert.equal(refusal(await ask(second)), 'wrong');
    test.clock.advance(HOUR);
    entered(await ask(first));
    entered(await ask(second));
    test.clock.advance(HOUR);
    const seen = await eventsOf(test, async () => {
      assert.equal(refusal(await ask(first)), 'wrong');
      entered(await ask(second));
    });
    assert.equal(count(seen, 'entry.refused'), 1);
    assert.equal(count(seen, 'entry.granted'), 1);
  });

  it('is told that a key has expired, on record, when it has no other', async () => {
    const process = await addProcess(test, 'forgotten', [
      { resource: test.api.id, scopes: ['read'] },
    ]);
    const key = makeKey();
    const until = test.clock.now() + DAY;
    await addProof(test, process, 'key', { jwk: key.jwk }, { expiresAt: until });
    const ask = () => enter(test, { offers: [assertionBy(test, key, 'forgotten')] });
    entered(await ask());
    test.clock.advance(DAY);
    const seen = await eventsOf(test, async () => assert.equal(refusal(await ask()), 'wrong'));
    assert.equal(seen.find(({ type }) => type === 'entry.refused')?.reason, 'expired');
  });

  it('gets nothing sensitive for a secret, and the rest', async () => {
    const entries = [{ resource: test.api.id, scopes: ['read', 'pay'] }];
    const process = await addProcess(test, 'old-cron', entries);
    const { shownOnce = [] } = await addProof(test, process, 'secret', undefined);
    const offers = [{ kind: 'secret', data: { secret: shownOnce[0] } }] as const;
    const seen = await eventsOf(test, async () => {
      const pay = await enter(test, { as: 'old-cron', offers, scopes: ['pay'] });
      assert.equal(refusal(pay), 'not-permitted');
      entered(await enter(test, { as: 'old-cron', offers, scopes: ['read'] }));
    });
    assert.deepEqual(seen.find(({ type }) => type === 'entry.refused')?.data.policies, [
      'no-secret-for-sensitive',
    ]);
    assert.equal(count(seen, 'entry.granted'), 1);
  });
});
