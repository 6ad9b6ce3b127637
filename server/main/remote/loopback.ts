/**
 * Where the browser comes back to: a listener of this one sign-in, on this computer, at a port that nobody knows before (RFC 8252
 * §7.3). Any program and any page on this computer can knock there; what counts is an answer with this sign-in's `state`, once.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Loopback {
  readonly redirectUri: string;
  /** The parameters of the first answer that has the state; undefined when it was stopped before. */
  readonly answer: Promise<URLSearchParams | undefined>;
  stop(): void;
}

export async function listenOnLoopback(path: string, state: string): Promise<Loopback> {
  let settle: (answer: URLSearchParams | undefined) => void = () => {};
  const answer = new Promise<URLSearchParams | undefined>((resolve) => {
    settle = resolve;
  });
  const server = createServer({ maxHeaderSize: 16 * 1024 }, (request, response) => {
    const params = read(request);
    if (params === undefined) return show(response, 404, LOST);
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
    const { pathname, searchParams } = new URL(url, `http://${host}`);
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
      server.closeIdleConnections();
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
const LOST = [
  'Nothing waits here',
  'This is no answer to a sign-in that the command line began.',
] as const;

function show(response: ServerResponse, status: number, [title, says]: readonly string[]): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>
<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem;color-scheme:light dark}</style>
<h1>${title}</h1><p>${says}</p></html>`);
}
