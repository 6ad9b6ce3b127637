/**
 * RADIUS over TLS (RFC 6614): packets one after another on a connection, on which both sides showed a certificate. Whose the client's
 * is, the gate says; who is nobody's is cut off before a packet of theirs is read.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type DetailedPeerCertificate, type Server, type TLSSocket } from 'node:tls';
import type { NetworkClient } from '../../gate/network/network-words.ts';
import { shareConnections } from '../../http/connection-shares.ts';
import { createOpenSockets } from '../../http/open-sockets.ts';
import { canonicalAddress } from '../../http/source-address.ts';
import { utf8 } from '../../kernel/bytes.ts';
import { type Clock, HOUR, MINUTE, SECOND } from '../../kernel/clock.ts';
import type { Later } from '../../kernel/later.ts';
import type { Notice } from '../../kernel/notice.ts';
import { createPacketStream } from '../../wire/radius/packet.ts';
import { createSharedSecret } from '../../wire/radius/shared-secret.ts';
import type { Source } from './answering.ts';

/** What we show, in PEM. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
}

export interface TlsPortDeps {
  readonly notice: Notice;
  readonly later: Later;
  readonly credentials: () => Promise<Credentials>;
  readonly clientOf: (
    chain: readonly Uint8Array[],
    address: string,
  ) => Promise<NetworkClient | undefined>;
  /** Told of whoever is cut off since their certificate is nobody's. */
  readonly turnedAway: (address: string) => Promise<void>;
  readonly clock: Clock;
}

/** RFC 6614 §2.3: the secret of everybody, since TLS has the secrets. */
export const EVERYBODY = utf8('radsec');
const MOST_CONNECTIONS = 2000;
const MOST_UNANSWERED = 512;
/** What a device has not read may grow to this; then it is gone. */
const MOST_UNREAD = 1 << 20;
const HANDSHAKE = 10 * SECOND;
/** Network devices keep a connection, and ask Status-Server to see that it lives (RFC 6614 §2.6). */
const IDLE = 30 * MINUTE;
const RENEW = HOUR;
/** How long who is at the other end of a connection is believed to be who it was. */
const ASK_AGAIN = 5 * SECOND;

export function createTlsPort(
  deps: TlsPortDeps,
  where: {
    readonly host: string;
    readonly port: number;
    /** Milliseconds for a handshake. */
    readonly handshake?: number;
  },
  take: (bytes: Uint8Array, source: Source) => Promise<Uint8Array | undefined>,
) {
  const { notice, later, credentials, clientOf, turnedAway, clock } = deps;
  const sockets = createOpenSockets();
  let server: Server | undefined;
  let cancelRenewal = () => {};

  async function serve(socket: TLSSocket): Promise<void> {
    socket.setNoDelay(true);
    socket.setTimeout(IDLE, () => socket.destroy());
    const address = canonicalAddress(socket.remoteAddress ?? '') ?? '';
    const port = socket.remotePort ?? 0;
    socket.pause();
    const chain = chainOf(socket);
    const first = await clientOf(chain, address);
    if (first === undefined) {
      await turnedAway(address);
      return void socket.destroy();
    }
    const secret = createSharedSecret(EVERYBODY);
    const wanted = () => !socket.destroyed;
    let cut = false;
    let sure = clock.now() + ASK_AGAIN;
    let client = Promise.resolve<NetworkClient | undefined>(first);
    /** A connection may stay for days: its certificate may be revoked meanwhile, and its device changed. */
    async function answer(bytes: Uint8Array): Promise<Uint8Array | undefined> {
      const now = clock.now();
      if (now >= sure) {
        sure = now + ASK_AGAIN;
        client = clientOf(chain, address);
      }
      const still = await client;
      if (still !== undefined)
        return take(bytes, { address, port, tls: { client: still, secret, wanted } });
      // On record before they can tell, and once, whatever else they had sent.
      if (!cut) {
        cut = true;
        socket.pause();
        await turnedAway(address);
        socket.destroy();
      }
      return undefined;
    }
    const stream = createPacketStream();
    let unanswered = 0;
    socket.on('data', (chunk) => {
      const packets = stream.push(chunk);
      if (packets === 'fault') return void socket.destroy();
      for (const bytes of packets) {
        unanswered += 1;
        if (unanswered >= MOST_UNANSWERED) socket.pause();
        answer(bytes).then(
          (said) => {
            unanswered -= 1;
            if (unanswered < MOST_UNANSWERED) socket.resume();
            if (said === undefined || socket.destroyed) return;
            socket.write(said);
            if (socket.writableLength > MOST_UNREAD) socket.destroy();
          },
          (fault) => {
            socket.destroy();
            notice('error', 'A RADIUS connection was cut by a fault.', fault);
          },
        );
      }
    });
    socket.resume();
  }

  function renewLater(): void {
    cancelRenewal = later(RENEW, () => {
      renewLater();
      credentials().then(
        ({ cert, key }) => server?.setSecureContext({ cert, key, minVersion: 'TLSv1.2' }),
        (fault) =>
          notice('warn', 'The certificate for RADIUS over TLS could not be renewed.', fault),
      );
    });
  }

  return {
    async open(): Promise<number> {
      const { cert, key } = await credentials();
      const made = createServer({
        cert,
        key,
        minVersion: 'TLSv1.2',
        requestCert: true,
        // Our own authorities and those that we trust are in the database: the gate judges the chain, with revocation.
        rejectUnauthorized: false,
        handshakeTimeout: where.handshake ?? HANDSHAKE,
      });
      server = made;
      shareConnections(made, MOST_CONNECTIONS);
      sockets.watch(made);
      made.on('secureConnection', (socket) => {
        socket.on('error', () => socket.destroy());
        serve(socket).catch((fault) => {
          socket.destroy();
          notice('error', 'A RADIUS connection was cut by a fault.', fault);
        });
      });
      // A handshake that fails is the other side's affair. One that takes too long Node tells of, and ends nothing.
      made.on('tlsClientError', (_error, socket) => socket.destroy());
      made.listen(where.port, where.host);
      await once(made, 'listening');
      renewLater();
      return (made.address() as AddressInfo).port; // Of a server that listens on a port.
    },
    async close(): Promise<void> {
      cancelRenewal();
      sockets.endAll();
      const closing = server;
      server = undefined;
      if (closing !== undefined) await new Promise((resolve) => closing.close(resolve));
    },
  };
}

const MOST_CHAIN = 8;

/** What was shown, the leaf first. Nothing of it is judged yet but that the leaf's key is there. */
export function chainOf(socket: TLSSocket): readonly Uint8Array[] {
  const chain: Uint8Array[] = [];
  let one: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (one?.raw !== undefined && chain.length < MOST_CHAIN) {
    chain.push(new Uint8Array(one.raw));
    // A root names itself as its issuer.
    one = one.issuerCertificate === one ? undefined : one.issuerCertificate;
  }
  return chain;
}
