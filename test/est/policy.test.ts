/** Policies decide who gets a certificate, from where and with what: each time, at both doors. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { type EnrolmentHouse, openEnrolmentHouse } from '../support/enrolment.ts';
import { count, eventsOf } from '../support/events.ts';

const OWN = `
@id("renewing-alone")
@because("Pumps get their first certificate by hand.")
forbid (principal is Device, action == Action::"enrolCertificate", resource)
when { principal in Group::"pumps" && context.proven.enrolmentOnly };

@id("no-phones")
@because("Phones get no certificates here.")
forbid (principal in Group::"kind:controller", action == Action::"enrolCertificate", resource)
when { principal in Group::"plant" && context.door == "est" };
`;

describe('policies on certificates for devices', () => {
  let house: EnrolmentHouse;
  before(async () => {
    house = await openEnrolmentHouse({
      parts: { shippedPolicies: { ...shippedPolicies(), 'own.cedar': OWN } },
    });
  });
  after(() => house.close());

  const enrol = (name: string, pass: string) =>
    house.curl(
      '/.well-known/est/simpleenroll',
      ...['-H', 'Content-Type: application/pkcs10', '--data-binary', `@${name}.b64`],
      ...['-u', `device:${pass}`],
    );

  it('forbid a group of devices what others may, and leave the pass as it was', async () => {
    const { store, devices } = house.house;
    for (const [group, policy] of [
      ['pumps', 'renewing-alone'],
      ['plant', 'no-phones'],
    ] as const) {
      const device = await house.addDevice(`of-${group}`);
      const pass = await house.issuePass(device);
      house.request(group, `/CN=of-${group}`);
      const grouped = (groups: readonly string[]) =>
        store.write((tx) => devices.change(tx, device.id, { groups }, { door: 'cli' }));
      await grouped([group]);
      const seen = await eventsOf(house, async () => {
        const answer = await enrol(group, pass.secret);
        assert.equal(answer.status, 403);
        assert.match(answer.body, /policy/);
      });
      const refused = seen.find(({ type }) => type === 'device.enrolment-refused');
      assert.equal(refused?.reason, 'not-permitted');
      assert.match(JSON.stringify(refused?.data.policies), new RegExp(policy));
      assert.equal(count(seen, 'certificate.issued'), 0);

      await grouped([]);
      const right = await eventsOf(house, async () => {
        assert.equal((await enrol(group, pass.secret)).status, 200);
      });
      const enrolled = right.find(({ type }) => type === 'device.enrolled');
      assert.match(JSON.stringify(enrolled?.data.policies), /devices-enrol/);
    }
  });
});
