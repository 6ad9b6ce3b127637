/**
 * Wired 802.1X between two network namespaces: hostapd is the switch, wpa_supplicant the device, and a cable is between them. The
 * switch asks us over RADIUS, and is told by us to put the device out (D4).
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { type Certified, type EapHouse, openEapHouse } from './eap-house.ts';
import { networkBlock, whichProgram } from './eapol-test.ts';
import { CABLE, type Namespaces, openNamespaces, type Running } from './namespaces.ts';

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
    door = await opened.openDoor(ours);
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
      radius_das_port: 3799,
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

  function plugIn(who: Certified, phase1: string): Running {
    const file = join(folder, 'supplicant.conf');
    const block = networkBlock(
      {
        eap: 'TLS',
        identity: who.name,
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
