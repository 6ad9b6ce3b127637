/**
 * How a proxy is told. nginx takes 2xx, 401 and 403 from its subrequest and nothing else, so where a person is to be sent
 * elsewhere stands beside a 401 in Location, and its configuration makes a redirect of it. The others hand our answer to the
 * client as it is: they get the redirect itself.
 */
import type { ServerResponse } from 'node:http';
import { type UnsentData, unsentHeaders, unsentPage } from './unsent-page.ts';

export type Style = 'status' | 'redirect';

export interface SentElsewhere {
  readonly to: string;
  /** One at most: nginx hands on a single one. */
  readonly cookie?: string | undefined;
}

const TEXT = ['Content-Type', 'text/plain; charset=utf-8', 'Cache-Control', 'no-store'] as const;

export function pass(response: ServerResponse, headers: readonly string[]): undefined {
  // Known to have no body, so that neither side waits for one or a chunk.
  response.writeHead(200, ['Content-Length', '0', ...headers]);
  response.end();
}

export function send(
  response: ServerResponse,
  style: Style,
  { to, cookie }: SentElsewhere,
): undefined {
  const headers = [
    ...TEXT,
    'Location',
    to,
    ...(cookie === undefined ? [] : ['Set-Cookie', cookie]),
  ];
  // 303: what was a form or a file is not sent again to where the way leads (RFC 9110 §15.4.4).
  finish(response, style === 'status' ? 401 : 303, headers, 'signing in\n');
}

export function unauthenticated(
  response: ServerResponse,
  challenge: string,
  more: readonly string[] = [],
): undefined {
  finish(response, 401, [...TEXT, 'WWW-Authenticate', challenge, ...more], 'not signed in\n');
}

/**
 * A form that can't go through yet. To whom our answers are handed on, the page is the answer. nginx is told with a header that
 * there is one to ask for, beside the way that all others are led.
 */
export function holdForm(
  response: ServerResponse,
  style: Style,
  { host, again, begin }: { host: string; again: string; begin: SentElsewhere },
): undefined {
  if (style === 'redirect') return showUnsent(response, { host, to: again });
  const { to, cookie } = begin;
  const headers = [...TEXT, 'Location', to, 'X-Sallyport-Unsent', '1'];
  if (cookie !== undefined) headers.push('Set-Cookie', cookie);
  finish(response, 401, headers, 'signing in\n');
}

export function showUnsent(response: ServerResponse, data: UnsentData): undefined {
  finish(response, 401, [...unsentHeaders, 'WWW-Authenticate', 'Bearer'], unsentPage(data));
}

/** The word helps whoever sets up a proxy, and tells a stranger nothing that they did not send. */
export function refuse(response: ServerResponse, reason: string): undefined {
  finish(response, 403, [...TEXT, 'X-Sallyport-Refused', reason], 'refused\n');
}

/** All bodies are ASCII. */
function finish(
  response: ServerResponse,
  status: number,
  headers: string[],
  body: string,
): undefined {
  response.writeHead(status, ['Content-Length', String(body.length), ...headers]);
  response.end(body);
}
