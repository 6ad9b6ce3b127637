/** An issuer as small as a test needs: keys made in the test, served over HTTP on this machine, and tokens signed by them. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  base64url,
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { sha256 } from '../../verify/src/bytes.ts';
import { type ManualClock, manualClock } from '../support/clock.ts';

export const AUDIENCE = 'https://api.example.com';
export const GRANT = '019c0000-0000-7000-8000-000000000001';

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export async function makeKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** A header parameter or claim that is `undefined` is left out. */
export type Parts = Record<string, unknown>;

export async function signed(key: SigningKey, header: Parts, claims: Parts): Promise<string> {
  const jwt = new SignJWT(defined(claims) as JWTPayload);
  return jwt.setProtectedHeader({ alg: key.alg, ...defined(header) }).sign(key.privateKey);
}

/** Exactly these parts, whatever a library would say to them. */
export function assembled(header: Parts, claims: Parts, signature: Uint8Array | string): string {
  const part = (value: Parts) => base64url.encode(JSON.stringify(defined(value)));
  return `${part(header)}.${part(claims)}.${base64url.encode(signature)}`;
}

function defined(parts: Parts): Parts {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}

export type Issuer = Awaited<ReturnType<typeof startIssuer>>;

/** Its clock stands unless a clock is given. */
export async function startIssuer(clock: ManualClock = manualClock()) {
  const key = await makeKey('now');
  const served = {
    keys: [key],
    ended: [] as string[],
    since: 0,
    down: new Set<'/oidc/jwks' | '/oidc/status'>(),
    asked: [] as string[],
    /** In place of the list that would be made now. */
    list: undefined as string | undefined,
  };
  const seconds = () => Math.floor(clock.now() / 1000);

  const listOf = (header: Parts = {}, claims: Parts = {}, by = key) =>
    signed(
      by,
      { typ: 'statuslist+jwt', kid: by.kid, ...header },
      {
        iss: issuer,
        iat: seconds(),
        exp: seconds() + 600,
        since: served.since,
        ended: served.ended,
        ...claims,
      },
    );

  const server = createServer(async (request, response) => {
    served.asked.push(request.url ?? '');
    if ((served.down as Set<string>).has(request.url ?? '')) {
      response.writeHead(503).end();
    } else if (request.url === '/oidc/jwks') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ keys: served.keys.map(({ jwk }) => jwk) }));
    } else if (request.url === '/oidc/status') {
      response.writeHead(200, { 'content-type': 'application/statuslist+jwt' });
      response.end(served.list ?? (await listOf()));
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // It listens on TCP, so its address is no path.
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/oidc`;

  const claims = (more: Parts = {}): Parts => ({
    iss: issuer,
    aud: AUDIENCE,
    sub: 'ada',
    client_id: 'reader',
    jti: base64url.encode(crypto.getRandomValues(new Uint8Array(12))),
    iat: seconds(),
    exp: seconds() + 300,
    scope: 'keys:read',
    gid: GRANT,
    ...more,
  });

  return {
    issuer,
    clock,
    key,
    served,
    seconds,
    claims,
    listOf,
    token: (more: Parts = {}, header: Parts = {}, by: SigningKey = key) =>
      signed(by, { typ: 'at+jwt', kid: by.kid, ...header }, claims(more)),
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface Holder {
  readonly key: SigningKey;
  readonly jkt: string;
  proof(wish: {
    token: string;
    at: number;
    method?: string;
    url?: string;
    header?: Parts;
    claims?: Parts;
  }): Promise<string>;
}

/** A client that holds a key and makes proofs with it (RFC 9449 §4.2), right ones unless told otherwise. */
export async function makeHolder(alg = 'ES256'): Promise<Holder> {
  const key = await makeKey('of the client', alg);
  const { kid: _kid, use: _use, alg: _alg, ...jwk } = key.jwk;
  return {
    key,
    jkt: await calculateJwkThumbprint(jwk),
    async proof({ token, at, method = 'GET', url = `${AUDIENCE}/keys`, header, claims }) {
      return signed(
        key,
        { typ: 'dpop+jwt', jwk, ...header },
        {
          jti: crypto.randomUUID(),
          htm: method,
          htu: url,
          iat: Math.floor(at / 1000),
          ath: await sha256(token),
          ...claims,
        },
      );
    },
  };
}

/** For clients that are not ours, who look at the clock on the wall. */
export const wallClock: ManualClock = {
  now: Date.now,
  advance() {
    throw new Error('Nobody moves the clock on the wall.');
  },
};
