/** How much waits for people's answers, and how long, as the configuration says. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { z } from 'zod';
import { configSchema } from '../../server/config/sections.ts';
import type { approvalConfig } from '../../server/gate/approvals/approval-config.ts';
import { type ApprovalHouse, approvalsIn } from '../support/approvals.ts';
import { askingApp } from '../support/ciba.ts';
import { count, eventsOf } from '../support/events.ts';
import { addClient } from '../support/network.ts';
import { type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import { cheapSettings } from '../support/settings.ts';

const SECOND = 1000;

describe('the bounds of what waits for people', () => {
  async function open(
    t: TestContext,
    approvals: z.input<typeof approvalConfig>,
  ): Promise<ApprovalHouse & OidcHouse> {
    const { gate } = cheapSettings({ gate: { approvals } });
    const house = await approvalsIn(
      await openOidcHouse({ settings: { gate }, oidc: { ciba: true } }),
    );
    t.after(() => house.close());
    return house;
  }
  const hold = async (house: ApprovalHouse, who: string, client = house.client) =>
    (await house.hold(await house.begin(who, client), true, client)).state;

  it('hold for one person', async (t) => {
    const house = await open(t, { logins: { waiting: 1, inAnHour: 3 } });
    await house.operator('ada');
    await house.operator('bob');
    const left = await eventsOf(house, async () => {
      assert.deepEqual([await hold(house, 'ada'), await hold(house, 'ada')], ['held', 'refused']);
      assert.equal(await hold(house, 'bob'), 'held');
      for (const expected of ['held', 'held', 'refused']) {
        house.clock.advance(121 * SECOND);
        assert.equal(await hold(house, 'ada'), expected);
      }
      house.clock.advance(3600 * SECOND);
      assert.equal(await hold(house, 'ada'), 'held');
    });
    assert.equal(count(left, 'login.held', 'refused'), 2);
  });

  it('hold for one network device, whoever comes there, and leave others be', async (t) => {
    const house = await open(t, { logins: { ofDevice: 2 } });
    for (const name of ['ada', 'bob', 'cyn']) await house.operator(name);
    const other = await addClient(house, 'lab', '192.0.2.99');
    assert.deepEqual(
      [await hold(house, 'ada'), await hold(house, 'bob'), await hold(house, 'cyn')],
      ['held', 'held', 'refused'],
    );
    assert.equal(await hold(house, 'cyn', other), 'held');
    house.clock.advance(121 * SECOND);
    assert.equal(await hold(house, 'cyn'), 'held');
  });

  it('hold for one network device though many come there at once', async (t) => {
    const house = await open(t, { logins: { ofDevice: 2 } });
    const names = ['ada', 'bob', 'cyn', 'dan', 'eve', 'fay', 'gus', 'hal'];
    for (const name of names) await house.operator(name);
    const attempts = await Promise.all(names.map((name) => house.begin(name)));
    const left = await eventsOf(house, async () => {
      const all = await Promise.all(attempts.map((token) => house.hold(token, true)));
      const states = all.map(({ state }) => state).toSorted();
      assert.deepEqual(states, ['held', 'held', ...Array(6).fill('refused')]);
    });
    assert.equal(count(left, 'login.held', 'challenged'), 2);
    assert.equal(count(left, 'login.held', 'refused'), 6);
  });

  it('hold for one application though it asks for many at once', async (t) => {
    const house = await open(t, { requests: { ofApp: 2 } });
    const till = await askingApp(house, 'Till');
    const names = ['ada', 'bob', 'cyn', 'dan', 'eve', 'fay', 'gus', 'hal'];
    const all = await Promise.all(names.map((name) => till.ask(name)));
    const states = all.map(({ status }) => status).toSorted();
    assert.deepEqual(states, [200, 200, ...Array(6).fill(429)]);
  });

  it('say for how long, whatever a door asks for', async (t) => {
    const house = await open(t, { logins: { time: '30s' } });
    const ada = await house.operator('ada');
    // The door of this test asks for two minutes.
    assert.equal(await hold(house, 'ada'), 'held');
    const session = await house.signedIn(ada);
    house.clock.advance(28 * SECOND);
    assert.equal((await house.waiting(session)).length, 1);
    house.clock.advance(2 * SECOND);
    assert.deepEqual(await house.waiting(session), []);
  });

  it('say after how many wrong numbers there is peace', async (t) => {
    const house = await open(t, { logins: { mismatches: 1 } });
    const ada = await house.operator('ada');
    assert.equal(await hold(house, 'ada'), 'held');
    const session = await house.signedIn(ada);
    const [id = ''] = await house.waiting(session);
    assert.equal(await house.answer(session, id, 0), 'mismatched');
    assert.equal(await hold(house, 'ada'), 'refused');
    house.clock.advance(3600 * SECOND);
    assert.equal(await hold(house, 'ada'), 'held');
  });

  it('hold for requests of applications', async (t) => {
    const house = await open(t, { requests: { waiting: 1, time: '60s', ofApp: 2 } });
    const ada = await house.operator('ada');
    const till = await askingApp(house, 'Till');
    const wiki = await askingApp(house, 'Wiki');
    const asked = await till.ask('ada', { requested_expiry: '300' });
    assert.deepEqual([asked.status, asked.body.expires_in], [200, 60]);
    // In silence: it is shown to nobody.
    assert.equal((await wiki.ask('ada')).status, 200);
    const session = await house.signedIn(ada);
    const { appRequests } = house.house;
    const list = async () => {
      const listed = await appRequests.list(session, house.arrival());
      return listed.state === 'done' ? listed.value.map(({ title }) => title) : listed.state;
    };
    assert.deepEqual(await list(), ['Till']);
    assert.equal((await till.ask('bob')).status, 200);
    assert.equal((await till.ask('cyn')).status, 429);
    house.clock.advance(61 * SECOND);
    assert.deepEqual(await list(), []);
    assert.equal((await till.ask('cyn')).status, 200);
  });

  it('can be set within limits alone', () => {
    const fits = (approvals: object) => configSchema.safeParse({ gate: { approvals } }).success;
    assert.ok(fits({}));
    for (const wrong of [
      { logins: { waiting: 0 } },
      { logins: { waiting: 17 } },
      { logins: { inAnHour: 2 } },
      { logins: { inAnHour: 101 } },
      { logins: { time: '29s' } },
      { logins: { time: '6m' } },
      { logins: { ofDevice: 0 } },
      { logins: { ofDevice: 1001 } },
      { logins: { mismatches: 0 } },
      { logins: { mismatches: 11 } },
      { requests: { waiting: 17 } },
      { requests: { time: '6m' } },
      { requests: { ofApp: 1001 } },
      { logins: { other: 1 } },
    ]) {
      assert.equal(fits(wrong), false, JSON.stringify(wrong));
    }
  });
});
