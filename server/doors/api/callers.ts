/**
 * Who calls: a program with a bearer token, one with an access token and the key that it is bound to (RFC 9449 §7.1), a page of ours
 * with the session cookie, or nobody yet. Never two at once, since then it would be open whose call it is. Whether a token is good
 * is for the gate to say.
 */
import { carriedKinds } from '@sallyport/contract/api/attempts.ts';
import type { FastifyRequest } from 'fastify';
import type { Arrival } from '../../gate/arrival.ts';
import { parseToken, publicPart } from '../../gate/sessions/token.ts';
import type { CookieJar } from '../../http/cookies.ts';
import { startedFrom } from '../../http/csrf.ts';
import type { ApiDeps } from './api-deps.ts';
import { Told } from './told.ts';

export interface Caller {
  readonly token: string | undefined;
  /** Whether the token came in a cookie. */
  readonly browser: boolean;
  readonly arrival: Arrival;
  /** Whether the token is worth something only with a proof of a key: the gate is asked first (own-api.ts). */
  readonly bound: boolean;
}

/** RFC 6750 §2.1, RFC 9449 §7.1. */
const SCHEME = 'bearer ';
const BOUND_SCHEME = 'dpop ';
const NO_COOKIES: ReadonlyMap<string, string> = new Map();

export function createCallers(
  deps: Pick<ApiDeps, 'csrf' | 'origin' | 'trustedNetwork'>,
  jar: CookieJar,
) {
  /** Whether a page of ours meant this call. Reading is open to a page that says nothing; changing is not. */
  function meant(request: FastifyRequest, token: string): boolean {
    const from = startedFrom(request.headers, deps.origin());
    if (request.method === 'GET' || request.method === 'HEAD') return from !== 'foreign';
    const given = request.headers['x-csrf-token'];
    return (
      from === 'own' && typeof given === 'string' && deps.csrf.accepts({ session: token }, given)
    );
  }

  return (request: FastifyRequest): Caller | Told => {
    const { authorization, cookie, origin } = request.headers;
    const cookies = cookie === undefined ? undefined : jar.read(cookie);
    if (cookies !== undefined && !cookies.ok) return new Told('bad-request');
    const jarred: ReadonlyMap<string, string> = cookies?.value ?? NO_COOKIES;
    const session = jarred.get('session') || undefined;
    let token = session;
    let bound = false;
    if (authorization !== undefined) {
      if (session !== undefined) return new Told('two-credentials');
      const given = authorization.toLowerCase();
      bound = given.startsWith(BOUND_SCHEME);
      if (!bound && !given.startsWith(SCHEME)) return new Told('no-session', {}, true);
      token = authorization.slice((bound ? BOUND_SCHEME : SCHEME).length);
    } else if (session !== undefined) {
      if (!meant(request, session)) return new Told('not-from-here');
      // A script's token goes in its header: in a browser it would be sent along by whoever can make the browser call.
      if (parseToken('session', session) === undefined) return new Told('no-session', {}, true);
    }
    const { address, network } = request.source;
    return {
      token,
      browser: session !== undefined,
      bound,
      arrival: {
        door: 'api',
        channel: channelOf(token),
        address,
        network,
        trustedNetwork: deps.trustedNetwork(address),
        userAgent: request.headers['user-agent'],
        origin,
        request: request.id,
        device: jarred.get('device') || undefined,
        keyProof: jarred.get('key') || undefined,
        carries: carriedKinds,
      },
    };
  };
}

/** An attempt that was begun in a session goes on in the same; the rest is bound by the attempt’s own secret. */
function channelOf(token: string | undefined): string {
  if (token === undefined) return 'program';
  return publicPart(token) ?? 'program';
}
