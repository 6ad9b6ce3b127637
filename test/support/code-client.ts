/** An application that asks in its own words: requests that can be spoilt, and answers as raw as they come. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { CALLBACK, type OidcHouse, signInFrom, type TestApp, wander } from './oidc-house.ts';
import type { TestPerson } from './people.ts';
import { claimsFor, type SigningKey, signJws } from './processes.ts';
import type { WebClient } from './web-client.ts';

/** What is changed of a request as it should be; `undefined` leaves a parameter out. */
export type Change = Readonly<Record<string, string | undefined>>;

export const VERIFIER = 'a-verifier-of-forty-three-characters-or-more-than-that';
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

function filled(fields: Change): Record<string, string> {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Record<string, string>; // Those without a value are gone.
}

export function requestOf(
  { id }: Pick<TestApp, 'id'>,
  change: Change = {},
): Record<string, string> {
  return filled({
    client_id: id,
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'openid',
    state: 'a-state',
    nonce: 'a-nonce',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...change,
  });
}

/** Where a request leads a browser: away to the application, or to a page of ours. */
export function ask(
  house: OidcHouse,
  app: Pick<TestApp, 'id'>,
  change: Change = {},
  browser: WebClient = house.browser(),
): ReturnType<typeof wander> {
  const query = new URLSearchParams(requestOf(app, change));
  return wander(house, browser, `/oidc/auth?${query}`);
}

/** A browser in which the person has signed in to the application already. */
export async function signedIn(
  house: OidcHouse,
  app: Pick<TestApp, 'id'>,
  person: TestPerson,
): Promise<WebClient> {
  const browser = house.browser();
  const { left } = await ask(house, app, {}, browser);
  assert.equal(left, undefined);
  const done = await signInFrom(house, browser, person);
  assert.ok(done.left?.searchParams.get('code'), done.page.text);
  return browser;
}

export async function codeIn(
  house: OidcHouse,
  app: Pick<TestApp, 'id'>,
  browser: WebClient,
  change: Change = {},
): Promise<string> {
  const { left, page } = await ask(house, app, change, browser);
  const code = left?.searchParams.get('code');
  assert.ok(code, `${left} ${page.text}`);
  return code;
}

export interface RawAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

/** A form to an endpoint that clients call. */
export async function call(
  house: OidcHouse,
  path: string,
  form: Change | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  const response = await fetch(house.issuer + path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: typeof form === 'string' ? form : new URLSearchParams(filled(form)).toString(),
    redirect: 'manual',
  });
  const text = await response.text();
  const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.status, body, headers: response.headers };
}

export function redeem(
  house: OidcHouse,
  app: Pick<TestApp, 'id'>,
  code: string,
  change: Change = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  const form = {
    grant_type: 'authorization_code',
    client_id: app.id,
    code,
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
    ...change,
  };
  return call(house, '/token', form, headers);
}

/** The parameters by which an application shows its key (RFC 7523 §2.2). */
export function assertedBy(
  house: OidcHouse,
  app: Pick<TestApp, 'id'>,
  key: SigningKey,
): Record<string, string> {
  const claims = { ...claimsFor(house, app.id), aud: house.issuer };
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: signJws(key, { alg: key.alg, typ: 'JWT' }, claims),
  };
}
