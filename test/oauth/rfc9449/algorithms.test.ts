/**
 * RFC 9449 §5.1, `dpop_signing_alg_values_supported`: what is told there is taken, and nothing else, wherever proofs are read: for
 * processes and for people, for tokens, at userinfo and at introspection.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { call, codeIn, redeem, signedIn } from '../../support/code-client.ts';
import { type OidcHouse, openOidcHouse, type TestApp } from '../../support/oidc-house.ts';
import { addProcess, addProof, encode } from '../../support/processes.ts';
import type { WebClient } from '../../support/web-client.ts';

const API = 'https://pay.example.com/';

interface Way {
  readonly key: () => KeyObject;
  readonly sign: (data: Buffer, key: KeyObject) => Buffer;
}

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ec = (namedCurve: string) => () => generateKeyPairSync('ec', { namedCurve }).privateKey;
const ecdsa = (digest: string) => (data: Buffer, key: KeyObject) =>
  sign(digest, data, { key, dsaEncoding: 'ieee-p1363' });
const pss = (digest: string, saltLength: number) => (data: Buffer, key: KeyObject) =>
  sign(digest, data, { key, padding: 6, saltLength });
const pure = (data: Buffer, key: KeyObject) => sign(null, data, key);
const ed25519 = () => generateKeyPairSync('ed25519').privateKey;

/** Everything asymmetric that is registered for signatures (IANA JOSE), and that OpenSSL makes here. */
const WAYS: Readonly<Record<string, Way>> = {
  ES256: { key: ec('P-256'), sign: ecdsa('sha256') },
  ES384: { key: ec('P-384'), sign: ecdsa('sha384') },
  ES512: { key: ec('P-521'), sign: ecdsa('sha512') },
  ES256K: { key: ec('secp256k1'), sign: ecdsa('sha256') },
  EdDSA: { key: ed25519, sign: pure },
  Ed25519: { key: ed25519, sign: pure },
  Ed448: { key: () => generateKeyPairSync('ed448').privateKey, sign: pure },
  RS256: { key: rsa, sign: (data, key) => sign('sha256', data, key) },
  RS384: { key: rsa, sign: (data, key) => sign('sha384', data, key) },
  RS512: { key: rsa, sign: (data, key) => sign('sha512', data, key) },
  PS256: { key: rsa, sign: pss('sha256', 32) },
  PS384: { key: rsa, sign: pss('sha384', 48) },
  PS512: { key: rsa, sign: pss('sha512', 64) },
};

function publicJwk(key: KeyObject): Record<string, unknown> {
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...jwk } = key.export({ format: 'jwk' });
  return jwk;
}

let made = 0;

describe('a proof of possession', () => {
  let house: OidcHouse;
  let app: TestApp;
  let browser: WebClient;
  let secret = '';
  let told: string[];
  before(async () => {
    house = await openOidcHouse();
    const scopes = ['read', 'introspect'].map((name) => ({ name, says: `To ${name}.` }));
    const api = await house.addApi('payments', { audience: API, scopes });
    const process = await addProcess(house, 'billing', [
      { resource: api, scopes: ['read', 'introspect'] },
    ]);
    const { shownOnce } = await addProof(house, process, 'secret', {});
    secret = shownOnce?.[0] ?? '';
    app = await house.addApp('wiki');
    browser = await signedIn(house, app, await house.person('ada'));
    const { json } = await house.send({ path: '/oidc/.well-known/openid-configuration' });
    told = json.dpop_signing_alg_values_supported;
  });
  after(() => house.close());

  interface Holder {
    readonly alg: string;
    readonly key: KeyObject;
    /** Some name the algorithm in the key as well (RFC 7517 §4.4). */
    readonly named: boolean;
  }

  function proof(
    { alg, key, named }: Holder,
    path: string,
    token?: string,
    nonce?: string,
  ): string {
    const jwk = { ...publicJwk(key), ...(named ? { alg } : {}) };
    made += 1;
    const claims = {
      jti: `p-${made}`,
      htm: 'POST',
      htu: house.issuer + path,
      iat: Math.floor(house.clock.now() / 1000),
      nonce,
      ...(token === undefined ? {} : { ath: hash('sha256', token, 'base64url') }),
    };
    const signed = `${encode({ typ: 'dpop+jwt', alg, jwk })}.${encode(claims)}`;
    const signature = WAYS[alg]?.sign(Buffer.from(signed), key);
    return `${signed}.${signature?.toString('base64url')}`;
  }

  /** With a nonce, once one was given. */
  async function sent(
    holder: Holder,
    path: string,
    form: Record<string, string>,
    token?: string,
  ): ReturnType<typeof call> {
    const scheme = token === undefined ? {} : { authorization: `DPoP ${token}` };
    const first = proof(holder, path, token, house.house.oauth.dpop.nonce());
    const answer = await call(house, path, form, { dpop: first, ...scheme });
    const nonce = answer.headers.get('dpop-nonce');
    const wants = `${answer.body.error}${answer.headers.get('www-authenticate')}`;
    if (nonce === null || !wants.includes('use_dpop_nonce')) return answer;
    return call(house, path, form, { dpop: proof(holder, path, token, nonce), ...scheme });
  }

  const forProcess = (holder: Holder) =>
    sent(holder, '/token', {
      grant_type: 'client_credentials',
      client_id: 'billing',
      client_secret: secret,
      resource: API,
      scope: 'introspect',
    });

  async function forPerson(holder: Holder) {
    const code = await codeIn(house, app, browser);
    const { id } = app;
    const change = { grant_type: 'authorization_code', client_id: id, code };
    const { status, body } = await redeem(house, app, code, change, {
      dpop: proof(holder, '/token'),
    });
    return { status, body };
  }

  it('may be signed by something, and is told of as a list without doubles', () => {
    assert.ok(told.length > 0);
    assert.equal(new Set(told).size, told.length);
    for (const alg of told) assert.ok(WAYS[alg], `${alg} is tried below`);
  });

  for (const [alg, { key }] of Object.entries(WAYS)) {
    it(`by ${alg} is taken where the metadata name it, and nowhere else`, async () => {
      for (const named of [false, true]) {
        const holder = { alg, key: key(), named };
        const process = await forProcess(holder);
        const person = await forPerson(holder);
        const userinfo = (token: unknown) => sent(holder, '/userinfo', {}, String(token));
        if (!told.includes(alg)) {
          const refused = [400, 'invalid_dpop_proof'];
          assert.deepEqual([process.status, process.body.error], refused);
          assert.deepEqual([person.status, person.body.error], refused);
          // A key that is bound by an algorithm that is taken is no better with another.
          const plain = await redeem(house, app, await codeIn(house, app, browser));
          const shown = await userinfo(plain.body.access_token);
          assert.ok(shown.status >= 400, String(shown.status));
          continue;
        }
        assert.deepEqual([process.status, process.body.token_type], [200, 'DPoP'], `${named}`);
        assert.deepEqual([person.status, person.body.token_type], [200, 'DPoP'], `${named}`);
        const own = String(process.body.access_token);
        const asked = await sent(holder, '/introspect', { token: own }, own);
        assert.deepEqual([asked.status, asked.body.active], [200, true]);
        assert.equal((await userinfo(person.body.access_token)).status, 200);
      }
    });
  }

  it('by a key for RS256 is none, whatever its header says of it', async () => {
    const key = rsa();
    const jwk = { ...publicJwk(key), alg: 'RS256' };
    const claims = { jti: 'x', htm: 'POST', htu: `${house.issuer}/token` };
    const iat = Math.floor(house.clock.now() / 1000);
    const nonce = house.house.oauth.dpop.nonce();
    const header = { typ: 'dpop+jwt', alg: 'PS256', jwk };
    const signed = `${encode(header)}.${encode({ ...claims, iat, nonce })}`;
    const signature = pss('sha256', 32)(Buffer.from(signed), key).toString('base64url');
    const { status, body } = await call(
      house,
      '/token',
      { grant_type: 'client_credentials', client_id: 'billing', client_secret: secret },
      { dpop: `${signed}.${signature}` },
    );
    assert.deepEqual([status, body.error], [400, 'invalid_dpop_proof']);
  });
});
