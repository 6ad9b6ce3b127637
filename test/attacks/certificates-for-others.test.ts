/**
 * Somebody whom policies let issue certificates for machines, who has one issued for an administrator, for a key of their own: whoever
 * comes with it comes as its owner's card (T1649, T1098). So whose a certificate is to be is what policies are asked about.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { makeRequest } from '../../bench/house/certificate-requests.ts';
import { CERTIFICATES } from '../../server/gate/wishes.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { writePem } from '../../server/wire/der/pem.ts';
import { count, eventsOf } from '../support/events.ts';
import { addDevice } from '../support/network.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from '../support/served-people.ts';

const BY = { door: 'cli' } as const;
const POLICIES = `
@id("machines-from-the-workshop")
@because("The workshop has certificates issued for machines.")
permit (principal in Group::"workshop", action == Action::"certificate.issue", resource is Part);

@id("badges-from-the-desk")
@because("The desk has certificates issued for people without a role.")
permit (principal in Group::"desk", action == Action::"certificate.issue", resource is Person)
unless { resource in [Role::"administrator", Role::"operator", Role::"auditor"] };

@id("nobody-is-the-gateway")
@because("The workshop has its own servers, and not the gateway's name.")
forbid (principal in Group::"workshop", action == Action::"certificate.issue", resource)
when { context.certificate.kind == "server" && context.certificate.names.contains("vpn.example.com") };
`;

describe('whoever may issue certificates, but not for everybody', () => {
  let house: ServedHouse;
  let root: PasskeyPerson;
  const people = new Map<string, PasskeyPerson>();
  const tokens = new Map<string, string>();
  before(async () => {
    const policies = { ...shippedPolicies(), 'mine.cedar': POLICIES };
    house = await openServedHouse({ parts: { shippedPolicies: policies } });
    root = await passkeyPerson(house, 'root', ['administrator']);
    await passkeyPerson(house, 'ada');
    const { acts, store } = house.house;
    for (const group of ['workshop', 'desk']) {
      const person = await passkeyPerson(house, `one-of-the-${group}`);
      await store.write((tx) => acts.change(tx, person.id, { groups: [group] }, BY));
      people.set(group, person);
    }
    await addDevice(house, 'plc', { kind: 'controller' });
    await house.house.authority.chain();
  });
  after(() => house.close());
  beforeEach(async () => {
    house.clock.advance(60_000);
    for (const [group, person] of people) {
      tokens.set(group, (await passkeySignIn(house, person)).session.token);
    }
  });
  const requestOf = (name: string) => writePem('CERTIFICATE REQUEST', makeRequest(name));
  async function issue(group: string, kind: 'person' | 'device', named: string, id = named) {
    const body = { request: requestOf(named), profile: kind, subject: { kind, id } };
    const answer = await house.api('issueCertificate', { token: tokens.get(group) ?? '', body });
    return answer.status === 201 ? 'issued' : answer.json.code;
  }

  it('has none issued for an administrator, by whatever name, nor one of theirs renewed', async () => {
    const { store, certificateActs } = house.house;
    const wanted = { kind: 'person', named: 'root', profile: 'person' } as const;
    const own = await store.write((tx) =>
      certificateActs.issue(tx, { ...wanted, csr: makeRequest('root') }, BY),
    );
    assert.ok(own.ok);
    const { serial } = own.value;
    const seen = await eventsOf(house, async () => {
      for (const group of ['workshop', 'desk']) {
        assert.equal(await issue(group, 'person', 'root'), 'not-permitted', group);
        assert.equal(await issue(group, 'person', 'root', root.id), 'not-permitted', group);
        const token = tokens.get(group) ?? '';
        const body = { request: requestOf('root') };
        const renewed = await house.api('renewCertificate', { token, params: { serial }, body });
        assert.equal(renewed.json.code, 'not-permitted', group);
      }
    });
    assert.equal(count(seen, 'access.refused', 'refused'), 6);
    assert.equal(count(seen, 'certificate.issued') + count(seen, 'certificate.renewed'), 0);
  });

  it('has those issued that it may: for machines, or for people without a role', async () => {
    const seen = await eventsOf(house, async () => {
      assert.equal(await issue('workshop', 'device', 'plc'), 'issued');
      assert.equal(await issue('workshop', 'person', 'ada'), 'not-permitted');
      assert.equal(await issue('desk', 'person', 'ada'), 'issued');
      assert.equal(await issue('desk', 'device', 'plc'), 'not-permitted');
    });
    assert.equal(count(seen, 'certificate.issued', 'done'), 2);
    assert.equal(count(seen, 'access.refused', 'refused'), 2);
  });

  it('has none issued or renewed by a name that policies keep from them, however it is written', async () => {
    const { store, certificateActs } = house.house;
    const wanted = { kind: 'server', named: 'vpn.example.com', profile: 'server' } as const;
    const names = { dns: ['vpn.example.com'] };
    const own = await store.write((tx) =>
      certificateActs.issue(tx, { ...wanted, names, csr: makeRequest('vpn.example.com') }, BY),
    );
    assert.ok(own.ok, JSON.stringify(own));
    const token = tokens.get('workshop') ?? '';
    async function asServer(id: string, dns: readonly string[]) {
      const subject = { kind: 'server', id };
      const body = { request: requestOf(id), profile: 'server', subject, names: { dns } };
      const answer = await house.api('issueCertificate', { token, body });
      return answer.status === 201 ? 'issued' : answer.json.code;
    }
    const seen = await eventsOf(house, async () => {
      for (const [host, ...dns] of [
        ['vpn.example.com', 'vpn.example.com'],
        ['plc.example.com', 'plc.example.com', 'VPN.example.com'],
        ['VPN.Example.com', 'plc.example.com'],
      ] as const) {
        assert.equal(await asServer(host, dns), 'not-permitted', host);
      }
      const params = { serial: own.value.serial };
      const body = { request: requestOf('vpn.example.com') };
      const renewed = await house.api('renewCertificate', { token, params, body });
      assert.equal(renewed.json.code, 'not-permitted');
      assert.equal(await asServer('plc.example.com', ['plc.example.com']), 'issued');
    });
    assert.equal(count(seen, 'access.refused', 'refused'), 4);
    assert.equal(count(seen, 'certificate.issued', 'done'), 1);
  });

  it('is told so by a trial, too', async () => {
    const { tryOut } = house.house;
    const tried = async (names: readonly string[]) => {
      const outcome = await tryOut({
        asker: { roles: [], groups: ['workshop'], holds: ['webauthn'] },
        wish: async () => ({ action: 'certificate.issue', resource: CERTIFICATES }),
        circumstances: {
          ...{ door: 'api', source: '192.0.2.1', trustedNetwork: false, knownDevice: true },
          time: 1_767_600_000,
          certificate: { kind: 'server', profile: 'server', names },
        },
        shown: [{ kind: 'webauthn', age: 1 }],
        files: undefined,
      });
      return outcome.ok ? outcome.value.simulation.answer.state : outcome.error.code;
    };
    assert.equal(await tried(['vpn.example.com']), 'refused');
    assert.equal(await tried(['plc.example.com']), 'permitted');
  });
});
