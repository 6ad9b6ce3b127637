import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ApiHouse, openApiHouse } from './api-house.ts';
import { type ApiPerson, enrolled, signIn } from './people.ts';

describe('Idempotency-Key', () => {
  let api: ApiHouse;
  let boss: ApiPerson;
  let admin: string;
  let keys = 0;
  const newKey = () => `key-for-a-test-${keys++}`;
  const ada = (n: number) => ({ identifier: `ada-${n}`, displayName: 'Ada', roles: [] });

  before(async () => {
    api = await openApiHouse();
    boss = await enrolled(api, 'boss', ['administrator']);
    admin = await signIn(api, boss);
  });
  after(() => api.close());

  const count = async () => {
    const { items } = await api.done('listPeople', { token: admin, query: { limit: 200 } });
    return items.length;
  };

  test('a request that is sent again takes effect once and gets the same answer', async () => {
    const key = newKey();
    const before = await count();
    const first = await api.call('addPerson', { token: admin, key, body: ada(1) });
    const again = await api.call('addPerson', { token: admin, key, body: ada(1) });
    assert.equal(again.status, 201);
    assert.deepEqual(again.body, first.body);
    assert.equal(await count(), before + 1);
    // Without a key it is a new request, and the name is taken.
    await api.problem('identifier-taken', 'addPerson', { token: admin, body: ada(1) });
  });

  test('sent a hundred times at once it takes effect once', async () => {
    const key = newKey();
    const before = await count();
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => api.call('addPerson', { token: admin, key, body: ada(2) })),
    );
    assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1);
    assert.ok(answers.every(({ status }) => status === 201));
    assert.equal(await count(), before + 1);
    const { items } = await api.done('searchEvents', {
      token: admin,
      query: { subject: answers[0]?.body.id, type: 'person.created' },
    });
    assert.equal(items.length, 1);
  });

  test('a key does not stand for another request, another address or another person', async () => {
    const key = newKey();
    const added = await api.done('addPerson', { token: admin, key, body: ada(3) });
    await api.problem('key-reused', 'addPerson', { token: admin, key, body: ada(4) });
    await api.problem('key-reused', 'issuePass', {
      token: admin,
      key,
      params: { id: added.id },
      body: {},
    });
    const other = await signIn(api, await enrolled(api, 'other', ['administrator']));
    await api.done('addPerson', { token: other, key, body: ada(5) });
  });

  test('a pass that is shown once is shown again to whoever repeats the request, and kept sealed', async () => {
    const key = newKey();
    const { id } = await api.done('addPerson', { token: admin, body: ada(6) });
    const sent = { token: admin, key, params: { id }, body: { lifetimeMinutes: 10 } };
    const first = await api.done('issuePass', sent);
    assert.deepEqual(await api.done('issuePass', sent), first);
    const { items } = await api.done('searchEvents', {
      token: admin,
      query: { subject: id, type: 'pass.issued' },
    });
    assert.equal(items.length, 1);
  });

  test('what was refused may be tried again with the same key', async () => {
    const key = newKey();
    const token = await signIn(api, boss);
    api.clock.advance(6 * 60_000);
    const body = { owner: boss.id, scope: ['person.read'] };
    await api.problem('fresh-proof-needed', 'issueToken', { token, key, body });
    const fresh = await signIn(api, boss);
    await api.done('issueToken', { token: fresh, key, body });
    admin = fresh;
  });

  test('an answer is kept for a day, in another session of the same person too', async () => {
    const key = newKey();
    const first = await api.done('addPerson', { token: admin, key, body: ada(7) });
    const later = await signIn(api, boss);
    const again = await api.done('addPerson', { token: later, key, body: ada(7) });
    assert.equal(again.id, first.id);
    api.clock.advance(25 * 3_600_000);
    admin = await signIn(api, boss);
    await api.problem('identifier-taken', 'addPerson', { token: admin, key, body: ada(7) });
  });

  test('an answer that is given again says nothing of who was erased since', async () => {
    const key = newKey();
    const first = await api.done('addPerson', { token: admin, key, body: ada(8) });
    await api.done('erasePerson', { token: admin, params: { id: first.id } });
    const again = await api.done('addPerson', { token: admin, key, body: ada(8) });
    assert.equal(again.id, first.id);
    assert.equal(again.status, 'erased');
    assert.equal(again.identifier, null);
  });

  test('a key that can’t be read is refused, and nothing happens', async () => {
    const before = await count();
    for (const key of ['short', 'with spaces in it', '"half-quoted', 'x'.repeat(129)]) {
      await api.problem('key-not-valid', 'addPerson', { token: admin, key, body: ada(9) });
    }
    assert.equal(await count(), before);
    await api.done('addPerson', { token: admin, key: '"quoted-as-the-draft"', body: ada(9) });
    await api.problem('key-reused', 'addPerson', {
      token: admin,
      key: 'quoted-as-the-draft',
      body: ada(10),
    });
  });
});
