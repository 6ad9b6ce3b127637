/**
 * Where the browser comes back to: a listener of this one sign-in, on this computer, at a port that nobody knows before (RFC 8252
 * §7.3). Any program and any page on this computer can knock there; what counts is an answer with this sign-in's `state`, once, by a
 * browser of whoever waits for it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { IsOwn } from './whose-connection.ts';

export interface Loopback {
  readonly redirectUri: string;
  /** The parameters of the first answer that has the state; undefined when it was stopped before. */
  readonly answer: Promise<URLSearchParams | undefined>;
  stop(): void;
}

export async function listenOnLoopback(
  path: string,
  state: string,
  isOwn: IsOwn,
): Promise<Loopback> {
  let settle: (answer: URLSearchParams | undefined) => void = () => {};
  const answer = new Promise<URLSearchParams | undefined>((resolve) => {
    settle = resolve;
  });
  const server = createServer({ maxHeaderSize: 16 * 1024 }, (request, response) => {
    const params = read(request);
    if (params === undefined) return show(response, 404, LOST);
    if (!isOwn({ theirs: request.socket.remotePort ?? 0, ours: port })) {
      return show(response, 403, NOT_YOURS);
    }
    show(response, 200, params.has('error') ? REFUSED : DONE);
    settle(params);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo; // It listens on a port, as told above.
  const host = `127.0.0.1:${port}`;

  function read({ method, url = '', headers }: IncomingMessage): URLSearchParams | undefined {
    // Another name for this address is one that somebody's page made up (DNS rebinding).
    if (method !== 'GET' || headers.host !== host) return undefined;
    const asked = URL.parse(url, `http://${host}`);
    if (asked === null) return undefined;
    const { pathname, searchParams } = asked;
    const names = [...searchParams.keys()];
    if (pathname !== path || new Set(names).size !== names.length) return undefined;
    return searchParams.get('state') === state ? searchParams : undefined;
  }

  return {
    redirectUri: `http://${host}${path}`,
    answer,
    stop() {
      settle(undefined);
      server.close();
      // Browsers open connections ahead of time and any program can hold one: the command would never end.
      server.closeAllConnections();
    },
  };
}

const DONE = [
  'You can close this',
  'The command line has what it needs, and goes on by itself.',
] as const;
const REFUSED = [
  'You can close this',
  'You were not signed in at the command line. It tells why.',
] as const;
const NOT_YOURS = [
  'You were not signed in',
  'This sign-in was begun by another user of this computer, who has to show a proof of their own.',
] as const;
const LOST = [
  'Nothing waits here',
  'This is no answer to a sign-in that the command line began.',
] as const;

/** The doorway of our pages (doors/web/assets), by hand and small: this page has nothing but itself, and loads nothing. */
const MARK = 'M3 21.5V12a9 9 0 0 1 18 0v9.5h-4.6V12a4.4 4.4 0 0 0-8.8 0v5';
const STYLE = `:root{color-scheme:light dark;--wall:#efebe3;--lit:#fdfbf8;--ink:#2b2621;--soft:#605a53;--accent:#1d5763}
@media(prefers-color-scheme:dark){:root{--wall:#100d0b;--lit:#211d1a;--ink:#eae6de;--soft:#b2aca4;--accent:#87c9d4}}
*{box-sizing:border-box}html{background:var(--wall)}
body{margin:0;min-height:100vh;display:flex;justify-content:center;color:var(--ink);font:.9375rem/1.6 system-ui,sans-serif}
main{flex:1;margin-top:16px;padding:32px 24px 24px;background:var(--lit);border-radius:50vw 50vw 0 0;display:flex;flex-direction:column;align-items:center;text-align:center}
svg{fill:none;stroke:var(--accent);stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
h1{margin:28px 0 4px;font-size:1.5rem;line-height:1.2;letter-spacing:-.018em;text-wrap:balance}
p{margin:0;max-width:40ch;color:var(--soft);text-wrap:balance}
footer{margin-top:auto;padding-top:24px;font-size:.8125rem;color:var(--soft)}
@media(min-width:34rem){body{padding-top:24px}main{flex:none;width:476px;padding:48px 56px 24px;border-radius:240px 240px 0 0;outline:2px solid var(--accent);outline-offset:20px}h1{font-size:2rem}}`;

function show(response: ServerResponse, status: number, [title, says]: readonly string[]): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  response.end(`<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
<title>${title} · Sallyport</title><style>${STYLE}</style>
<main><svg width="40" height="40" viewBox="0 0 24 24" aria-hidden="true"><path d="${MARK}"/></svg>
<h1>${title}</h1><p>${says}</p><footer>Sallyport</footer></main></html>`);
}
