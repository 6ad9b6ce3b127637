/** The keys by the API: seen by who may see everything, rotated by people who showed a passkey a moment ago. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { MINUTE } from '../../server/kernel/clock.ts';
import { count, eventsOf } from '../support/events.ts';
import { type ApiHouse, openApiHouse } from './api-house.ts';
import { type ApiPerson, enrolled, signIn, stepUp } from './people.ts';

describe('the keys by the API', () => {
  let api: ApiHouse;
  let boss: ApiPerson;
  before(async () => {
    api = await openApiHouse();
    boss = await enrolled(api, 'boss', ['administrator']);
  });
  after(async () => {
    await api.house.keys.stop();
    await api.close();
  });

  test('are listed without anything of them', async () => {
    const auditor = await enrolled(api, 'auditor', ['auditor']);
    const listed = await api.done('listKeys', { token: await signIn(api, auditor) });
    assert.equal(listed.rotating, false);
    const [primary, ...others] = listed.ring;
    assert.equal(others.length, 0);
    assert.deepEqual([primary.version, primary.state, primary.retiredAt], [1, 'primary', null]);
    assert.ok(primary.dataKeys >= 6);
    assert.doesNotMatch(JSON.stringify(listed), /wrapped|secret|sealed/);
  });

  test('are rotated, and the record says by whom', async () => {
    const token = await signIn(api, boss);
    const seen = await eventsOf(api, async () => {
      const answer = await api.done('rotateKeys', { token });
      assert.equal(answer.begun, true);
      assert.equal(answer.ring[0].version, 2);
      await api.house.keys.settled();
    });
    const { ring, rotating } = await api.done('listKeys', { token });
    assert.equal(rotating, false);
    assert.deepEqual(
      ring.map(({ state }: { state: string }) => state),
      ['primary', 'destroyed'],
    );
    const [rotated] = seen.filter(({ type }) => type === 'key.rotated');
    assert.equal(rotated?.actor, boss.id);
    assert.equal(rotated?.data.version, 2);
    // Whoever was there before comes in as before.
    await signIn(api, boss);
  });

  test('are rotated only with a passkey that was shown a moment ago', async () => {
    const token = await signIn(api, boss);
    api.clock.advance(10 * MINUTE);
    const { body } = await api.problem('fresh-proof-needed', 'rotateKeys', { token });
    assert.equal(body.stepUp.action, 'key.rotate');
    await api.done('listKeys', { token });
    const stepped = await stepUp(api, boss, token, 'key.rotate');
    assert.equal((await api.done('rotateKeys', { token: stepped })).begun, true);
    await api.house.keys.settled();
  });

  test('for tokens are rotated likewise, and sign an hour later', async () => {
    const token = await signIn(api, boss);
    await api.house.signing.ready();
    const es256 = (keys: { algorithm: string; state: string }[]) =>
      keys.filter(({ algorithm }) => algorithm === 'ES256').map(({ state }) => state);
    const seen = await eventsOf(api, async () => {
      const { rotated, signing } = await api.done('rotateSigningKeys', { token });
      assert.equal(rotated, true);
      assert.deepEqual(es256(signing), ['next', 'active']);
    });
    assert.equal((await api.done('rotateSigningKeys', { token })).rotated, false);
    const listed = await api.done('listKeys', { token });
    assert.deepEqual(es256(listed.signing), ['next', 'active']);
    assert.doesNotMatch(JSON.stringify(listed), /secret|"d"/);
    const turned = seen.filter(({ type }) => type === 'key.rotated');
    assert.ok(turned.length >= 2 && turned.every(({ actor }) => actor === boss.id));
    const operator = await enrolled(api, 'second-operator', ['operator']);
    await api.problem('not-permitted', 'rotateSigningKeys', { token: await signIn(api, operator) });
  });

  test('are nothing to an operator, and the record shows that one asked', async () => {
    const operator = await enrolled(api, 'operator', ['operator']);
    const token = await signIn(api, operator);
    const before = await api.house.store.read((q) => api.house.vault.status(q));
    const seen = await eventsOf(api, async () => {
      await api.problem('not-permitted', 'listKeys', { token });
      await api.problem('not-permitted', 'rotateKeys', { token });
    });
    assert.deepEqual(await api.house.store.read((q) => api.house.vault.status(q)), before);
    assert.equal(count(seen, 'access.refused', 'refused'), 2);
    assert.equal(count(seen, 'key.rotated', 'done'), 0);
    assert.ok(seen.every(({ type, actor }) => type !== 'access.refused' || actor === operator.id));
  });

  test('are not rotated by a script, whoever’s it is', async () => {
    const token = await signIn(api, boss);
    const issued = await api.done('issueToken', {
      token,
      body: { owner: boss.id, scope: ['administer'] },
    });
    await api.done('listKeys', { token: issued.token });
    await api.problem('not-permitted', 'rotateKeys', { token: issued.token });
  });
});
