/** What a device tells of itself, where policies ask for it: as it comes onto a network, and while it is there. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { NetworkClient } from '../../server/gate/network/network-words.ts';
import { HOUR, MINUTE } from '../../server/kernel/clock.ts';
import type { Posture } from '../../server/main/posture/gather.ts';
import {
  addDevice,
  type DeviceKey,
  GOOD_POSTURE,
  giveProof,
  makeDeviceKey,
  postureBy,
} from '../support/devices.ts';
import { count, eventsOf, type TestEvent } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addClient, certify, networkArrival } from '../support/network.ts';
import { activateForNetwork } from '../support/network-policies.ts';

/** One network device for each part of what a device tells, so that each is asked for alone. */
const ASKS = {
  disk: 'context.device.diskEncrypted == "yes"',
  screen: 'context.device.screenLock == "yes"',
  boot: 'context.device.secureBoot == "yes"',
  // What is not known to be no is let in.
  lenient: 'context.device.diskEncrypted != "no"',
  system: 'context.device.system like "Debian GNU/Linux 13*"',
  all: 'context.device.compliant',
  lately: 'context.device has postureAge && context.device.postureAge <= 600',
} as const;
type Ask = keyof typeof ASKS;

const POLICIES = [
  `@id("all-join") @because("Devices come in.")
  permit (principal is Device, action == Action::"joinNetwork", resource);`,
  ...Object.entries(ASKS).map(
    ([ask, what]) => `@id("${ask}") @because("Tell of it.")
  forbid (principal is Device, action == Action::"joinNetwork", resource in Group::"${ask}")
  unless { ${what} };`,
  ),
].join('\n');

describe('the posture of a device that joins', () => {
  let test: TestHouse;
  let key: DeviceKey;
  let chain: readonly Uint8Array[];
  const at = new Map<Ask, NetworkClient>();

  before(async () => {
    test = await openTestHouse();
    await activateForNetwork(test, POLICIES);
    const device = await addDevice(test, 'laptop');
    key = makeDeviceKey();
    await giveProof(test, 'laptop', { kind: 'key', name: 'k', publicKey: key.pem });
    ({ chain } = await certify(test, device));
    for (const [index, ask] of Object.keys(ASKS).entries()) {
      const client = await addClient(test, ask, `192.0.2.${20 + index}`, 'radius', {
        groups: [ask],
      });
      at.set(ask as Ask, client); // A key of what is gone through.
    }
  });
  after(() => test.close());

  const join = (ask: Ask) => {
    const client = at.get(ask) ?? assert.fail();
    const { network } = test.house.gate;
    const certificate = { certificate: chain, service: 'wired' };
    return network.admit(certificate, client, networkArrival(test, client));
  };
  const joined = async () => {
    const entered: Ask[] = [];
    for (const ask of at.keys()) if ((await join(ask)).state === 'granted') entered.push(ask);
    return entered;
  };
  const tell = async (posture: Partial<Posture>) => {
    test.clock.advance(MINUTE);
    const signed = postureBy(test, key, { ...GOOD_POSTURE, ...posture });
    const taken = await test.house.postureReports.take(signed, test.arrival());
    assert.deepEqual(taken, { ok: true, value: undefined });
  };

  it('is unknown before it told anything, which is neither yes nor no', async () => {
    assert.deepEqual(await joined(), ['lenient']);
  });

  it('is seen part by part', async () => {
    await tell({});
    assert.deepEqual(await joined(), Object.keys(ASKS));
    await tell({ diskEncrypted: 'no', system: 'Debian GNU/Linux 12' });
    assert.deepEqual(await joined(), ['screen', 'boot', 'lately']);
    await tell({ diskEncrypted: 'unknown', screenLock: 'no' });
    assert.deepEqual(await joined(), ['boot', 'lenient', 'system', 'lately']);
    await tell({ secureBoot: 'unknown' });
    assert.deepEqual(await joined(), ['disk', 'screen', 'lenient', 'system', 'lately']);
  });

  it('is as old as it is: soon too old for a policy that says so, and after a day unknown', async () => {
    await tell({});
    test.clock.advance(10 * MINUTE);
    assert.equal((await join('lately')).state, 'granted');
    test.clock.advance(MINUTE);
    assert.equal((await join('lately')).state, 'refused');
    assert.equal((await join('system')).state, 'granted');
    test.clock.advance(24 * HOUR);
    assert.deepEqual(await joined(), ['lenient']);
  });

  it('puts it out where it tells that it is no more as it was, and leaves it where that was not asked for', async () => {
    await tell({});
    const there = async (ask: Ask) => {
      const outcome = await join(ask);
      assert.ok(outcome.state === 'granted');
      return outcome.login.session;
    };
    const [disk, boot] = [await there('disk'), await there('boot')];
    const ended = (left: readonly TestEvent[]) =>
      left.flatMap(({ type, data: { login, why, policies } }) =>
        type === 'login.ended' && (login === disk || login === boot)
          ? [{ login, why, policies }]
          : [],
      );
    const telling = (posture: Partial<Posture>) =>
      eventsOf(test, async () => {
        await tell(posture);
        await test.house.gate.settleNetwork();
      });
    assert.deepEqual(ended(await telling({})), [], 'what is told again changes nothing');
    const left = await telling({ diskEncrypted: 'no' });
    assert.deepEqual(ended(left), [{ login: disk, why: 'judged', policies: ['disk'] }]);
    assert.equal(count(left, 'device.posture-reported', 'done'), 1);
  });
});
