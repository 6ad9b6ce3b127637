/** Enrolment passes by the API: who may make them, what is told of them, and that they are good at the EST door. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventsOf } from '../support/events.ts';
import { type ApiHouse, openApiHouse } from './api-house.ts';
import { enrolled, signIn } from './people.ts';

describe('passes of devices', () => {
  let api: ApiHouse;
  let admin: string;
  before(async () => {
    api = await openApiHouse();
    const boss = await enrolled(api, 'boss', ['administrator']);
    admin = await signIn(api, boss);
    const body = { name: 'pump-1', kind: 'controller', owner: boss.id } as const;
    await api.done('addDevice', { token: admin, body });
  });
  after(() => api.close());

  const params = { id: 'pump-1' };

  it('are made, listed and withdrawn', async () => {
    const body = { uses: 2, names: ['pump-1.example.com'], networks: ['192.0.2.0/24'] };
    const seen = await eventsOf(api, async () => {
      const made = await api.done('issueDevicePass', { token: admin, params, body });
      assert.match(made.secret, /^spe_/);
      assert.equal(made.eab.kid, made.id);
      const { items } = await api.done('listDevicePasses', { token: admin, params });
      assert.equal(items.length, 1);
      assert.equal(items[0].state, 'good');
      assert.deepEqual(items[0].names, body.names);
      assert.ok(!JSON.stringify(items).includes(made.secret));
      const one = { token: admin, params: { ...params, pass: made.id } };
      await api.done('withdrawDevicePass', one);
      await api.problem('not-found', 'withdrawDevicePass', one);
    });
    assert.equal(seen.filter(({ type }) => type === 'device.pass-issued').length, 1);
    assert.equal(seen.filter(({ type }) => type === 'device.pass-withdrawn').length, 1);
    const after = await api.done('listDevicePasses', { token: admin, params });
    assert.equal(after.items[0].state, 'withdrawn');
  });

  it('are for nobody but administrators', async () => {
    for (const role of ['operator', 'auditor', 'viewer'] as const) {
      const token = await signIn(api, await enrolled(api, role, [role]));
      await api.problem('not-permitted', 'issueDevicePass', { token, params, body: {} });
    }
  });

  it('say what of them can’t be', async () => {
    const issue = (body: object, id = 'pump-1') => ({ token: admin, params: { id }, body });
    await api.problem('not-found', 'issueDevicePass', issue({}, 'nobody'));
    await api.problem('networks-malformed', 'issueDevicePass', issue({ networks: ['x'] }));
    for (const body of [
      { uses: 0 },
      { uses: 101 },
      { lifetimeMinutes: 50_000 },
      { names: ['*.example.com'] },
      { names: ['Pump.example.com'] },
      { names: ['192.0.2.1'] },
      { attestationKey: 'x' },
    ]) {
      await api.problem('not-valid', 'issueDevicePass', issue(body));
    }
    await api.done('retireDevice', { token: admin, params });
    const gone = { token: admin, params, body: {} };
    await api.problem('not-found', 'issueDevicePass', gone);
  });
});
