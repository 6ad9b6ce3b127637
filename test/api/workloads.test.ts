/** Which programs are which process, by the API: as sensitive as adding a key, since whoever adds one can come as that process. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { MINUTE } from '../../server/kernel/clock.ts';
import { count, eventsOf } from '../support/events.ts';
import { addProcess } from '../support/processes.ts';
import { type ApiHouse, openApiHouse } from './api-house.ts';
import { type ApiPerson, enrolled, signIn } from './people.ts';

describe('workloads by the API', () => {
  let api: ApiHouse;
  let boss: ApiPerson;
  let viewer: ApiPerson;
  let billing: Awaited<ReturnType<typeof addProcess>>;
  before(async () => {
    api = await openApiHouse();
    boss = await enrolled(api, 'boss', ['administrator']);
    viewer = await enrolled(api, 'viewer', ['viewer']);
    billing = await addProcess(api, 'billing');
    await addProcess(api, 'payroll');
  });
  after(() => api.close());

  const of = (process: string, ...selectors: string[]) => ({ body: { process, selectors } });

  test('are added, listed in pages and by process, and removed, with each on record', async () => {
    const token = await signIn(api, boss);
    const seen = await eventsOf(api, async () => {
      const added = await api.done('addWorkload', { token, ...of('billing', 'uid:1003') });
      assert.deepEqual([added.process, added.active], [billing.id, true]);
      await api.done('addWorkload', { token, ...of(billing.id, 'unit:billing.service') });
      await api.done('addWorkload', { token, ...of('payroll', 'uid:1004', 'path:/usr/bin/pay') });

      const look = await signIn(api, viewer);
      const listed = async (query: object) =>
        api.done('listWorkloads', { token: look, query: query as never });
      const names = (page: { items: { processName: string; selectors: string[] }[] }) =>
        page.items.map(({ processName, selectors }) => [processName, ...selectors].join(' '));
      const first = await listed({ limit: '2' });
      assert.deepEqual(names(first), ['billing uid:1003', 'billing unit:billing.service']);
      const second = await listed({ limit: '2', cursor: first.next });
      assert.deepEqual(names(second), ['payroll path:/usr/bin/pay uid:1004']);
      assert.equal(second.next, null);
      assert.equal((await listed({ process: 'billing' })).items.length, 2);
      await api.problem('not-found', 'listWorkloads', { token: look, query: { process: 'none' } });

      const removed = await api.done('removeWorkload', { token, params: { id: added.id } });
      assert.deepEqual(removed, added);
      await api.problem('not-found', 'removeWorkload', { token, params: { id: added.id } });
    });
    assert.deepEqual([count(seen, 'workload.added'), count(seen, 'workload.removed')], [3, 1]);
    const told = seen.filter(({ type }) => type.startsWith('workload.'));
    assert.ok(told.every(({ actor, door }) => actor === boss.id && door === 'api'));
  });

  test('are proof enough for their process, which is not reported to have none', async () => {
    const token = await signIn(api, boss);
    const unproven = async () => {
      const { weaknesses } = await api.done('showProcess', { token, params: { id: 'nightly' } });
      return weaknesses.includes('no-proof');
    };
    await addProcess(api, 'nightly');
    assert.equal(await unproven(), true);
    const { id } = await api.done('addWorkload', { token, ...of('nightly', 'uid:1005') });
    assert.equal(await unproven(), false);
    await api.done('removeWorkload', { token, params: { id } });
    assert.equal(await unproven(), true);
  });

  test('are not of what anyone can be', async () => {
    const token = await signIn(api, boss);
    for (const [why, selector, ...selectors] of [
      ['malformed', 'uid:65534', 'uid:65534'],
      ['malformed', 'pid:1', 'pid:1'],
      ['twice', 'uid:2', 'uid:1', 'uid:2'],
      ['anyones', null, 'path:/usr/bin/pay'],
    ] as const) {
      const { body } = await api.problem('selector-not-valid', 'addWorkload', {
        token,
        ...of('billing', ...selectors),
      });
      assert.deepEqual([body.why, body.selector], [why, selector]);
    }
    await api.done('addWorkload', { token, ...of('billing', 'uid:7') });
    await api.problem('workload-known-already', 'addWorkload', {
      token,
      ...of('billing', 'uid:7'),
    });
    await api.problem('not-found', 'addWorkload', { token, ...of('nobody', 'uid:7') });
    await api.problem('not-valid', 'addWorkload', { token, ...of('billing') });
  });

  test('are for administrators, who show their passkey again, and for no token', async () => {
    const look = await signIn(api, viewer);
    await api.problem('not-permitted', 'addWorkload', { token: look, ...of('billing', 'uid:8') });
    const token = await signIn(api, boss);
    const body = { owner: boss.id, scope: ['administer'] };
    const script = (await api.done('issueToken', { token, body })).token;
    await api.problem('not-permitted', 'addWorkload', { token: script, ...of('billing', 'uid:8') });
    api.clock.advance(10 * MINUTE);
    await api.problem('fresh-proof-needed', 'addWorkload', { token, ...of('billing', 'uid:8') });
    const params = { id: '01900000-0000-7000-8000-000000000001' };
    await api.problem('fresh-proof-needed', 'removeWorkload', { token, params });
  });
});
