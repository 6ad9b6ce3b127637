/** Nobody learns from an answer whether anyone goes by a name (CWE-204; ASVS 6.3.8). */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { addPerson } from '../support/people.ts';
import { type Answered, type ApiHouse, openApiHouse } from './api-house.ts';
import { enrolled, signIn } from './people.ts';

/** What varies from one request to the next, whoever it is for. */
function shape({ status, headers, body }: Answered) {
  const varying = new Set(['date', 'x-request-id', 'content-length']);
  const text = JSON.stringify(body)
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
    .replaceAll(/spa_[\w-]{65}/g, 'TOKEN')
    .replaceAll(/"challenge":"[\w-]{43}"/g, '"challenge":"NONCE"');
  const kept = [...headers].filter(([name]) => !varying.has(name));
  return { status, text, headers: Object.fromEntries(kept) };
}

describe('a name that someone has and a name that nobody has', () => {
  let api: ApiHouse;
  before(async () => {
    api = await openApiHouse();
    const boss = await enrolled(api, 'boss', ['administrator']);
    await enrolled(api, 'ada');
    await addPerson(api, 'newcomer');
    const gone = await enrolled(api, 'gone');
    await api.done('disablePerson', { token: await signIn(api, boss), params: { id: gone.id } });
  });
  after(() => api.close());

  const same = async (ask: (identifier: string) => Promise<Answered>) => {
    const known = shape(await ask('ada'));
    for (const other of ['nobody', 'newcomer', 'gone', 'ada@example.com', 'a b', '\u0000']) {
      assert.deepEqual(shape(await ask(other)), known, JSON.stringify(other));
    }
  };

  test('are challenged alike', async () => {
    await same((identifier) => api.call('beginAttempt', { body: { to: 'signIn', identifier } }));
    await same((identifier) => api.call('beginAttempt', { body: { to: 'enrol', identifier } }));
  });

  test('are refused alike after a wrong password', async () => {
    const proof = { kind: 'password', data: { password: 'not the one' } };
    await same((identifier) =>
      api.call('beginAttempt', { body: { to: 'signIn', identifier, proof } }),
    );
  });

  test('are refused alike after a wrong pass, by name or by id', async () => {
    const proof = { kind: 'pass', data: { code: 'ABCD-EFGH-JKMN-PQRS' } };
    await same((identifier) =>
      api.call('beginAttempt', { body: { to: 'enrol', identifier, proof } }),
    );
    const [someone] = await api.house.store.read((q) => api.house.people.list(q, { limit: 1 }));
    const ids = [someone?.id ?? '', '019b8d62-0000-7000-8000-000000000000'];
    const [one, other] = await Promise.all(
      ids.map((person) => api.call('beginAttempt', { body: { to: 'enrol', person, proof } })),
    );
    assert.ok(one && other);
    assert.deepEqual(shape(one), shape(other));
  });
});
