/**
 * The door for TACACS+ (RFC 8907), and for TACACS+ over TLS 1.3 (RFC 9887): people who administer network devices, and each command
 * that they run there. It frames packets and asks the gate; what it says to whom is in these files:
 *
 *   connection.ts   what may follow what on one connection, and what ends it
 *   dialogue.ts     authentication: prompts, and what is typed at them
 *   approving.ts    the prompt of a login that is finished with a passkey in the browser
 *   authorise.ts    authorization: a shell, and each command
 *   accounting.ts   what devices report
 *   seats.ts        which login a request is about, since requests name none
 */
import { createServer, type Server, type Socket } from 'node:net';
import {
  createServer as createTlsServer,
  type TLSSocket,
  type Server as TlsServer,
} from 'node:tls';
import { createKeptWaiting } from '../../gate/network/kept-waiting.ts';
import { createNetworkArrivals } from '../../gate/network/network-arrival.ts';
import type { Network, NetworkClient } from '../../gate/network/network-words.ts';
import { shareConnections } from '../../http/connection-shares.ts';
import { createOpenSockets } from '../../http/open-sockets.ts';
import { canonicalAddress, networkOf } from '../../http/source-address.ts';
import { type Clock, HOUR } from '../../kernel/clock.ts';
import type { Ids } from '../../kernel/id.ts';
import type { Later } from '../../kernel/later.ts';
import type { Networks } from '../../kernel/networks.ts';
import type { Notice } from '../../kernel/notice.ts';
import type { SocketDoor } from '../../kernel/socket-door.ts';
import { createObfuscation } from '../../wire/tacacs/obfuscation.ts';
import { createAccount } from './accounting.ts';
import { createAuthorise } from './authorise.ts';
import { createConnection, type Peer } from './connection.ts';
import { createDialogue } from './dialogue.ts';
import { createSeats } from './seats.ts';
import { createSpentSessions } from './spent-sessions.ts';
import type { TacacsConfig } from './tacacs-config.ts';
import { TYPED } from './typed.ts';

export interface TacacsDoorDeps {
  readonly network: Pick<
    Network,
    | 'client'
    | 'clientByCertificate'
    | 'unheard'
    | 'unjudged'
    | 'logIn'
    | 'prove'
    | 'hold'
    | 'collect'
    | 'withdraw'
    | 'unused'
    | 'sessionOf'
    | 'stands'
    | 'command'
    | 'account'
  >;
  /** Ours over TLS, as PEM: made and renewed by our own authority. Throws where there is none. */
  readonly credentials: () => Promise<{ readonly cert: string; readonly key: string }>;
  readonly trustedNetwork: Networks;
  /** Where people reach our pages. */
  readonly origin: () => string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly later: Later;
  readonly notice: Notice;
  readonly report: (fault: unknown) => void;
}

/** What a device has not read may grow to this; then it is gone. */
const MOST_UNREAD = 1 << 20;

export function createTacacsDoor(deps: TacacsDoorDeps, config: TacacsConfig): SocketDoor {
  const { network, clock, ids, later, notice, report, origin } = deps;
  const seats = createSeats(clock);
  const { codePrompt, largest, login, approve } = config;
  const keptWaiting = createKeptWaiting(deps, approve);
  const parts = {
    network,
    begin: createDialogue({ network, seats, clock, codePrompt, approve, keptWaiting, origin }),
    authorise: createAuthorise({ network, seats, clock }),
    account: createAccount({ network, seats }),
    obfuscate: createObfuscation(),
    spent: createSpentSessions(),
    clock,
    later,
    report,
    limits: { largest, login },
  };
  const sockets = new Set<Socket>();
  /** Those, and whoever is still at a handshake. */
  const opened = createOpenSockets();
  const servers: Server[] = [];
  let stopRenewing = () => {};

  const arrivals = createNetworkArrivals(
    { ids, trustedNetwork: deps.trustedNetwork, networkOf },
    'tacacs',
    TYPED,
  );

  function admit(socket: Socket): string | undefined {
    const address = canonicalAddress(socket.remoteAddress ?? '');
    if (address === undefined || sockets.size >= config.connections) {
      socket.destroy();
      return undefined;
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A device that goes away without a word is nothing to report.
    socket.on('error', () => socket.destroy());
    socket.setNoDelay(true);
    socket.setTimeout(config.idle, () => socket.destroy());
    return address;
  }

  /** Whoever is not known is told nothing, and the connection is closed, once that is on record (RFC 8907 §10.5.1). */
  async function turnAway(
    socket: Socket,
    because: Parameters<Network['unheard']>[0],
    address: string,
    client?: NetworkClient,
  ): Promise<void> {
    await network.unheard(because, { protocol: 'tacacs', client }, arrivals({ address, client }));
    socket.destroy();
  }

  function converse(
    socket: Socket,
    address: string,
    client: NetworkClient,
    plain: boolean,
    again: Peer['again'],
  ): void {
    let corked = false;
    const connection = createConnection(parts, {
      client,
      secret: plain ? client.secret : undefined,
      arrival: (own) => arrivals({ client, address, own }),
      again,
      send(packet) {
        if (socket.destroyed) return;
        if (!corked) {
          // What is answered in one go leaves in one go.
          corked = true;
          socket.cork();
          setImmediate(() => {
            corked = false;
            socket.uncork();
          });
        }
        socket.write(packet);
        if (socket.writableLength > MOST_UNREAD) socket.destroy();
      },
      close: () => socket.end(() => socket.destroy()),
      listen: (on) => void (on ? socket.resume() : socket.pause()),
    });
    socket.on('data', (bytes: Buffer) => connection.received(bytes));
    socket.once('close', () => connection.closed());
    socket.resume();
  }

  async function plainly(socket: Socket): Promise<void> {
    const address = admit(socket);
    if (address === undefined) return;
    const again = async () => network.client('tacacs', address);
    const client = await again();
    if (client === undefined) return turnAway(socket, 'unknown', address);
    if (client.secret === undefined) return turnAway(socket, 'no-secret', address, client);
    converse(socket, address, client, true, again);
  }

  async function overTls(socket: TLSSocket): Promise<void> {
    const address = admit(socket);
    if (address === undefined) return;
    const chain = chainOf(socket);
    const again = () => network.clientByCertificate('tacacs', chain, address);
    const client = chain.length === 0 ? undefined : await again();
    if (client === undefined) return turnAway(socket, 'certificate', address);
    converse(socket, address, client, false, again);
  }

  /** A fault on the way closes: nobody is heard whom nobody could look up. */
  const guarded =
    <S extends Socket>(hear: (socket: S) => Promise<void>) =>
    (socket: S) => {
      hear(socket).catch((fault) => {
        report(fault);
        socket.destroy();
      });
    };

  async function listen(server: Server, port: number, protocol: string): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: config.host, port }, () => {
        server.off('error', reject);
        server.on('error', report);
        resolve();
      });
    });
    servers.push(server);
    opened.watch(server);
    const bound = server.address();
    const at = typeof bound === 'object' && bound !== null ? bound.port : port;
    const host = config.host.includes(':') ? `[${config.host}]` : config.host;
    return `${protocol} on tcp ${host}:${at}`;
  }

  async function tlsServer(): Promise<TlsServer | undefined> {
    const first = await deps.credentials().catch((fault) => {
      notice('warn', 'TACACS+ over TLS is not served: there is no certificate for it.', fault);
      return undefined;
    });
    if (first === undefined) return undefined;
    const server = createTlsServer(
      {
        ...first,
        // RFC 9887 §3.2: nothing older, and both sides show who they are. Whose certificate is good is for the gate to say; that
        // the device has its key is shown by the handshake itself.
        minVersion: 'TLSv1.3',
        requestCert: true,
        rejectUnauthorized: false,
        handshakeTimeout: 10_000,
        pauseOnConnect: false,
      },
      guarded(overTls),
    );
    // A handshake that fails is the device's to report; there is nobody to name.
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    shareConnections(server, config.connections);
    const renew = () => {
      stopRenewing = later(HOUR, () => {
        deps
          .credentials()
          .then((next) => server.setSecureContext({ ...next, minVersion: 'TLSv1.3' }))
          .catch(report)
          .finally(renew);
      });
    };
    renew();
    return server;
  }

  return {
    id: 'tacacs',
    async start() {
      const said: string[] = [];
      if (config.plain) {
        const server = createServer({ pauseOnConnect: true }, guarded(plainly));
        shareConnections(server, config.connections);
        said.push(await listen(server, config.port, 'TACACS+'));
      }
      if (config.tls) {
        const server = await tlsServer();
        if (server !== undefined) {
          said.push(await listen(server, config.tlsPort, 'TACACS+ over TLS'));
        }
      }
      return said;
    },
    async stop() {
      stopRenewing();
      await keptWaiting.stop();
      const closed = servers.map((server) => new Promise((done) => server.close(done)));
      opened.endAll();
      await Promise.all(closed);
    },
  };
}

/** DER, the leaf first, as the device sent it. */
function chainOf(socket: TLSSocket): Uint8Array[] {
  const chain: Uint8Array[] = [];
  let certificate = socket.getPeerX509Certificate();
  while (certificate !== undefined && chain.length < 8) {
    chain.push(new Uint8Array(certificate.raw));
    certificate = certificate.issuerCertificate;
  }
  return chain;
}
