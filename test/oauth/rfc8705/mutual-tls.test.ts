/** Client certificates (RFC 8705): as the proof of who a process is, and as what its tokens are bound to. */
import assert from 'node:assert/strict';
import { request } from 'node:https';
import { after, before, describe, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import type { Resource } from '../../../server/subjects/resource.ts';
import { type Issuer, makeCertificate } from '../../support/certificates.ts';
import { addProcess, addProof, ISSUER, makeKey } from '../../support/processes.ts';
import { SITE } from '../../support/settings.ts';
import {
  API,
  claimsIn,
  dpopProof,
  FORM,
  type OAuthHouse,
  openOAuthHouse,
  shownBy,
} from '../oauth-house.ts';

describe('mutual TLS (RFC 8705)', () => {
  let house: OAuthHouse;
  let api: Resource;
  const served = makeCertificate({ subject: { CN: 'localhost' }, authority: false });
  const ca = makeCertificate({ subject: { CN: 'A CA' }, authority: true });
  const pinned = makeCertificate({ subject: { CN: 'pinned' }, authority: false });
  const issued = makeCertificate({ subject: { CN: 'worker' }, authority: false }, ca);
  before(async () => {
    house = await openOAuthHouse({
      tls: { certificate: served.pem, key: served.keyPem, clientCertificates: true },
    });
    api = await house.api();
    const entries = [{ resource: api.id, scopes: ['read', 'introspect'] }];
    const own = await addProcess(house, 'pinned', entries);
    await addProof(house, own, 'certificate', { certificate: pinned.pem });
    const worker = await addProcess(house, 'worker', entries);
    await addProof(house, worker, 'certificate', { ca: ca.pem, names: { commonName: 'worker' } });
  });
  after(() => house.close());

  /** As `fetch`, with a certificate or without. */
  const over =
    (certificate: Issuer | undefined) =>
    (url: string, init: { method?: string; body?: unknown; headers?: unknown } = {}) =>
      new Promise<Response>((resolve, reject) => {
        const { port } = house;
        const path = url.replace(SITE, '');
        const headers = Object.fromEntries(new Headers(init.headers as never));
        const sent = request(
          {
            port,
            path,
            headers,
            host: 'localhost',
            method: init.method ?? 'GET',
            rejectUnauthorized: false,
            ...(certificate && { cert: certificate.pem, key: certificate.keyPem }),
          },
          (answer) => {
            let text = '';
            answer.setEncoding('utf8').on('data', (part) => {
              text += part;
            });
            answer.on('end', () => {
              const { statusCode: status = 0, headers } = answer;
              resolve(new Response(text, { status, headers: headers as never }));
            });
          },
        );
        sent.on('error', reject);
        sent.end(init.body === undefined ? '' : String(init.body));
      });

  const post = async (
    certificate: Issuer | undefined,
    path: string,
    form: Record<string, string>,
    headers = {},
  ) => {
    const body = new URLSearchParams(form).toString();
    const response = await over(certificate)(`${ISSUER}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': FORM, ...headers },
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  for (const [name, certificate, method] of [
    ['pinned', pinned, 'self_signed_tls_client_auth (§2.2)'],
    ['worker', issued, 'tls_client_auth (§2.1)'],
  ] as const) {
    test(`${method} gives oauth4webapi a token that is bound to the certificate (§3.1)`, async () => {
      const by = { client_id: name };
      const response = await oauth.clientCredentialsGrantRequest(
        house.server,
        by,
        oauth.TlsClientAuth(),
        { scope: 'read', resource: API },
        {
          [oauth.customFetch]: over(certificate) as never,
          [oauth.allowInsecureRequests]: true,
        },
      );
      const answer = await oauth.processClientCredentialsResponse(house.server, by, response);
      const { raw } = new (await import('node:crypto')).X509Certificate(certificate.pem);
      const { createHash } = await import('node:crypto');
      const x5t = createHash('sha256').update(raw).digest('base64url');
      assert.deepEqual(claimsIn(answer.access_token).cnf, { 'x5t#S256': x5t });
    });
  }

  test('the certificate of another, one of another CA and none are refused alike', async () => {
    const form = { grant_type: 'client_credentials', client_id: 'worker', resource: API };
    const stranger = makeCertificate({ subject: { CN: 'worker' }, authority: false });
    for (const certificate of [pinned, stranger, undefined]) {
      const { status, body } = await post(certificate, '/token', form);
      assert.deepEqual([status, body], [401, { error: 'invalid_client' }]);
    }
    assert.equal((await post(issued, '/token', form)).status, 200);
  });

  test('a token bound to a certificate is good with it alone (§3)', async () => {
    const form = { grant_type: 'client_credentials', client_id: 'pinned', scope: 'introspect' };
    const { body } = await post(pinned, '/token', { ...form, resource: API });
    const token = String(body.access_token);
    const headers = { authorization: `Bearer ${token}` };
    const ask = (certificate: Issuer | undefined) =>
      post(certificate, '/introspect', { token }, headers);
    assert.equal((await ask(pinned)).body.active, true);
    for (const certificate of [issued, undefined]) {
      assert.equal((await ask(certificate)).status, 401);
    }
  });

  test('a certificate binds what a key has proven, and DPoP goes before it', async () => {
    const billing = await house.keyed('billing', [[api, 'read']]);
    const form = () => ({ grant_type: 'client_credentials', ...shownBy(house, billing) });
    const byCertificate = await post(pinned, '/token', form());
    const cnf = claimsIn(String(byCertificate.body.access_token)).cnf as object;
    assert.deepEqual(Object.keys(cnf), ['x5t#S256']);
    const dpop = dpopProof(house, makeKey());
    const byKey = await post(pinned, '/token', form(), { dpop });
    assert.equal(byKey.body.token_type, 'DPoP');
    const both = claimsIn(String(byKey.body.access_token)).cnf as object;
    assert.deepEqual(Object.keys(both), ['jkt']);
  });

  test('the metadata says that it is on (§3.3)', async () => {
    const response = await over(undefined)(`${ISSUER}/.well-known/openid-configuration`);
    const told = (await response.json()) as Record<string, unknown>;
    assert.equal(told.tls_client_certificate_bound_access_tokens, true);
    assert.ok((told.token_endpoint_auth_methods_supported as string[]).includes('tls_client_auth'));
  });
});
