import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createCursors } from '../../server/doors/api/cursors.ts';
import { addPerson } from '../support/people.ts';
import { type ApiHouse, openApiHouse } from './api-house.ts';
import { enrolled, signIn } from './people.ts';

describe('lists in pages', () => {
  let api: ApiHouse;
  let admin: string;

  before(async () => {
    api = await openApiHouse();
    admin = await signIn(api, await enrolled(api, 'boss', ['administrator']));
    for (let n = 0; n < 12; n++) await addPerson(api, `person-${n}`);
  });
  after(() => api.close());

  async function all(
    name: 'listPeople' | 'searchEvents' | 'listMyActivity' | 'listSessions',
    query: Record<string, string | number>,
  ): Promise<string[]> {
    const found: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await api.done(name, {
        token: admin,
        query: { ...query, ...(cursor === null ? {} : { cursor }) },
      });
      assert.ok(page.items.length <= Number(query.limit));
      found.push(...page.items.map(({ id }: { id: string }) => id));
      cursor = page.next;
    } while (cursor !== null);
    return found;
  }

  test('pages put together are the list, with nothing twice and nothing left out', async () => {
    for (const name of ['listPeople', 'searchEvents', 'listMyActivity', 'listSessions'] as const) {
      const whole = await api.done(name, { token: admin, query: { limit: 200 } });
      const ids = whole.items.map(({ id }: { id: string }) => id);
      assert.deepEqual(await all(name, { limit: 5 }), ids, name);
      assert.equal(new Set(ids).size, ids.length);
    }
  });

  test('a filter goes with the cursor', async () => {
    const enrolling = await all('listPeople', { limit: 5, status: 'enrolling' });
    assert.equal(enrolling.length, 12);
    const roles = await all('listPeople', { limit: 5, role: 'administrator' });
    assert.equal(roles.length, 1);
  });

  test('a cursor is good for its list and filters alone, and can’t be made up', async () => {
    const { next } = await api.done('listPeople', { token: admin, query: { limit: 5 } });
    assert.doesNotMatch(Buffer.from(next, 'base64url').toString('latin1'), /^[0-9a-f-]{36}/);
    const bad = (name: 'listPeople' | 'searchEvents' | 'listSessions', query: object) =>
      api.problem('cursor-not-valid', name, { token: admin, query: { limit: 5, ...query } });
    await bad('listPeople', { cursor: next, status: 'active' });
    await bad('searchEvents', { cursor: next });
    await bad('listSessions', { cursor: next });
    const bytes = Buffer.from(next, 'base64url');
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await bad('listPeople', { cursor: changed.toString('base64url') });
    }
    await bad('listPeople', { cursor: 'AAAA' });
    await bad('listPeople', { cursor: `${next}=` });
    const forged = createCursors(new Uint8Array(32)).write('people * *', 'x');
    await bad('listPeople', { cursor: forged });
  });

  test('the size of a page is bounded', async () => {
    for (const limit of ['0', '-1', '201', '1e2', '05', '1.5', 'many', '']) {
      const { body } = await api.problem('not-valid', 'listPeople', {
        token: admin,
        query: { limit },
      });
      assert.deepEqual(body.fields, [{ path: 'limit', must: 'be a whole number from 1 to 200' }]);
    }
  });
});
