/** HTTPS by a certificate of our own: renewed while the server runs, with the names that it has and a chain that clients can check. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import type { HttpDoor } from '../../server/http/http-door.ts';
import { createOwnTls } from '../../server/main/own-tls.ts';
import { startListener, type TestListener } from '../support/http-listener.ts';
import { CLI, openX509House, type X509House } from './x509-house.ts';

const hello: HttpDoor = {
  id: 'hello',
  prefix: '/',
  mount: (app) => void app.get('/', () => 'hello'),
  refuse: (_request, reply, refused) => void reply.send(refused.code),
};

describe('HTTPS by an own certificate', () => {
  let x: X509House;
  let server: TestListener;
  let root: string;
  const due: (() => void)[] = [];
  const faults: unknown[] = [];
  before(async () => {
    x = await openX509House();
    const later = (_: number, work: () => void) => {
      due.push(work);
      return () => {};
    };
    const own = createOwnTls(x.served.house.authority, later, (fault) => faults.push(fault));
    server = await startListener(() => [hello], { tls: await own.current() });
    own.start(server.listener.renewTls);
    const [, der] = await x.served.house.authority.chain();
    root = new X509Certificate(der ?? '').toString();
  });
  after(async () => {
    await server.listener.stop();
    await x.close();
  });

  function shake(): Promise<{ serial: string; protocol: string | null }> {
    return new Promise((resolve, reject) => {
      const socket = tls.connect({ port: server.port, host: 'localhost', ca: root }, () => {
        const { serialNumber: serial } = socket.getPeerCertificate();
        resolve({ serial: serial.toLowerCase(), protocol: socket.getProtocol() });
        socket.end();
      });
      socket.on('error', reject);
    });
  }

  const turn = async () => {
    due.shift()?.();
    while (due.length === 0) await new Promise((resolve) => setImmediate(resolve));
  };

  test('is checked against the root alone, name and chain', async () => {
    const { protocol } = await shake();
    assert.equal(protocol, 'TLSv1.3');
  });

  test('stays the same until two thirds of its life, and is another from then on, without a restart', async () => {
    const first = await shake();
    await turn();
    assert.equal((await shake()).serial, first.serial);
    const { renewAt } = await x.served.house.authority.serverCredentials('server');
    x.served.clock.advance(renewAt - x.served.clock.now());
    await turn();
    // Made two months ahead of the hour that it is for Node, so nothing but the serial is looked at.
    const next = await x.served.house.authority.serverCredentials('server');
    assert.notEqual(next.serial, first.serial);
    const said = await shake().catch((error: NodeJS.ErrnoException) => error.code);
    assert.equal(said, 'CERT_NOT_YET_VALID');
    assert.deepEqual(faults, []);
  });

  test('is replaced when it was revoked', async () => {
    const { store, authority } = x.served.house;
    const old = await authority.serverCredentials('server');
    await store.write((tx) => authority.revoke(tx, old.serial, 'key-compromise', CLI));
    const fresh = await authority.serverCredentials('server');
    assert.notEqual(fresh.serial, old.serial);
    assert.notEqual(fresh.key, old.key);
  });
});
