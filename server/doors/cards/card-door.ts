/**
 * The port at which people show smart cards. It has one address, to which a page of the web door leads and from which the browser
 * goes straight back, with a ticket or with the reason why there is none:
 *
 *     web door  /signin/step  ──link──▶  here  /card?for=CHALLENGE&to=signin  ──303──▶  web door  /signin/card?ticket=…
 *
 * A port of its own, since whoever asks for certificates asks everybody for one; with every handshake a whole one: no session is
 * resumed and no connection kept, so that a card which was pulled out is gone. Nothing is decided here: cards.ts judges the
 * certificate, and the gate what the ticket is good for. docs/smart-cards.md
 */

import { constants } from 'node:crypto';
import {
  createServer as createPlain,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import type { Cards } from '../../gate/use-cases/people/cards.ts';
import { shareConnections } from '../../http/connection-shares.ts';
import { createOpenSockets } from '../../http/open-sockets.ts';
import { canonicalAddress, type SourceAddress, sourceAddress } from '../../http/source-address.ts';
import { MINUTE, SECOND } from '../../kernel/clock.ts';
import type { Ids } from '../../kernel/id.ts';
import type { Later } from '../../kernel/later.ts';
import type { Networks } from '../../kernel/networks.ts';
import type { SocketDoor } from '../../kernel/socket-door.ts';
import { passedCertificate } from './passed-certificate.ts';

export interface CardDoorDeps {
  readonly cards: Pick<Cards, 'present'>;
  readonly ids: Ids;
  /** Where people go back to. */
  readonly origin: () => string;
  readonly later: Later;
  readonly report: (fault: unknown) => void;
}

export interface CardDoorOptions {
  readonly host: string;
  readonly port: number;
  /** PEM texts; not asked for where a proxy does the handshake. */
  readonly tls: () => Promise<{ readonly certificate: string; readonly key: string }>;
  readonly proxy: { readonly header: string; readonly from: Networks } | undefined;
}

export interface CardDoor extends SocketDoor {
  /** The port that it listens on, once it does. */
  port(): number;
}

const DOOR = 'cards';
/** Which of the browser's tabs it comes back in; the web door's own name for it. */
const TAB = /^[A-Za-z0-9_-]{8}$/;
/** Where the ticket is brought to. Closed: nobody is sent to an address that came with a request. */
const BACK: Readonly<Record<string, string>> = {
  signin: '/signin/card',
  confirm: '/confirm/card',
  me: '/me/proofs/add/card/shown',
  enrol: '/enrol/add/card/shown',
};
const LONGEST_CHAIN = 8;
const MOST_CONNECTIONS = 1000;
/** For a certificate that was renewed. */
const LOOK_EVERY = 10 * MINUTE;
const TIMING = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10 * SECOND,
  requestTimeout: 20 * SECOND,
} as const;
const HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  connection: 'close',
} as const;

export function createCardDoor(deps: CardDoorDeps, options: CardDoorOptions): CardDoor {
  const { cards, ids, origin, later, report } = deps;
  const { host, tls, proxy } = options;
  const sockets = createOpenSockets();
  let port = options.port;
  let server: Server | undefined;
  let cancel: (() => void) | undefined;

  function refuse(response: ServerResponse, status: number, words: string): void {
    response
      .writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' })
      .end(`${words}\n`);
  }

  function chainOf(request: IncomingMessage): readonly Uint8Array[] | undefined {
    if (proxy === undefined) return shownChain(request.socket as TLSSocket); // There is TLS, or a proxy.
    const hop = canonicalAddress(request.socket.remoteAddress ?? '');
    if (hop === undefined || !proxy.from(hop)) return undefined;
    const certificate = passedCertificate(request.headers[proxy.header.toLowerCase()]);
    return certificate === undefined ? [] : [certificate];
  }

  /** Behind a proxy, whom it was called by. */
  function sourceOf({ socket, headers }: IncomingMessage): SourceAddress | undefined {
    const said = proxy === undefined ? undefined : headers['x-forwarded-for'];
    const forwarded = Array.isArray(said) ? said.join(',') : said;
    const source = sourceAddress(socket.remoteAddress, forwarded, proxy?.from ?? (() => false));
    return source.ok ? source.value : undefined;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(request.url ?? '', 'https://cards.invalid');
    if (request.method !== 'GET' || url?.pathname !== '/card') {
      return refuse(response, 404, 'There is nothing here.');
    }
    const challenge = url.searchParams.getAll('for');
    const to = url.searchParams.getAll('to');
    const [tab] = url.searchParams.getAll('tab');
    const back =
      to.length === 1 && Object.hasOwn(BACK, to[0] ?? '') ? BACK[to[0] ?? ''] : undefined;
    if (challenge.length !== 1 || back === undefined) {
      return refuse(response, 400, 'Begin on the sign-in page.');
    }
    const chain = chainOf(request);
    if (chain === undefined) return refuse(response, 403, 'Come by the proxy.');
    const source = sourceOf(request);
    if (source === undefined) {
      refuse(response, 400, 'That request could not be read.');
      return;
    }
    const shown = await cards.present(chain, challenge[0] ?? '', {
      door: DOOR,
      request: ids.next<'request'>(),
      ...source,
    });
    const query = {
      ...(shown.ok ? { ticket: shown.value } : { refused: shown.error }),
      ...(tab !== undefined && TAB.test(tab) && { tab }),
    };
    const location = `${origin()}${back}?${new URLSearchParams(query)}`;
    response.writeHead(303, { ...HEADERS, location }).end();
  }

  const listener = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch((fault) => {
      report(fault);
      if (!response.headersSent) refuse(response, 500, 'Something failed on our side. Try again.');
      else response.destroy();
    });
  };
  async function createServer(): Promise<Server> {
    if (proxy !== undefined) return createPlain(TIMING, listener);
    let pem = await tls();
    const made = createSecure({ ...TIMING, ...handshake(pem) }, listener);
    const wake = () => {
      cancel = later(LOOK_EVERY, () => {
        tls()
          .then((fresh) => {
            if (fresh.certificate !== pem.certificate) made.setSecureContext(handshake(fresh));
            pem = fresh;
          })
          .catch(report)
          .finally(() => cancel && wake());
      });
    };
    wake();
    return made;
  }

  return {
    id: DOOR,
    port: () => port,

    async start() {
      const made = await createServer();
      made.maxRequestsPerSocket = 1;
      shareConnections(made, MOST_CONNECTIONS, proxy === undefined ? {} : { except: proxy.from });
      sockets.watch(made);
      server = made;
      await new Promise<void>((resolve, reject) => {
        made.once('error', reject);
        made.listen(port, host, () => {
          made.off('error', reject);
          made.on('error', report);
          resolve();
        });
      });
      const address = made.address();
      if (address !== null && typeof address === 'object') port = address.port;
      return [`smart cards on tcp ${host}:${port}`];
    },

    async stop() {
      const stopping = server;
      if (stopping === undefined) return;
      server = undefined;
      cancel?.();
      cancel = undefined;
      const closed = new Promise((resolve) => stopping.close(resolve));
      sockets.endAll();
      await closed;
    },
  };
}

function handshake(pem: { readonly certificate: string; readonly key: string }) {
  return {
    cert: pem.certificate,
    key: pem.key,
    requestCert: true,
    // Ours is judged by its row, those of others by the paths that were imported: by the authority, and not by OpenSSL.
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    secureOptions: constants.SSL_OP_NO_TICKET,
    handshakeTimeout: MINUTE,
  } as const;
}

/** What the browser sent, the leaf first; empty where it sent none, or where it was not asked to show the key just now. */
function shownChain(socket: TLSSocket): readonly Uint8Array[] {
  if (socket.isSessionReused()) return [];
  const chain: Uint8Array[] = [];
  let at: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (at?.raw !== undefined && chain.length < LONGEST_CHAIN) {
    chain.push(new Uint8Array(at.raw));
    // A root is its own issuer.
    at = at.issuerCertificate === at ? undefined : at.issuerCertificate;
  }
  return chain;
}
