/**
 * Whoever opens connections and says nothing (T1499.002): of each port one network has its share, and everybody else is answered.
 * Nothing is decided, so nothing is on record.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { createCardDoor } from '../../server/doors/cards/card-door.ts';
import { createPkiServer } from '../../server/doors/pki/pki-server.ts';
import { defaultLimits } from '../../server/http/limits.ts';
import { checkedNetworks } from '../../server/kernel/networks.ts';
import { makeCertificate } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { startListener } from '../support/http-listener.ts';

const GREEDY = '127.0.0.1';
const OTHER = '127.0.0.2';

interface Port {
  readonly at: number;
  stop(): Promise<unknown>;
}

/** How many of so many connections are left standing, and whether somebody from elsewhere is heard: by a handshake, where nothing is said. */
async function hold({ at }: Port, tries: number, hello: string | undefined) {
  const sockets: Socket[] = [];
  let standing = 0;
  const come = async (localAddress: string) => {
    const socket = connect({ host: '127.0.0.1', port: at, localAddress });
    socket.on('error', () => {});
    sockets.push(socket);
    standing += 1;
    socket.once('close', () => {
      standing -= 1;
    });
    await once(socket, 'connect');
    return socket;
  };
  for (let i = 0; i < tries; i += 1) await come(GREEDY);
  const other = await come(OTHER);
  const secure =
    hello === undefined ? connectTls({ socket: other, rejectUnauthorized: false }) : undefined;
  const heard = Promise.race([
    once(secure ?? other, secure === undefined ? 'data' : 'secureConnect').then(() => true),
    once(other, 'close').then(() => false),
  ]);
  if (hello !== undefined) other.write(hello);
  const answered = await heard;
  const left = standing - (other.destroyed ? 0 : 1);
  secure?.destroy();
  for (const socket of sockets) socket.destroy();
  return { left, answered };
}

const HELLO = 'GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n';

function cards(proxy?: string): Promise<Port> {
  const { pem, keyPem } = makeCertificate({ subject: { CN: 'localhost' }, authority: false });
  const door = createCardDoor(
    {
      cards: { present: async () => ({ ok: false, error: 'none' }) },
      ids: { next: () => 'request' as never },
      origin: () => 'https://signin.example.com',
      later: () => () => {},
      report: assert.ifError,
    },
    {
      host: '127.0.0.1',
      port: 0,
      tls: async () => ({ certificate: pem, key: keyPem }),
      proxy:
        proxy === undefined
          ? undefined
          : { header: 'Client-Cert', from: checkedNetworks([proxy, OTHER]) },
    },
  );
  return door.start().then(() => ({ at: door.port(), stop: () => door.stop() }));
}

describe('connections that are held', () => {
  it('leave a place at the port for HTTP to others', async () => {
    const { listener, port } = await startListener(() => [], {
      host: '127.0.0.1',
      limits: { ...defaultLimits, connections: 8 },
    });
    const { left, answered } = await hold({ at: port, stop: () => listener.stop() }, 12, HELLO);
    assert.deepEqual([left, answered], [4, true]);
    await listener.stop();
  });

  it('are as many as they like for a proxy, behind which everybody is', async () => {
    const { listener, port } = await startListener(() => [], {
      host: '127.0.0.1',
      trustedProxies: [GREEDY],
      limits: { ...defaultLimits, connections: 8 },
    });
    const { left, answered } = await hold({ at: port, stop: () => listener.stop() }, 7, HELLO);
    assert.deepEqual([left, answered], [7, true]);
    await listener.stop();
  });

  it('leave a place at the port for lists and certificates', async () => {
    const at = await freePort();
    const server = createPkiServer({
      answers: {
        get: async () => undefined,
        ocsp: () => Promise.reject(new Error('nobody asks')),
      },
      config: { host: '127.0.0.1', port: at },
      report: assert.ifError,
      connections: 8,
    });
    await server.start();
    const { left, answered } = await hold({ at, stop: () => server.stop() }, 12, HELLO);
    assert.deepEqual([left, answered], [2, true]);
    await server.stop();
  });

  it('leave a place at the port for cards, where each may take a minute for its handshake', async () => {
    const port = await cards();
    const { left, answered } = await hold(port, 1001, undefined);
    assert.deepEqual([left, answered], [250, true]);
    await port.stop();
  });

  it('leave all places at the port for cards to its proxy', async () => {
    const port = await cards(GREEDY);
    const { left, answered } = await hold(port, 300, HELLO);
    assert.deepEqual([left, answered], [300, true]);
    await port.stop();
  });
});
