/** A key or secret of one's own for a program that is trusted (T1098.001): a way in that outlives whoever made it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ApiHouse, openApiHouse } from '../api/api-house.ts';
import { type ApiPerson, enrolled, signIn, stepUp } from '../api/people.ts';
import {
  AUDIENCE,
  addApi,
  assertionBy,
  enter,
  entered,
  makeKey,
  refusal,
} from '../support/processes.ts';

describe('adding a key to somebody else’s process', () => {
  let api: ApiHouse;
  let boss: ApiPerson;
  let admin: string;
  let id: string;
  const mine = makeKey();
  const add = (token: string, jwk: object = mine.jwk) => ({
    token,
    params: { id },
    body: { kind: 'key', settings: { jwk } },
  });
  const come = () =>
    enter(api, { as: 'trusted', offers: [assertionBy(api, mine, 'trusted')], scopes: ['read'] });
  const told = async (type: string, query: object = {}) =>
    (await api.done('searchEvents', { token: admin, query: { type, ...query } })).items;

  before(async () => {
    api = await openApiHouse();
    boss = await enrolled(api, 'boss', ['administrator']);
    admin = await signIn(api, boss);
    const resource = await addApi(api);
    assert.equal(resource.kind === 'api' && resource.detail.audience, AUDIENCE);
    const body = {
      name: 'trusted',
      owner: boss.id,
      purpose: 'Is trusted.',
      entries: [{ resource: resource.id, scopes: ['read'] }],
    };
    id = (await api.done('addProcess', { token: admin, body })).id;
  });
  after(() => api.close());

  test('is for nobody but an administrator, and for no token of theirs', async () => {
    for (const role of ['operator', 'auditor', 'viewer'] as const) {
      const token = await signIn(api, await enrolled(api, role, [role]));
      await api.problem('not-permitted', 'addProcessProof', add(token));
    }
    const body = { owner: boss.id, scope: ['administer'] };
    const { token } = await api.done('issueToken', { token: admin, body });
    await api.problem('not-permitted', 'addProcessProof', add(token));
    const rest = { token, params: { id } };
    await api.problem('not-permitted', 'changeProcess', { ...rest, body: { owner: boss.id } });
    assert.equal((await told('process.proof-added')).length, 0);
    const [refused] = await told('access.refused');
    assert.equal(refused.data.action, 'process.change');
    assert.equal(refusal(await come()), 'wrong');
  });

  test('takes a proof shown just now, and is on record with who did it', async () => {
    api.clock.advance(10 * 60_000);
    await api.problem('fresh-proof-needed', 'addProcessProof', add(admin));
    admin = await stepUp(api, boss, admin, 'process.rotate');
    const { proof } = await api.done('addProcessProof', add(admin));
    const [added] = await told('process.proof-added');
    assert.deepEqual(
      [added.subject, added.actor, added.data],
      [id, boss.id, { name: 'trusted', proof, kind: 'key', until: added.data.until }],
    );
    assert.equal(entered(await come()).process.id, id);
  });

  test('is undone with what was granted by it, and the key is of no use again', async () => {
    const { proofs } = await api.done('showProcess', { token: admin, params: { id } });
    const params = { id, proof: proofs[0].id };
    await api.done('removeProcessProof', { token: admin, params });
    assert.equal(refusal(await come()), 'wrong');
    const [removed] = await told('process.proof-removed');
    assert.equal(removed.data.proof, params.proof);
    const [, last] = await told('entry.refused');
    assert.ok(last !== undefined);
  });
});
