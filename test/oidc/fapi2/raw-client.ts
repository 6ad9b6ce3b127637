/** What a client of this profile sends, as raw as it is given: a test spoils it. */
import assert from 'node:assert/strict';
import { type Change, requestOf, VERIFIER } from '../../support/code-client.ts';
import { CALLBACK, wander } from '../../support/oidc-house.ts';
import { fetchWith, type OpensslCertificate } from '../../support/openssl.ts';
import { claimsFor, type SigningKey, signJws } from '../../support/processes.ts';
import type { WebClient } from '../../support/web-client.ts';
import type { Fapi2Client, Fapi2House } from './clients.ts';

const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export interface Raw {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export type RawClient = ReturnType<typeof createRawClient>;

/** In a browser in which the person has signed in. */
export function createRawClient(house: Fapi2House, browser: WebClient) {
  async function post(
    path: string,
    form: Change,
    certificate?: OpensslCertificate,
    headers: Record<string, string> = {},
  ): Promise<Raw> {
    const kept = Object.entries(form).filter(([, value]) => value !== undefined) as [
      string,
      string,
    ][]; // Those without a value are gone.
    const answer = await fetchWith(house.server, certificate)(house.issuer + path, {
      method: 'POST',
      headers,
      body: new URLSearchParams(kept),
    });
    const text = await answer.text();
    return { status: answer.status, body: text.startsWith('{') ? JSON.parse(text) : {} };
  }

  function asserted(
    { app, key }: Fapi2Client,
    change: Record<string, unknown> = {},
    signer: SigningKey = key,
    header: Record<string, unknown> = {},
  ): Change {
    const claims = { ...claimsFor(house, app.id), aud: house.issuer, ...change };
    const assertion = signJws(signer, { alg: signer.alg, typ: 'JWT', ...header }, claims);
    return { client_assertion_type: ASSERTION, client_assertion: assertion };
  }

  /** What shows who the client is. */
  const shown = (client: Fapi2Client): Change =>
    client.certificate === undefined ? asserted(client) : {};

  const push = (client: Fapi2Client, change: Change = {}, headers = {}) =>
    post(
      '/par',
      { ...requestOf(client.app), ...shown(client), ...change },
      client.certificate,
      headers,
    );

  async function follow(client: Fapi2Client, uri: unknown, more: Record<string, string> = {}) {
    const asked = { client_id: client.app.id, request_uri: String(uri), ...more };
    return wander(house, browser, `/oidc/auth?${new URLSearchParams(asked)}`);
  }

  async function codeOf(client: Fapi2Client, change: Change = {}, headers = {}): Promise<string> {
    const { body } = await push(client, change, headers);
    const { left, page } = await follow(client, body.request_uri);
    const code = left?.searchParams.get('code');
    assert.ok(code, `${JSON.stringify(body)} ${left} ${page.status}`);
    return code;
  }

  const redeem = (client: Fapi2Client, code: string, change: Change = {}, headers = {}) =>
    post(
      '/token',
      {
        grant_type: 'authorization_code',
        client_id: client.app.id,
        code,
        redirect_uri: CALLBACK,
        code_verifier: VERIFIER,
        ...shown(client),
        ...change,
      },
      client.certificate,
      headers,
    );

  let made = 0;
  function proof(holder: SigningKey, change: Record<string, unknown> = {}, path = '/token') {
    const { alg: _alg, kid: _kid, ...jwk } = holder.jwk as Record<string, unknown>;
    made += 1;
    const iat = Math.floor(Date.now() / 1000);
    const claims = { jti: `p-${made}`, htm: 'POST', htu: house.issuer + path, iat, ...change };
    return signJws(holder, { typ: 'dpop+jwt', alg: holder.alg, jwk }, claims);
  }

  /** What binds the token in a raw request. */
  const bindingOf = (client: Fapi2Client): Record<string, string> =>
    client.certificate === undefined ? { dpop: proof(client.key) } : {};

  return { post, asserted, shown, push, follow, codeOf, redeem, proof, bindingOf };
}
