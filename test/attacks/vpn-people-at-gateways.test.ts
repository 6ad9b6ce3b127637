/** Whoever may come in through a VPN gateway, at the gateway's own prompt (P9; T1078, T1133, T0886): its administration is for others. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { NetworkClient } from '../../server/gate/network/network-words.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addClient, networkArrival } from '../support/network.ts';
import { enrolledPerson, type TestPerson } from '../support/people.ts';

describe('the group remote-access', () => {
  let test: TestHouse;
  let gateway: NetworkClient;
  let ada: TestPerson;
  before(async () => {
    test = await openTestHouse();
    gateway = await addClient(test, 'gateway', undefined, 'radius', { kind: 'vpn' });
    ada = await enrolledPerson(test, 'ada');
    const changed = await test.house.store.write((tx) =>
      test.house.people.change(tx, ada.id, { groups: ['remote-access'] }, { door: 'cli' }),
    );
    assert.ok(changed.ok);
  });
  after(() => test.close());

  async function logIn(service: string): Promise<string> {
    const { network } = test.house.gate;
    const arrival = networkArrival(test, gateway);
    const first = await network.logIn({ identifier: 'ada', client: gateway, service }, arrival, {
      kind: 'password',
      data: { password: ada.password },
    });
    if (first.state !== 'challenged') return first.state;
    const offer = { kind: 'totp', data: { code: ada.totp.code() } } as const;
    const second = await network.prove(first.attempt.token, offer, arrival);
    test.clock.advance(30_000);
    return second.state;
  }

  it('comes in through the gateway, and logs in to nothing of its own', async () => {
    const left = await eventsOf(test, async () => {
      for (const service of ['admin', 'enable', 'ssh', 'login', '']) {
        assert.equal(await logIn(service), 'refused', service);
        // Guesses are slowed down, and these count as such.
        test.clock.advance(600_000);
      }
      assert.equal(await logIn('vpn'), 'granted');
    });
    assert.equal(count(left, 'login.granted', 'granted'), 1);
    assert.equal(left.filter(({ outcome }) => outcome === 'refused').length, 5);
  });

  it('has no shell and no command at the gateway by what goes through it', async () => {
    const { network } = test.house.gate;
    const groups = async (...names: string[]) => {
      const changed = await test.house.store.write((tx) =>
        test.house.people.change(tx, ada.id, { groups: names }, { door: 'cli' }),
      );
      assert.ok(changed.ok);
    };
    // Whoever may do both is at the gateway by the login there, and not by the tunnel.
    await groups('remote-access', 'network-operators');
    const run = async () => {
      const session = await network.sessionOf(gateway, 'ada');
      const arrival = networkArrival(test, gateway, { door: 'tacacs' });
      const asked = { session, client: gateway, command: 'show', args: ['version'] };
      return (await network.command(asked, arrival)).state;
    };
    const left = await eventsOf(test, async () => {
      assert.equal(await logIn('vpn'), 'granted');
      assert.equal(await network.sessionOf(gateway, 'ada'), undefined);
      assert.equal(await run(), 'refused');
      assert.equal(await logIn('admin'), 'granted');
      assert.equal(await logIn('vpn'), 'granted');
      const session = await network.sessionOf(gateway, 'ada');
      assert.ok(session !== undefined && (await network.stands(session, gateway)));
      assert.equal(await run(), 'granted');
    });
    assert.equal(count(left, 'command.refused', 'refused'), 1);
    assert.equal(count(left, 'command.granted', 'granted'), 1);
  });
});
