/** RADIUS over TLS (RFC 6614): radsecproxy in front, which is not ours, and what comes without a certificate of ours. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import type { DeviceKind } from '@sallyport/contract/devices.ts';
import { pemOf } from '../../server/wire/der/pem.ts';
import { CODE, createPacketStream } from '../../server/wire/radius/packet.ts';
import { createSharedSecret } from '../../server/wire/radius/shared-secret.ts';
import { makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';
import { freePort } from '../support/free-port.ts';
import { addDevice, certify } from '../support/network.ts';
import { HERE, openRadiusHouse, type RadiusHouse } from '../support/radius-house.ts';
import { RADCLIENT, RADSECPROXY, radclient, without } from '../support/radius-tools.ts';

describe('RADIUS over TLS', () => {
  let house: RadiusHouse;
  let cert: string;
  let key: string;
  let root: string;
  before(async () => {
    house = await openRadiusHouse();
    const proxy = await addDevice(house.test, 'proxy', { kind: 'vpn' });
    const certified = await certify(house.test, proxy);
    cert = certified.chain.map(pemOf).join('');
    key = String(certified.key.export({ format: 'pem', type: 'pkcs8' }));
    root = pemOf((await house.test.house.authority.chain()).at(-1)!); // The root is the last.
  });
  after(() => house.close());

  function open(credentials: { cert?: string; key?: string }): Promise<TLSSocket> {
    const port = house.door.ports().tls;
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: HERE,
        port,
        ca: root,
        checkServerIdentity: () => undefined,
        ...credentials,
      });
      socket.on('secureConnect', () => resolve(socket));
      socket.on('error', reject);
    });
  }
  /** What comes next; whoever is cut off instead hears nothing any more. */
  async function heard(socket: TLSSocket): Promise<Buffer> {
    const closed = once(socket, 'close').then(() => assert.fail('it was closed'));
    const [chunk] = await Promise.race([once(socket, 'data'), closed]);
    closed.catch(() => {});
    return chunk;
  }
  const status = () =>
    createSharedSecret(Buffer.from('radsec')).request(
      CODE.statusServer,
      9,
      [],
      new Uint8Array(16),
    )!; // Short enough.

  it('hears a device that shows its certificate, and answers', async () => {
    const socket = await open({ cert, key });
    socket.write(status());
    const stream = createPacketStream();
    const chunk = await heard(socket);
    const packets = stream.push(chunk);
    assert.notEqual(packets, 'fault');
    assert.equal(packets[0]?.[0], CODE.accessAccept);
    socket.destroy();
  });

  it('hears no device whose certificate was revoked, on a connection that stands included', async () => {
    const { store, authority } = house.test.house;
    const edge = await addDevice(house.test, 'edge', { kind: 'switch' });
    const { chain, key, serial } = await certify(house.test, edge);
    const shown = {
      cert: chain.map(pemOf).join(''),
      key: String(key.export({ format: 'pem', type: 'pkcs8' })),
    };
    const socket = await open(shown);
    socket.write(status());
    await heard(socket);
    await store.write((tx) => authority.revoke(tx, serial, 'key-compromise', { door: 'cli' }));
    house.test.clock.advance(6000);
    const left = await eventsOf(house.test, async () => {
      let heard = 0;
      socket.on('data', (bytes: Buffer) => (heard += bytes.length));
      socket.on('error', () => {});
      const closed = once(socket, 'close');
      socket.write(status());
      await closed;
      assert.equal(heard, 0);
    });
    assert.equal(count(left, 'network.client-refused', 'refused'), 1);
  });

  it('takes no laptop and no controller for a network device, unless it is said from where it asks', async () => {
    const credentialsOf = async (
      name: string,
      addresses: readonly string[],
      kind: DeviceKind = 'workstation',
    ) => {
      const device = await addDevice(house.test, name, { kind, addresses });
      const { chain, key } = await certify(house.test, device);
      const secret = String(key.export({ format: 'pem', type: 'pkcs8' }));
      return { cert: chain.map(pemOf).join(''), key: secret };
    };
    house.test.clock.advance(60_000);
    const left = await eventsOf(house.test, async () => {
      for (const kind of ['workstation', 'controller', 'rtu', 'other'] as const) {
        const socket = await open(await credentialsOf(`a-${kind}`, [], kind));
        socket.on('error', () => {});
        socket.on('data', () => assert.fail('it was heard'));
        socket.write(status());
        await once(socket, 'close');
      }
    });
    assert.equal(count(left, 'network.client-refused', 'refused'), 1);
    const lab = await open(await credentialsOf('lab', ['127.0.0.0/30']));
    lab.write(status());
    await heard(lab);
    lab.destroy();
  });

  it('cuts off who shows none, or one of another authority, before they are heard', async () => {
    const stranger = makeCertificate({ subject: { CN: 'proxy' }, authority: false });
    const own = {
      cert: stranger.pem,
      key: stranger.keyPem,
    };
    for (const credentials of [{}, own]) {
      const socket = await open(credentials);
      socket.on('error', () => {});
      socket.write(status());
      socket.on('data', () => assert.fail('it was heard'));
      await once(socket, 'close');
    }
  });

  it('ends a connection that speaks something else', async () => {
    const socket = await open({ cert, key });
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: radius\r\n\r\n');
    socket.write(new Uint8Array([1, 1, 0, 0]));
    await once(socket, 'close');
  });

  it('ends a connection on which nobody reads the answers, and keeps no more of them', async () => {
    const deaf = await open({ cert, key });
    deaf.pause();
    deaf.on('error', () => {});
    const closed = new Promise<void>((resolve) => deaf.once('close', resolve));
    const asks = Buffer.concat(Array.from({ length: 1000 }, status));
    let asked = 0;
    // Far more than both systems hold for a connection.
    while (!deaf.destroyed && asked < 600) {
      asked += 1;
      const drained = new Promise<void>((resolve) => deaf.once('drain', resolve));
      if (!deaf.write(asks)) await Promise.race([drained, closed]);
    }
    assert.ok(deaf.destroyed, `${asked} thousand answers wait for nobody`);
    const other = await open({ cert, key });
    other.write(status());
    await heard(other);
    other.destroy();
  });

  it('takes what radsecproxy passes on', {
    skip: without(RADSECPROXY, 'radsecproxy') || without(RADCLIENT, 'freeradius-utils'),
  }, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-radsec-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const file = (name: string) => join(folder, name);
    await writeFile(file('cert.pem'), cert);
    await writeFile(file('key.pem'), key);
    await writeFile(file('ca.pem'), root);
    const port = await freePort();
    const conf = [
      `ListenUDP ${HERE}:${port}`,
      `tls default {\nCACertificateFile ${file('ca.pem')}\nCertificateFile ${file('cert.pem')}\nCertificateKeyFile ${file('key.pem')}\n}`,
      `client ${HERE} {\ntype udp\nsecret testing123\n}`,
      `server sallyport {\ntype tls\nhost ${HERE}\nport ${house.door.ports().tls}\nsecret radsec\ncertificateNameCheck off\n}`,
      'realm * {\nserver sallyport\n}',
    ].join('\n');
    await writeFile(file('radsecproxy.conf'), `${conf}\n`);
    const child = spawn(RADSECPROXY, ['-f', '-c', file('radsecproxy.conf')], { stdio: 'pipe' });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    t.after(() => child.kill('SIGKILL'));
    const { ada, test } = house;
    const left = await eventsOf(test, async () => {
      let first = { code: 1, text: '' };
      // It connects when it can, and drops what comes before.
      for (let tries = 0; tries < 5 && !/Received/.test(first.text); tries++) {
        first = await radclient(port, 'auth', 'testing123', {
          'User-Name': 'ada',
          'User-Password': ada.password,
        });
      }
      assert.match(first.text, /Received Access-Challenge/, said);
      const [, state = ''] = /State = (0x[0-9a-f]+)/.exec(first.text) ?? [];
      const second = await radclient(port, 'auth', 'testing123', {
        'User-Name': 'ada',
        'User-Password': ada.totp.code(),
        State: state,
      });
      assert.match(second.text, /Received Access-Accept/);
    });
    assert.equal(count(left, 'login.granted', 'granted'), 1);
  });
});
