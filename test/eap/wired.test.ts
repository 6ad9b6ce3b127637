/**
 * Wired 802.1X between two network namespaces: hostapd is the switch, wpa_supplicant the device, and a cable is between them. The
 * switch asks us over RADIUS, and is told by us to put the device out (D4).
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { createDisconnects } from '../../server/doors/radius/disconnects.ts';
import { systemClock } from '../../server/kernel/clock.ts';
import { type Later, systemLater } from '../../server/kernel/later.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { count, eventsOf, onRecord } from '../support/events.ts';
import { activateForNetwork } from '../support/network-policies.ts';
import { type Certified, type EapHouse, openEapHouse } from './eap-house.ts';
import { networkBlock, whichProgram } from './eapol-test.ts';
import { CABLE, type Namespaces, openNamespaces, type Running } from './namespaces.ts';

const DAS_PORT = 3799;
const hostapd = whichProgram('hostapd');
const supplicant = whichProgram('wpa_supplicant');
const opening = (): Namespaces | string => {
  if (whichProgram('ip') === undefined) return 'ip is not here (apt-get install iproute2)';
  if (hostapd === undefined) return 'hostapd is not here (apt-get install hostapd)';
  if (supplicant === undefined) return 'wpa_supplicant is not here (apt-get install wpasupplicant)';
  return openNamespaces(process.pid);
};
const spaces = opening();

describe('wired 802.1X', { skip: typeof spaces === 'string' ? spaces : false }, () => {
  // A string is skipped.
  const { hall, device, ours, theirs, run, close } = spaces as Namespaces;
  const folder = mkdtempSync(join(tmpdir(), 'wired-'));
  let opened: EapHouse;
  let door: Awaited<ReturnType<EapHouse['openDoor']>>;
  let port: Running;
  let sensor: Certified;

  before(async () => {
    opened = await openEapHouse({}, theirs);
    sensor = await opened.device('sensor-1');
    door = await opened.openDoor(ours, { change: ['hall'] });
    const secret = Buffer.from(opened.client.secret ?? []).toString();
    const file = join(folder, 'hostapd.conf');
    const settings = {
      interface: CABLE.hall,
      driver: 'wired',
      logger_stdout: -1,
      logger_stdout_level: 0,
      ieee8021x: 1,
      use_pae_group_addr: 1,
      eap_reauth_period: 0,
      nas_identifier: 'hall',
      own_ip_addr: theirs,
      auth_server_addr: ours,
      auth_server_port: door.port,
      auth_server_shared_secret: secret,
      acct_server_addr: ours,
      acct_server_port: door.accountingPort,
      acct_server_shared_secret: secret,
      radius_das_port: DAS_PORT,
      radius_das_client: `${ours} ${secret}`,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(file, lines.join(''), { mode: 0o600 });
  });
  // Each time anew: a switch that was told no waits for a minute (IEEE 802.1X-2004, 8.2.4.1.2, quietPeriod).
  beforeEach(async () => {
    port = run(hall, hostapd ?? '', ['-d', join(folder, 'hostapd.conf')]);
    await port.says(/AP-ENABLED/);
  });
  afterEach(() => port?.stop());
  after(async () => {
    await door?.close();
    await opened?.close();
    if (typeof spaces !== 'string') close();
    rmSync(folder, { recursive: true, force: true });
  });

  function plugIn(who: Certified, phase1: string, identity = who.name): Running {
    const file = join(folder, 'supplicant.conf');
    const block = networkBlock(
      {
        eap: 'TLS',
        identity,
        ca_cert: opened.root,
        domain_suffix_match: 'localhost',
        client_cert: who.cert,
        private_key: who.key,
        phase1,
      },
      folder,
    );
    writeFileSync(file, `ap_scan=0\n${block}`, { mode: 0o600 });
    return run(device, supplicant ?? '', ['-d', '-D', 'wired', '-i', CABLE.device, '-c', file]);
  }

  for (const [version, phase1] of [
    ['TLS 1.2', 'tls_disable_tlsv1_3=1'],
    ['TLS 1.3', 'tls_disable_tlsv1_3=0'],
  ] as const) {
    it(`opens the port for a device with a certificate, with ${version}`, async () => {
      const from = port.mark();
      const peer = plugIn(sensor, phase1);
      try {
        await peer.says(/CTRL-EVENT-EAP-SUCCESS/);
        await peer.says(/CTRL-EVENT-CONNECTED/);
        await port.says(/authorizing port|authorized/, from);
        assert.ok(peer.log().includes(`Using TLS version ${version.replace('TLS ', 'TLSv')}`));
      } finally {
        await peer.stop();
      }
    });
  }

  it('keeps it shut for one whose certificate was revoked', async () => {
    const lost = await opened.device('lost-1');
    await opened.revoke(lost);
    const peer = plugIn(lost, 'tls_disable_tlsv1_3=0');
    try {
      await peer.says(/CTRL-EVENT-EAP-FAILURE/);
      assert.ok(!peer.log().includes('CTRL-EVENT-EAP-SUCCESS'));
    } finally {
      await peer.stop();
    }
  });

  it('says no to a change that it has not, puts out whom it is asked to, and is deaf to others’ secrets', async () => {
    const peer = plugIn(sensor, 'tls_disable_tlsv1_3=0');
    const soon: Later = (milliseconds, work) => {
      const timer = setTimeout(work, milliseconds / 20);
      return () => clearTimeout(timer);
    };
    const clock = systemClock();
    const asking = createDisconnects({ later: systemLater(), notice: () => {}, clock }, DAS_PORT);
    const hasty = createDisconnects({ later: soon, notice: () => {}, clock }, DAS_PORT);
    try {
      await port.says(/AP-STA-CONNECTED/);
      const [, mac = ''] = /AP-STA-CONNECTED ([0-9a-f:]{17})/.exec(port.log()) ?? [];
      const session = {
        id: opened.test.house.ids.next<'network-session'>(),
        client: opened.client,
        address: theirs,
        name: 'sensor-1',
        deviceSession: undefined,
        station: mac.toUpperCase().replaceAll(':', '-'),
        port: undefined,
      };
      const from = port.mark();
      const since = () => port.log().slice(from);
      // hostapd changes nothing of what we know to say: Error-Cause 401, Unsupported Attribute (RFC 5176 §3.5).
      const change = { ...session, attributes: { vlan: '30' }, until: Date.now() + 60_000 };
      assert.deepEqual(await asking.change(change), { answer: 'refused', cause: 401 });
      await port.says(/Unsupported attribute 64 in CoA-Request/, from);

      const client = { ...opened.client, secret: new TextEncoder().encode('x'.repeat(40)) };
      assert.deepEqual(await hasty.end({ ...session, client }), { answer: 'unanswered' });
      await port.says(/invalid Request Authenticator|Authenticator/i, from);
      assert.deepEqual(await asking.end({ ...session, station: '02-00-5E-00-00-01' }), {
        answer: 'done',
      });
      await port.says(/Session not found for request/, from);
      assert.doesNotMatch(since(), /AP-STA-DISCONNECTED/);

      assert.deepEqual(await asking.end(session), { answer: 'done' });
      await port.says(/Found a matching session .* - disconnecting/, from);
      await port.says(/AP-STA-DISCONNECTED/, from);
    } finally {
      asking.stop();
      hasty.stop();
      await peer.stop();
    }
  });

  it('shuts it when it can’t be told what policies say now, and the record shows both', async () => {
    const { test } = opened;
    const { 'network.cedar': shipped = '' } = shippedPolicies();
    const moved = await opened.device('sensor-2');
    const peer = plugIn(moved, 'tls_disable_tlsv1_3=0');
    try {
      await peer.says(/CTRL-EVENT-CONNECTED/);
      const from = port.mark();
      const seen = await eventsOf(test, async () => {
        const more = `@id("sensors-apart")
@because("Sensors have a network of their own.")
@reply("vlan=30")
permit (principal is Device, action == Action::"joinNetwork", resource)
when { context.proven.phishingResistant };
`;
        await activateForNetwork(test, `${shipped}\n${more}`);
        await test.house.gate.settleNetwork();
        await port.says(/AP-STA-DISCONNECTED/, from);
        await onRecord(test, 'login.told', 2, moved.id);
      });
      const ofIt = seen.filter(({ subject }) => subject === moved.id);
      const asked = ofIt.filter(({ type }) => type === 'login.told').map(({ data }) => data);
      assert.deepEqual(
        asked.map((one) => [one.asked, one.answer, one.cause]),
        [
          ['change', 'refused', 401],
          ['end', 'done', undefined],
        ],
      );
      assert.equal(count(ofIt, 'login.ended'), 1);
    } finally {
      await activateForNetwork(test, shipped);
      await peer.stop();
    }
  });

  for (const [called, identity] of [
    ['sensor-3', 'anonymous'],
    ['sensor-4', 'host/sensor-4'],
  ] as const) {
    it(`shuts it for whoever calls themselves “${identity}”, as soon as their certificate is revoked`, async () => {
      const { test } = opened;
      const stolen = await opened.device(called);
      const peer = plugIn(stolen, 'tls_disable_tlsv1_3=0', identity);
      try {
        await peer.says(/CTRL-EVENT-CONNECTED/);
        const from = port.mark();
        const seen = await eventsOf(test, async () => {
          await opened.revoke(stolen);
          await test.house.gate.settleNetwork();
          await onRecord(test, 'login.told', 1, stolen.id);
        });
        const about = seen.filter(({ type }) => type === 'login.told').map(({ data }) => data);
        assert.deepEqual(
          about.map(({ asked, answer }) => [asked, answer]),
          [['end', 'done']],
        );
        assert.doesNotMatch(port.log().slice(from), /Session not found for request/);
        await port.says(/AP-STA-DISCONNECTED/, from);
      } finally {
        await peer.stop();
      }
    });
  }

  it('shuts it when the device is disabled, since the switch is told', async () => {
    const peer = plugIn(sensor, 'tls_disable_tlsv1_3=0');
    try {
      await peer.says(/CTRL-EVENT-CONNECTED/);
      const from = port.mark();
      const { house } = opened.test;
      await house.store.write(async (tx) => {
        const found = await house.devices.byName(tx, 'sensor-1');
        assert.ok(found);
        const done = await house.devices.disable(tx, found.id, { door: 'cli' });
        assert.ok(done.ok, JSON.stringify(done));
      });
      await house.gate.settleNetwork();
      await port.says(/DAS: Found a matching session/, from);
      await port.says(/AP-STA-DISCONNECTED/, from);
      await port.says(/stopped accounting session/, from);
    } finally {
      await peer.stop();
    }
    const again = plugIn(sensor, 'tls_disable_tlsv1_3=0');
    try {
      await again.says(/CTRL-EVENT-EAP-FAILURE/);
    } finally {
      await again.stop();
    }
  });
});
