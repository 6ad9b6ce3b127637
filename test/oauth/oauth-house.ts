/** A whole house behind the door of OAuth on a real port, with an API and processes that it is for, and clients that are not ours. */
import assert from 'node:assert/strict';
import { ApiDetail } from '@sallyport/contract/resources.ts';
import type * as oauth from 'oauth4webapi';
import { createOidcDoor, type ProviderHalf } from '../../server/doors/oidc/oidc-door.ts';
import type { ListenerOptions } from '../../server/http/listener.ts';
import type { Process } from '../../server/subjects/process.ts';
import type { Resource } from '../../server/subjects/resource.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { startListener } from '../support/http-listener.ts';
import {
  AUDIENCE,
  addProcess,
  addProof,
  claimsFor,
  ISSUER,
  makeKey,
  type SigningKey,
  signJws,
} from '../support/processes.ts';
import { SITE } from '../support/settings.ts';

export interface OAuthHouse extends TestHouse {
  readonly port: number;
  /** What clients call: the address that people type, led to the port that a test listens on. */
  readonly fetch: (url: string, options?: RequestInit) => Promise<Response>;
  readonly server: oauth.AuthorizationServer;
  api(name?: string, change?: Partial<ApiDetail>): Promise<Resource>;
  /** A process with a key of its own. */
  keyed(name: string, entries: readonly (readonly [Resource, ...string[]])[]): Promise<Keyed>;
  /** A form to an endpoint, as raw as it is given. */
  post(path: string, form: Record<string, string> | string, headers?: Sent): Promise<Answer>;
  /** The token endpoint, called by a process with its key. */
  token(process: Keyed, form?: Record<string, string>, headers?: Sent): Promise<Answer>;
}

type Sent = Readonly<Record<string, string>>;

export interface Keyed {
  readonly process: Process;
  readonly key: SigningKey;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of an endpoint, which tests look into.
  readonly body: any;
  readonly headers: Headers;
}

export const API = AUDIENCE;
export const FORM = 'application/x-www-form-urlencoded';
export const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** Nobody in these tests is a person: what is not for processes is for nobody. */
const NO_PROVIDER: ProviderHalf = {
  knows: () => false,
  metadata: () => ({}),
  handle({ url }, response) {
    const error = url === '/oidc/token' ? 'unsupported_grant_type' : 'invalid_request';
    const status = url === '/oidc/token' ? 400 : 404;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error }));
  },
};

export async function openOAuthHouse(options: Partial<ListenerOptions> = {}): Promise<OAuthHouse> {
  const test = await openTestHouse();
  const { house, clock } = test;
  let port = 0;
  const listener = await startListener(
    () => {
      const door = createOidcDoor({
        ...house.oauth,
        clock,
        signing: house.signing,
        trustedNetwork: () => false,
        clientCertificates: options.tls !== undefined,
        provider: NO_PROVIDER,
      });
      return [
        {
          ...door,
          mount(app) {
            app.server.on('listening', () => {
              const address = app.server.address();
              port = typeof address === 'object' ? (address?.port ?? 0) : 0;
            });
            door.mount(app);
          },
        },
      ];
    },
    { origin: SITE, ...options },
  );

  const scheme = options.tls === undefined ? 'http' : 'https';
  const at = (url: string) => url.replace(SITE, `${scheme}://localhost:${port}`);
  const call = (url: string, init?: RequestInit) => fetch(at(url), init);

  async function post(path: string, form: Record<string, string> | string, headers = {}) {
    const body = typeof form === 'string' ? form : new URLSearchParams(form).toString();
    const response = await call(`${ISSUER}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': FORM, ...headers },
    });
    const text = await response.text();
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
    return { status: response.status, body: JSON.parse(text), headers: response.headers };
  }

  return {
    ...test,
    get port() {
      return port;
    },
    fetch: call,
    server: {
      issuer: ISSUER,
      token_endpoint: `${ISSUER}/token`,
      introspection_endpoint: `${ISSUER}/introspect`,
      revocation_endpoint: `${ISSUER}/revoke`,
      jwks_uri: `${ISSUER}/jwks`,
    },
    async api(name = 'payments', change = {}) {
      const added = await house.store.write((tx) =>
        house.resources.add(
          tx,
          {
            name,
            groups: [],
            open: 'listed',
            members: [],
            kind: 'api',
            detail: ApiDetail.parse({
              audience: AUDIENCE,
              scopes: [
                { name: 'read', says: 'See payments.' },
                { name: 'write', says: 'Note payments.' },
                { name: 'pay', says: 'Make payments.', sensitive: true },
                { name: 'introspect', says: 'Be this API.' },
              ],
              ...change,
            }),
          },
          { door: 'cli' },
        ),
      );
      assert.ok(added.ok, JSON.stringify(added));
      return added.value;
    },
    async keyed(name, entries) {
      const listed = entries.map(([{ id }, ...scopes]) => ({ resource: id, scopes }));
      const process = await addProcess(test, name, listed);
      const key = makeKey();
      await addProof(test, process, 'key', { jwk: key.jwk });
      return { process, key };
    },
    post,
    token: (by, form = {}, headers = {}) =>
      post('/token', { grant_type: 'client_credentials', ...shownBy(test, by), ...form }, headers),
    async close() {
      await listener.listener.stop();
      await test.close();
    },
  };
}

/** The parameters with which a process shows who it is. */
export function shownBy(
  test: Pick<TestHouse, 'clock'>,
  { process, key }: Keyed,
  change: Record<string, unknown> = {},
): Record<string, string> {
  const claims = { ...claimsFor(test, process.name), ...change };
  return {
    client_assertion_type: ASSERTION,
    client_assertion: signJws(key, { alg: key.alg, typ: 'JWT' }, claims),
  };
}

export interface ProofChange {
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  readonly signer?: SigningKey;
}

let proofs = 0;

/** A DPoP proof as it should be; a test spoils it. */
export function dpopProof(
  { clock, house }: Pick<OAuthHouse, 'clock' | 'house'>,
  key: SigningKey,
  { header = {}, claims = {}, signer = key }: ProofChange = {},
): string {
  const { alg: _alg, ...jwk } = key.jwk as Record<string, unknown>;
  proofs += 1;
  const all: Record<string, unknown> = {
    jti: `proof-${proofs}`,
    htm: 'POST',
    htu: `${ISSUER}/token`,
    iat: Math.floor(clock.now() / 1000),
    nonce: house.oauth.dpop.nonce(),
    ...claims,
  };
  for (const name of Object.keys(all)) if (all[name] === undefined) delete all[name];
  return signJws(signer, { typ: 'dpop+jwt', alg: key.alg, jwk, ...header }, all);
}

export function claimsIn(jwt: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
}
