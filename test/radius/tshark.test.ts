/** What goes to and fro over UDP, read by tshark, which is not ours: every packet whole, the signatures of answers right, every attribute by its name. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { attribute, CODE, TYPE } from '../../server/wire/radius/packet.ts';
import { activateForNetwork } from '../support/network-policies.ts';
import { att, openRadiusClient, type RadiusClient } from '../support/radius-client.ts';
import { openRadiusHouse, type RadiusHouse } from '../support/radius-house.ts';

const skip =
  (spawnSync('tshark', ['--version']).status !== 0 ||
    spawnSync('text2pcap', ['--version']).status !== 0) &&
  'tshark is not installed';

const POLICY = `@id("operators") @because("They log in.")
@reply("privilege=15 vlan=30 filter=staff role=network-admin sessionTimeout=600")
permit (principal in Group::"network-operators", action == Action::"logIn", resource);`;

describe('tshark', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'radius-pcap-'));
  let house: RadiusHouse;
  let device: RadiusClient;

  before(async () => {
    house = await openRadiusHouse({}, { groups: ['cisco'] });
    await activateForNetwork(house.test, POLICY);
    device = await openRadiusClient(house.secret);
  });
  after(async () => {
    await device.close();
    await house.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** One conversation in turns, as it would have been captured, read with the key. */
  function read(name: string, port: number, packets: readonly Uint8Array[], key = house.secret) {
    const file = join(folder, `${name}.pcap`);
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').replaceAll(/../g, ' $&');
    const input = packets.map((bytes, at) => `${at % 2 === 0 ? 'I' : 'O'}\n0000${hex(bytes)}\n`);
    const made = spawnSync('text2pcap', ['-D', '-u', `40000,${port}`, '-', file], {
      input: input.join('\n'),
    });
    assert.equal(made.status, 0, String(made.stderr));
    const settings = [
      `radius.shared_secret:${Buffer.from(key)}`,
      'radius.validate_authenticator:TRUE',
    ].flatMap((one) => ['-o', one]);
    return String(spawnSync('tshark', ['-r', file, '-V', ...settings]).stdout);
  }
  const times = (text: string, what: RegExp) => [...text.matchAll(what)].length;
  function finds(text: string, ...words: string[]) {
    for (const one of words) assert.ok(text.includes(one), `${one}\n${text}`);
    assert.doesNotMatch(text, /Malformed|Unknown-Attribute|Expert Info \(Error/);
  }
  /** Asks, and gives what went both ways. */
  async function exchange(request: Uint8Array, port: number) {
    const answer = await device.ask(request, port);
    return { answer, both: [request, new Uint8Array(answer.bytes)] as const };
  }

  it('reads a login with its challenge, and finds the answers signed', async () => {
    const { authentication } = house.door.ports();
    const { ada } = house;
    const asked = await exchange(device.pap('ada', ada.password), authentication);
    assert.equal(asked.answer.code, CODE.accessChallenge);
    const state = { type: TYPE.state, value: attribute(asked.answer, TYPE.state) ?? assert.fail() };
    const code = ada.totp.code();
    const entered = await exchange(device.pap('ada', code, [state]), authentication);
    assert.equal(entered.answer.code, CODE.accessAccept);
    const wrong = await exchange(device.pap('ada', 'not this one'), authentication);
    const packets = [...asked.both, ...entered.both, ...wrong.both];
    const text = read('login', 1812, packets);
    finds(
      text,
      'Code: Access-Request (1)',
      'Code: Access-Challenge (11)',
      'Code: Access-Accept (2)',
      'Code: Access-Reject (3)',
      'User-Name: ada',
      `User-Password: ${ada.password}`,
      `User-Password: ${code}`,
      'Prompt: Echo (1)',
      'Tunnel-Type: VLAN (13)',
      'Tunnel-Medium-Type: IEEE-802 (6)',
      'Tunnel-Private-Group-Id: 30',
      'Filter-Id: staff',
      // Its word for Administrative.
      'Service-Type: Shell-User (6)',
      'Session-Timeout: 600',
      'Cisco-AVPair: shell:priv-lvl=15',
      'Cisco-AVPair: shell:roles="network-admin"',
    );
    assert.equal(times(text, /AVP: t=Message-Authenticator\(80\)/g), packets.length);
    // Before all else, in each (BlastRADIUS).
    assert.equal(
      times(text, /Attribute Value Pairs\n\s+AVP: t=Message-Authenticator\(80\)/g),
      packets.length,
    );
    assert.equal(times(text, /\[Valid Authenticator: True\]/g), packets.length / 2);
    assert.doesNotMatch(text, /Valid Authenticator: False|Invalid Authenticator: True/);
  });

  it('reads accounting, and finds the answer signed', async () => {
    const { accounting } = house.door.ports();
    const report = device.write(CODE.accountingRequest, [
      att('Acct-Status-Type', 1),
      att('Acct-Session-Id', 'S-1'),
      att('User-Name', 'ada'),
    ]);
    const { both } = await exchange(report, accounting);
    const text = read('accounting', 1813, both);
    finds(
      text,
      'Code: Accounting-Request (4)',
      'Code: Accounting-Response (5)',
      'Acct-Status-Type: Start (1)',
      'Acct-Session-Id: S-1',
    );
    // It looks at signatures of answers alone.
    assert.equal(times(text, /\[Valid Authenticator: True\]/g), 1);
  });

  it('finds nothing signed with another key, and reads no password with it', async () => {
    const { authentication } = house.door.ports();
    const { both } = await exchange(device.pap('ada', 'not this one'), authentication);
    const text = read('other-key', 1812, both, Buffer.from('another secret altogether'));
    assert.match(text, /Invalid Authenticator: True/);
    assert.ok(!text.includes('not this one'), text);
  });
});
