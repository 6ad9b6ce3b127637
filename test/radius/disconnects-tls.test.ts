/**
 * RFC 5176 at network devices that have a certificate and no secret: over TLS, at FreeRADIUS, which is not ours, and at whoever else
 * may listen where a network device is thought to be.
 */
import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createServer } from 'node:tls';
import { createAskingOverTls } from '../../server/doors/radius/asking-over-tls.ts';
import type { NetworkClient, NetworkSession } from '../../server/gate/network/network-words.ts';
import { systemLater } from '../../server/kernel/later.ts';
import { pemOf } from '../../server/wire/der/pem.ts';
import { CODE, createPacketStream, readPacket } from '../../server/wire/radius/packet.ts';
import { createSharedSecret } from '../../server/wire/radius/shared-secret.ts';
import { textOf } from '../../server/wire/radius/values.ts';
import { events } from '../support/events.ts';
import { freePort } from '../support/free-port.ts';
import { FREERADIUS, type FreeRadius, startFreeRadius } from '../support/freeradius.ts';
import { addDevice, certify, networkArrival } from '../support/network.ts';
import { activateForNetwork } from '../support/network-policies.ts';
import { HERE, openRadiusHouse, type RadiusHouse } from '../support/radius-house.ts';
import { without } from '../support/radius-tools.ts';

const TUNNEL_PRIVATE_GROUP = 81;
const RADSEC = createSharedSecret(Buffer.from('radsec'));

interface Certified {
  readonly cert: string;
  readonly key: string;
  readonly chain: readonly Uint8Array[];
  readonly serial: string;
}

/** It puts out the sessions of plc-1 alone, and shows its certificate to nobody but us. */
const settings = (folder: string, port: number) => `thread pool {
  start_servers = 1
  max_servers = 2
  min_spare_servers = 1
  max_spare_servers = 2
}
clients radsec {
  client ours {
    ipaddr = 127.0.0.1
    proto = tls
    secret = radsec
  }
}
server coa {
  listen {
    type = coa
    proto = tcp
    ipaddr = 127.0.0.1
    port = ${port}
    clients = radsec
    tls {
      certificate_file = ${folder}/edge.pem
      private_key_file = ${folder}/edge.key
      ca_file = ${folder}/root.pem
      require_client_cert = yes
      tls_min_version = "1.2"
      tls_max_version = "1.3"
    }
  }
  recv-coa {
    if (&User-Name != "plc-1") {
      reject
    }
    else {
      ok
    }
  }
  send-coa {
    ok
  }
}
`;

describe('a network device without a secret', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-coa-tls-'));
  let house: RadiusHouse;
  let port: number;
  let edge: Certified;
  let client: NetworkClient;
  /** What it was told to change to. */
  const vlans: string[] = [];

  before(async () => {
    port = await freePort();
    house = await openRadiusHouse({ dynamicAuthorization: { tlsPort: port, change: ['edge'] } });
    edge = await certified('edge', 'switch');
    const found = await house.test.house.gate.network.clientByCertificate(
      'radius',
      edge.chain,
      HERE,
    );
    client = found ?? assert.fail('its certificate makes it a network device');
    assert.equal(client.secret, undefined);
  });
  after(async () => {
    await house.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function certified(name: string, kind: 'switch' | 'controller'): Promise<Certified> {
    const { chain, key, serial } = await certify(
      house.test,
      await addDevice(house.test, name, { kind }),
    );
    return { chain, serial, cert: chain.map(pemOf).join('\n'), key: text(key) };
  }
  const text = (key: KeyObject) => String(key.export({ format: 'pem', type: 'pkcs8' }));

  async function joins(name: string): Promise<string> {
    const { chain } = await certified(name, 'controller');
    const joining = { certificate: chain, service: 'wired' };
    const arrival = networkArrival(house.test, client, { address: HERE });
    const joined = await house.test.house.gate.network.admit(joining, client, arrival);
    assert.ok(joined.state === 'granted', JSON.stringify(joined));
    return joined.login.session;
  }
  async function told(login: string, meanwhile: () => void = () => {}) {
    await house.test.house.gate.settleNetwork();
    for (;;) {
      const found = (await events(house.test)).find(
        ({ type, data }) => type === 'login.told' && data.login === login,
      );
      if (found !== undefined) return found.data;
      meanwhile();
      await setImmediate();
    }
  }

  /** A device comes in at the network device, and is disabled: what the record says that the network device was told. */
  async function toldOf(name: string, meanwhile?: () => void): Promise<unknown> {
    const login = await joins(name);
    const { store, devices } = house.test.house;
    await store.write(async (tx) => {
      const device = (await devices.byName(tx, name)) ?? assert.fail();
      return devices.disable(tx, device.id, { door: 'cli' });
    });
    return (await told(login, meanwhile)).answer;
  }

  /** Who listens there with a certificate, and what they are told. */
  async function listening(
    t: TestContext,
    { cert, key }: Pick<Certified, 'cert' | 'key'>,
    answers = true,
  ) {
    const heard: Buffer[] = [];
    vlans.length = 0;
    const server = createServer({ cert, key, requestCert: true, rejectUnauthorized: false });
    server.on('secureConnection', (socket) => {
      const stream = createPacketStream();
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        heard.push(chunk);
        const packets = stream.push(chunk);
        for (const bytes of packets === 'fault' ? [] : packets) {
          const read = readPacket(bytes);
          if (!read.ok || !answers) continue;
          assert.equal(textOf(read.value, 1)?.startsWith('plc-'), true);
          const { code } = read.value;
          if (code === CODE.coaRequest) vlans.push(textOf(read.value, TUNNEL_PRIVATE_GROUP) ?? '');
          const ack = code === CODE.coaRequest ? CODE.coaAck : CODE.disconnectAck;
          const answer = RADSEC.answer(read.value, ack, []);
          socket.write(answer ?? '');
        }
      });
    });
    server.on('tlsClientError', () => {});
    server.listen(port, HERE);
    await once(server, 'listening');
    assert.equal((server.address() as AddressInfo).port, port);
    t.after(() => new Promise((resolve) => server.close(resolve)));
    return heard;
  }

  it('is not told where nobody listens, however often it is tried, and that is on record', async () => {
    assert.equal(await toldOf('plc-0', () => house.runLater()), 'unanswered');
  });

  it('is tried again where no connection comes, a few times, and no more once it is given up', async (t) => {
    const waits: (() => void)[] = [];
    const { gate, authority } = house.test.house;
    const ask = createAskingOverTls(
      {
        later(milliseconds, work) {
          if (milliseconds < 15_000) waits.push(work);
          return () => {};
        },
        notice: () => {},
        credentials: () => authority.serverCredentials('radius-server'),
        clientOf: (chain, address) => gate.network.clientByCertificate('radius', chain, address),
      },
      port,
    );
    const { disconnectRequest: code, disconnectAck: ack, disconnectNak: nak } = CODE;
    const attributes = [{ type: 1, value: Buffer.from('plc-8') }];
    const session = { address: HERE, client } as NetworkSession; // All that is looked at.
    const begin = () => {
      const underWay = new Set<() => void>();
      return { underWay, told: ask(session, { code, ack, nak, attributes }, underWay) };
    };
    const nextWait = async () => {
      while (waits.length === 0) await setImmediate();
      waits.shift()?.();
    };

    const lost = begin();
    for (let tries = 0; tries < 3; tries++) await nextWait();
    assert.deepEqual(await lost.told, { answer: 'unanswered' });

    const late = begin();
    while (waits.length === 0) await setImmediate();
    const heard = await listening(t, edge);
    await nextWait();
    assert.deepEqual(await late.told, { answer: 'done' });
    assert.equal(heard.length, 1);

    const stopped = begin();
    for (const giveUp of stopped.underWay) giveUp();
    assert.deepEqual(await stopped.told, { answer: 'unanswered' });
    for (let turn = 0; turn < 50; turn++) await setImmediate();
    assert.deepEqual([heard.length, waits.length], [1, 0]);
  });

  describe('FreeRADIUS', { skip: without(FREERADIUS, 'freeradius') }, () => {
    let server: FreeRadius;
    before(async () => {
      const root = (await house.test.house.authority.chain()).map(pemOf).join('\n');
      server = await startFreeRadius(folder, ['-fxx', '-l', 'stdout'], settings(folder, port), {
        'edge.pem': edge.cert,
        'edge.key': edge.key,
        'root.pem': root,
      });
    });
    after(() => server?.stop());

    it('shows its certificate, asks for ours, and ends the session that is named over TLS', async () => {
      assert.equal(await toldOf('plc-1'), 'done');
      await server.says(/Received Disconnect-Request/);
    });

    it('says no to another, and that is on record', async () => {
      assert.equal(await toldOf('plc-2'), 'refused');
    });
  });

  it('is told by its certificate', async (t) => {
    const heard = await listening(t, edge);
    assert.equal(await toldOf('plc-3'), 'done');
    assert.equal(heard.length, 1);
  });

  it('is told what a session is to be changed to, and that goes on', async (t) => {
    await listening(t, edge);
    const login = await joins('plc-7');
    await activateForNetwork(
      house.test,
      '@id("join") @because("Devices come in.") @reply("vlan=30")\npermit (principal is Device, action == Action::"joinNetwork", resource);',
    );
    const { asked, answer } = await told(login);
    assert.deepEqual([asked, answer], ['change', 'done']);
    assert.deepEqual(vlans, ['30']);
    const ended = (await events(house.test)).filter(
      ({ type, data }) => type === 'login.ended' && data.login === login,
    );
    assert.deepEqual(ended, []);
  });

  it('is waited for no longer than a while', async (t) => {
    const heard = await listening(t, edge, false);
    const givesUp = () => {
      if (heard.length > 0) house.runLater();
    };
    assert.equal(await toldOf('plc-6', givesUp), 'unanswered');
    assert.equal(heard.length, 1);
  });

  it('is not whoever has a certificate of another device, and they hear nothing', async (t) => {
    const heard = await listening(t, await certified('other', 'switch'));
    assert.equal(await toldOf('plc-4'), 'unanswered');
    assert.deepEqual(heard, []);
  });

  it('is not whoever answers what they were not asked yet, knowing all that it would be', async (t) => {
    const attributes = [{ type: 1, value: Buffer.from('plc-7') }];
    const { disconnectRequest: code, disconnectAck: ack, disconnectNak: nak } = CODE;
    const other = await certified('early', 'switch');
    const server = createServer({ ...other, requestCert: true, rejectUnauthorized: false });
    server.on('tlsClientError', () => {});
    server.on('secureConnection', (socket) => {
      socket.on('error', () => {});
      const foreseen = readPacket(RADSEC.request(code, 1, attributes) ?? new Uint8Array(0));
      assert.ok(foreseen.ok);
      socket.write(RADSEC.answer(foreseen.value, ack, []) ?? '');
    });
    server.listen(port, HERE);
    await once(server, 'listening');
    t.after(() => new Promise((resolve) => server.close(resolve)));
    const { gate, authority } = house.test.house;
    let isTheirs = false;
    const ask = createAskingOverTls(
      {
        later: systemLater(),
        notice: () => {},
        credentials: () => authority.serverCredentials('radius-server'),
        async clientOf(chain, address) {
          // As long as the answer takes to come.
          for (let turn = 0; turn < 50; turn++) await setImmediate();
          const found = await gate.network.clientByCertificate('radius', chain, address);
          isTheirs = found?.device === client.device;
          return found;
        },
      },
      port,
    );
    const session = { address: HERE, client } as NetworkSession; // All that is looked at.
    const told = await ask(session, { code, ack, nak, attributes }, new Set());
    assert.deepEqual([told, isTheirs], [{ answer: 'unanswered' }, false]);
  });

  it('is nobody once its certificate is revoked', async (t) => {
    const { store, authority } = house.test.house;
    const heard = await listening(t, edge);
    await store.write((tx) => authority.revoke(tx, edge.serial, 'key-compromise', { door: 'cli' }));
    assert.equal(await toldOf('plc-5'), 'unanswered');
    assert.deepEqual(heard, []);
  });
});
