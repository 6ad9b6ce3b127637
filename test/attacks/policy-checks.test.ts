/**
 * Policies that somebody has checked or tried without end (T1499.003): each takes a thread of its own, many megabytes and seconds of a
 * processor, and whoever may look at policies may ask for it. One at a time of each person, so that no auditor takes the machine
 * away from those who administer it.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { type ApiHouse, openApiHouse } from '../api/api-house.ts';
import { type ApiPerson, enrolled, signIn } from '../api/people.ts';
import { count, eventsOf } from '../support/events.ts';

describe('checking policies again and again', () => {
  let api: ApiHouse;
  let auditor: ApiPerson;
  let audit: string;
  let admin: string;
  before(async () => {
    api = await openApiHouse();
    auditor = await enrolled(api, 'auditor', ['auditor']);
    audit = await signIn(api, auditor);
    admin = await signIn(api, await enrolled(api, 'boss', ['administrator']));
  });
  after(() => api.close());

  const files = shippedPolicies();
  const check = (token: string) => api.call('checkPolicies', { token, body: { files } });
  const simulate = (token: string) =>
    api.call('simulatePolicies', {
      token,
      body: { person: auditor.id, action: 'signIn', files },
    });
  const statuses = (answers: readonly { status: number }[]) =>
    answers.map(({ status }) => status).sort();

  it('is done once at a time for each, and holds up nobody else', async () => {
    const seen = await eventsOf(api, async () => {
      const many = [check(audit), simulate(audit), check(audit), simulate(audit)];
      const [own, ...others] = await Promise.all([check(admin), ...many]);
      assert.equal(own.status, 200);
      assert.deepEqual(statuses(others), [200, 503, 503, 503]);
      const refused = others.find(({ status }) => status === 503);
      assert.equal(refused?.body.code, 'policy-not-checked');
      assert.equal(refused?.body.retryAfter, 30);
      assert.deepEqual(statuses([await check(audit), await simulate(audit)]), [200, 200]);
    });
    assert.equal(count(seen, 'policy.activated'), 0);
  });

  it('keeps no administrator from putting policies in force', async () => {
    const body = { files: { ...files, 'more.cedar': MORE }, expected: 0 };
    const [activated] = await Promise.all([
      api.call('activatePolicies', { token: admin, body }),
      check(audit),
      check(audit),
      check(audit),
    ]);
    assert.equal(activated.status, 201, JSON.stringify(activated.body));
    assert.equal(activated.body.version, 1);
  });
});

const MORE =
  '@id("more") @because("Nobody signs in from there.") forbid (principal, action == Action::"signIn", resource) when { context.source.isInRange(ip("203.0.113.0/24")) };';
