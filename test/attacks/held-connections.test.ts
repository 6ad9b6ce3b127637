/**
 * Whoever opens connections and says nothing (T1499.002): of each port one network has its share, and everybody else is answered.
 * A handshake that nobody goes on with is over after a while, and a server that is to end waits for none of them. Nothing is
 * decided, so nothing is on record.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { createCardDoor } from '../../server/doors/cards/card-door.ts';
import { createPkiServer } from '../../server/doors/pki/pki-server.ts';
import { createTlsPort } from '../../server/doors/radius/tls-port.ts';
import { defaultLimits } from '../../server/http/limits.ts';
import { systemClock } from '../../server/kernel/clock.ts';
import { checkedNetworks } from '../../server/kernel/networks.ts';
import { makeCertificate } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { rawExchange, startListener } from '../support/http-listener.ts';

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

function ownPem() {
  const { pem, keyPem } = makeCertificate({ subject: { CN: 'localhost' }, authority: false });
  return { certificate: pem, key: keyPem };
}

function cards(proxy?: string): Promise<Port> {
  const pem = ownPem();
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
      tls: async () => pem,
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

  /** One that stands, and has said so much. */
  async function come({ at }: Pick<Port, 'at'>, said = '') {
    const socket = connect({ host: '127.0.0.1', port: at });
    socket.on('error', () => {});
    await once(socket, 'connect');
    if (said !== '') socket.write(said);
    return { closed: new Promise((gone) => socket.once('close', gone)) };
  }

  async function https(): Promise<Port> {
    const { listener, port } = await startListener(() => [], {
      host: '127.0.0.1',
      tls: ownPem(),
      limits: { handshakeMs: 50, endMs: 50 },
    });
    return { at: port, stop: () => listener.stop() };
  }

  async function radius(): Promise<Port> {
    const { certificate: cert, key } = ownPem();
    const port = createTlsPort(
      {
        notice: () => {},
        later: () => () => {},
        credentials: async () => ({ cert, key }),
        clientOf: async () => undefined,
        turnedAway: async () => {},
        clock: systemClock(),
      },
      { host: '127.0.0.1', port: 0, handshake: 50 },
      async () => undefined,
    );
    return { at: await port.open(), stop: () => port.close() };
  }

  /** A record of TLS that announces a handshake, and ends before it. */
  const BEGUN = '\x16\x03\x01\x00';

  it('are closed where nobody goes on with the handshake of TLS, for HTTP and for RADIUS', async () => {
    for (const port of [await https(), await radius()]) {
      for (const said of ['', BEGUN]) await (await come(port, said)).closed;
      const { answered } = await hold(port, 0, undefined);
      assert.equal(answered, true);
      await port.stop();
    }
  });

  it('do not keep a server from ending, whatever they have said so far', async () => {
    const { listener, port } = await startListener(() => [], {
      host: '127.0.0.1',
      limits: { endMs: 50 },
    });
    const plain = { at: port, stop: () => listener.stop() };
    for (const [opened, said] of [
      [plain, ['', 'GET / HTTP/1.1\r\nHost:']],
      [await https(), ['', BEGUN]],
      [await radius(), ['', BEGUN]],
      [await cards(), ['', BEGUN]],
    ] as const) {
      const held = [];
      for (const text of said) held.push(await come(opened, text));
      await opened.stop();
      for (const { closed } of held) await closed;
    }
  });

  it('that are silent do not hold up the end of a server at all, and what is under way is still answered', async () => {
    let answer = () => {};
    const asked = new Promise<void>((begun) => {
      answer = begun;
    });
    let finish = () => {};
    const waited = new Promise<string>((resolve) => {
      finish = () => resolve('done');
    });
    const { listener, port } = await startListener(
      () => [
        {
          id: 'slow',
          prefix: '/',
          mount: (app) =>
            void app.get('/slow', () => {
              answer();
              return waited;
            }),
          refuse: (_request, reply, refused) => void reply.send(refused.code),
        },
      ],
      { host: '127.0.0.1', port: 0 },
      { later: () => () => {} },
    );
    const silent = await come({ at: port });
    const slow = rawExchange(
      port,
      `GET /slow HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
    );
    await asked;
    const stopped = listener.stop();
    await silent.closed;
    finish();
    assert.match(await slow, /\r\n\r\ndone$/);
    await stopped;
  });

  it('carry a few requests ahead of their answers, and end where more are sent', async () => {
    let begun = 0;
    const never = new Promise<string>(() => {});
    const { listener, port } = await startListener(
      () => [
        {
          id: 'counting',
          prefix: '/',
          mount(app) {
            app.get('/never', () => {
              begun += 1;
              return never;
            });
            app.get('/:nth', (request) => `nth ${(request.params as { nth: string }).nth}`); // Named in the route.
          },
          refuse: (_request, reply, refused) => void reply.send(refused.code),
        },
      ],
      { host: '127.0.0.1', port: 0, limits: { endMs: 50 } },
    );
    const get = (path: string, more = '') =>
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${more}\r\n`;
    assert.equal(await rawExchange(port, get('/never').repeat(1000)), '');
    assert.ok(begun > 0 && begun < 16, `${begun} at once`);
    const few =
      [1, 2, 3, 4].map((nth) => get(`/${nth}`)).join('') + get('/5', 'Connection: close\r\n');
    const answered = [...(await rawExchange(port, few)).matchAll(/nth (\d)/g)];
    assert.deepEqual(
      answered.map(([, nth]) => nth),
      ['1', '2', '3', '4', '5'],
    );
    await listener.stop();
  });

  it('carry a few requests at the port for lists and certificates, too', async () => {
    let begun = 0;
    const at = await freePort();
    const server = createPkiServer({
      answers: {
        get: () => {
          begun += 1;
          return new Promise(() => {});
        },
        ocsp: () => Promise.reject(new Error('nobody asks')),
      },
      config: { host: '127.0.0.1', port: at },
      report: assert.ifError,
    });
    await server.start();
    const many = 'GET /pki/root.crl HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(1000);
    assert.equal(await rawExchange(at, many), '');
    assert.ok(begun > 0 && begun < 16, `${begun} at once`);
    await server.stop();
  });

  /** More than both systems hold for a connection. */
  const LONG = Buffer.alloc(32 << 20, 'x');

  /** Asks, and reads nothing of what comes; then asks for what is short until it is heard. */
  async function keepUnread(at: number, long: string, short: string): Promise<void> {
    const socket = connect({ host: '127.0.0.1', port: at });
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.pause();
    socket.write(`GET ${long} HTTP/1.1\r\nHost: 127.0.0.1:${at}\r\n\r\n`);
    const heard = () =>
      fetch(`http://127.0.0.1:${at}${short}`).then(
        (answer) => answer.text(),
        () => undefined,
      );
    // This network has one place, which is free once the server has closed what stands still.
    let answer = await heard();
    assert.equal(answer, undefined);
    while (answer === undefined) answer = await heard();
    assert.equal(answer, 'short');
    socket.destroy();
  }

  it('are closed where nobody reads the answer', async () => {
    const { listener, port } = await startListener(
      () => [
        {
          id: 'long',
          prefix: '/',
          mount(app) {
            app.get('/long', (_request, reply) => reply.send(LONG));
            app.get('/short', () => 'short');
          },
          refuse: (_request, reply, refused) => void reply.send(refused.code),
        },
      ],
      { host: '127.0.0.1', limits: { connections: 2, stillMs: 100 } },
    );
    await keepUnread(port, '/long', '/short');
    await listener.stop();
  });

  it('are closed where nobody reads a list of revoked certificates', async () => {
    const at = await freePort();
    const server = createPkiServer({
      answers: {
        get: async (path) => ({
          type: 'application/pkix-crl',
          body: path === '/pki/root.crl' ? LONG : Buffer.from('short'),
          maxAge: undefined,
        }),
        ocsp: () => Promise.reject(new Error('nobody asks')),
      },
      config: { host: '127.0.0.1', port: at },
      report: assert.ifError,
      connections: 4,
      still: 100,
    });
    await server.start();
    await keepUnread(at, '/pki/root.crl', '/pki/issuing.crl');
    await server.stop();
  });
});
