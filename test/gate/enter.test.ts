/** A process comes into an API by the proof that it brings: the way that every machine's token takes. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventsOf } from '../support/events.ts';
import {
  addProcess,
  addProof,
  assertionBy,
  enter,
  entered,
  makeKey,
  openProcessHouse,
  type ProcessHouse,
} from '../support/processes.ts';

describe('a process that proves itself', () => {
  let test: ProcessHouse;
  before(async () => {
    test = await openProcessHouse();
  });
  after(() => test.close());

  it('enters what it is listed for, and it is on record with its proof and the grant', async () => {
    const { process, key, proof } = await test.keyed('billing');
    const seen = await eventsOf(test, async () => {
      const outcome = await enter(test, { offers: [assertionBy(test, key, 'billing')] });
      const { scopes, grant, process: who } = entered(outcome);
      assert.deepEqual(scopes, ['read']);
      assert.equal(who.id, process.id);
      assert.equal(outcome.state === 'granted' && outcome.value, grant);
    });
    const [granted] = seen.filter(({ type }) => type === 'entry.granted');
    assert.equal(granted?.subject, process.id);
    assert.deepEqual(granted?.data.proofs, [{ kind: 'key', proof: proof.proof, age: 0 }]);
    assert.deepEqual(granted?.data.resource, { kind: 'api', id: test.api.id });
    assert.deepEqual(test.notices, []);
  });

  for (const alg of ['EdDSA', 'RS256', 'PS256'] as const) {
    it(`may sign with ${alg}`, async () => {
      const name = `with-${alg.toLowerCase()}`;
      const process = await addProcess(test, name, [{ resource: test.api.id, scopes: ['read'] }]);
      const key = makeKey(alg);
      await addProof(test, process, 'key', { jwk: key.jwk });
      entered(await enter(test, { offers: [assertionBy(test, key, name)] }));
      const by = { offers: [assertionBy(test, key, process.id)], as: process.id };
      entered(await enter(test, by));
    });
  }

  it('costs one transaction of six statements at most, the source’s throttle among them, once it is known', async () => {
    const { key } = await test.keyed('busy');
    entered(await enter(test, { offers: [assertionBy(test, key, 'busy')] }));
    entered(await enter(test, { offers: [assertionBy(test, key, 'busy')] }));
    const { workOf } = await import('../support/work.ts');
    const again = async () => {
      const work = await workOf(test, async () => {
        entered(await enter(test, { offers: [assertionBy(test, key, 'busy')] }));
      });
      assert.equal(work.reads, 0, work.statements.join('\n'));
      assert.equal(work.writes, 1);
      assert.ok(work.statements.length <= 6, work.statements.join('\n'));
      return work.statements.some((sql) => sql.includes('"throttle"'));
    };
    // Where it is known that nothing of it changed, it need not be asked again.
    assert.equal(await again(), test.house.store.dialect === 'postgres');
    const { process } = await test.keyed('other');
    const { processes, store } = test.house;
    await store.write((tx) => processes.change(tx, process.id, { purpose: 'Another.' }, {}));
    assert.ok(await again());
  });
});
