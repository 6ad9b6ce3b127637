/** What the command line asks of a server's OAuth door: what it is, tokens, and to end them. */

import { type Clock, SECOND } from '../../kernel/clock.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { COMMAND_LINE, ownAudience } from '../../subjects/built-in.ts';
import type { Problem } from '../terminal/output.ts';
import type { DpopSigner, PrivateJwk } from './dpop-signer.ts';
import type { Login } from './login-file.ts';
import { isHere } from './places.ts';

export interface Server {
  readonly origin: string;
  readonly issuer: string;
  readonly authorization: string;
  readonly token: string;
  readonly revocation: string;
}

/** Longer than any answer of ours takes: policies may be checked for a minute (policy/vet.ts). */
const PATIENCE = 75 * SECOND;

/** More than any answer of ours is, and no more than a computer has room for: what answers there may be no Sallyport. */
const MOST_BYTES = 32 * 1024 * 1024;

/** Nothing follows a redirect: what is sent here is for this server alone. */
export async function reach(
  url: string,
  init: RequestInit = {},
  most: number = MOST_BYTES,
): Promise<Response> {
  const signal = AbortSignal.timeout(PATIENCE);
  const response = await fetch(url, { ...init, redirect: 'error', signal });
  if (response.body === null) return response;
  let size = 0;
  // Counted as it was unpacked.
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(part, controller) {
      size += part.byteLength;
      if (size > most) throw new RangeError('it is longer than any answer of ours');
      controller.enqueue(part);
    },
  });
  return new Response(response.body.pipeThrough(counted), response);
}

export function unreachable(origin: string, error: unknown): Problem {
  const causes: string[] = [];
  let silent = false;
  for (let at = error; at instanceof Error && causes.length < 4; at = at.cause) {
    if (at instanceof RangeError) return strangeAnswer(origin, at);
    silent ||= 'code' in at && NOBODY.has(at.code);
    if ('code' in at && NO_TLS.has(at.code)) return plainHttp(origin);
    if (at.message !== '') causes.push(at.message);
  }
  return {
    what: `${origin} can’t be reached: ${causes.at(-1) ?? 'no answer'}.`,
    mend: silent
      ? 'Look at the address, and whether the server runs.'
      : 'Look at the address. A certificate of a CA of your own is trusted with NODE_EXTRA_CA_CERTS=FILE.',
  };
}

/** It was reached, and what it says has no end. */
function strangeAnswer(origin: string, { message }: RangeError): Problem {
  return {
    what: `${origin} answered what no Sallyport does: ${message}.`,
    mend: 'Look at the address: something else may be there.',
  };
}

/** Nobody answered there, so no certificate was shown. */
const NOBODY: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
]);

/** What OpenSSL says of an answer that is none of TLS, by how that begins. */
const NO_TLS: ReadonlySet<unknown> = new Set([
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_HTTP_REQUEST',
]);

function plainHttp(origin: string): Problem {
  const { host, hostname } = new URL(origin);
  return {
    what: `${origin} can’t be reached: it speaks no TLS, and most likely plain HTTP.`,
    mend: isHere(hostname)
      ? `Did you mean http://${host}?`
      : 'Use the address that people type, with https://. Plain HTTP is for servers on this computer alone.',
  };
}

/** RFC 8414 §3.3: what it says must be about the server that was asked, and lead nowhere else. */
export async function discover(origin: string): Promise<Result<Server, Problem>> {
  const issuer = `${origin}/oidc`;
  const strange = { what: `There is no Sallyport at ${origin} that can be signed in to.` };
  let told: Record<string, unknown>;
  try {
    const response = await reach(`${issuer}/.well-known/openid-configuration`);
    if (!response.ok) return failed(strange);
    told = (await response.json()) as Record<string, unknown>; // Looked at member by member below.
  } catch (error) {
    return failed(error instanceof SyntaxError ? strange : unreachable(origin, error));
  }
  const { authorization_endpoint, token_endpoint, revocation_endpoint } = told;
  const ends = [authorization_endpoint, token_endpoint, revocation_endpoint];
  const ours = (end: unknown): end is string =>
    typeof end === 'string' && end.startsWith(`${origin}/`);
  if (told.issuer !== issuer) {
    const mend = 'Use the address that it is configured with (listen.origin).';
    return failed({ what: `${origin} calls itself ${String(told.issuer)}.`, mend });
  }
  const [authorization, token, revocation] = ends;
  if (!ours(authorization) || !ours(token) || !ours(revocation)) return failed(strange);
  return ok({ origin, issuer, authorization, token, revocation });
}

/** The server's own word for why not, when it is one. */
export interface TokenRefused {
  readonly error: string;
  readonly says?: string | undefined;
}

export interface Asking {
  readonly server: Server;
  readonly signer: DpopSigner;
  readonly key: PrivateJwk;
  readonly clock: Clock;
}

/** Asks for tokens; once more when the server wants its nonce in the proof (RFC 9449 §8). */
export async function askTokens(
  { server, signer, key, clock }: Asking,
  params: Readonly<Record<string, string>>,
): Promise<Result<Login, TokenRefused>> {
  let nonce: string | undefined;
  for (let again = false; ; again = true) {
    const response = await reach(server.token, {
      method: 'POST',
      headers: { dpop: signer.proof({ method: 'POST', url: server.token, nonce }) },
      body: new URLSearchParams({
        client_id: COMMAND_LINE,
        resource: ownAudience(server.origin),
        ...params,
      }),
    });
    const body = (await response.json()) as Readonly<Record<string, unknown>>; // Looked at below.
    const { error, error_description: says } = body;
    if (error === 'use_dpop_nonce' && !again) {
      nonce = response.headers.get('dpop-nonce') ?? undefined;
      continue;
    }
    const { access_token: access, refresh_token: refresh, expires_in: seconds } = body;
    const good =
      response.ok &&
      typeof access === 'string' &&
      typeof refresh === 'string' &&
      typeof seconds === 'number' &&
      String(body.token_type).toLowerCase() === 'dpop';
    if (!good) {
      return failed({
        error: typeof error === 'string' ? error : `HTTP ${response.status}`,
        ...(typeof says === 'string' ? { says } : {}),
      });
    }
    const expiresAt = clock.now() + seconds * SECOND;
    return ok({ key, accessToken: access, refreshToken: refresh, expiresAt });
  }
}

/** RFC 7009. With the refresh token goes all that came of the same sign-in. */
export async function revoke(server: Server, refreshToken: string): Promise<boolean> {
  const response = await reach(server.revocation, {
    method: 'POST',
    body: new URLSearchParams({ client_id: COMMAND_LINE, token: refreshToken }),
  });
  return response.ok;
}
