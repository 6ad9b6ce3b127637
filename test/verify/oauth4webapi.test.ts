/** A client that is not ours makes the proofs, and reads the challenges: oauth4webapi. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fastify, { type FastifyInstance } from 'fastify';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import * as oauth from 'oauth4webapi';
import { guardFastify } from '../../verify/src/adapters/guard-fastify.ts';
import { createVerifier } from '../../verify/src/verifier.ts';
import { freePort } from '../support/free-port.ts';
import { AUDIENCE, type Issuer, startIssuer, wallClock } from './issuer.ts';

describe('oauth4webapi against an API behind @sallyport/verify', () => {
  let issuer: Issuer;
  let app: FastifyInstance;
  let origin: string;
  before(async () => {
    issuer = await startIssuer(wallClock);
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    app = fastify();
    const nonceSecret = crypto.getRandomValues(new Uint8Array(32));
    await app.register(guardFastify, {
      verifier: createVerifier({
        issuer: issuer.issuer,
        audience: AUDIENCE,
        origin,
        dpop: { nonceSecret },
      }),
    });
    app.get('/keys', () => 'read');
    app.post('/keys', { config: { access: { scopes: ['keys:import'] } } }, () => 'imported');
    app.delete('/keys', { config: { access: { freshFor: 300, acr: 'phr' } } }, () => 'gone');
    await app.listen({ port, host: '127.0.0.1' });
  });
  after(async () => {
    await app.close();
    await issuer.stop();
  });

  const client: oauth.Client = { client_id: 'reader' };
  const ask = (token: string, method: string, DPoP?: oauth.DPoPHandle, path = '/keys?page=2') =>
    oauth.protectedResourceRequest(token, method, new URL(path, origin), undefined, undefined, {
      [oauth.allowInsecureRequests]: true,
      ...(DPoP && { DPoP }),
    });
  const challenged = async (work: Promise<Response>) => {
    const error = await work.then(
      () => assert.fail('It was granted.'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof oauth.WWWAuthenticateChallengeError, String(error));
    return { status: error.status, challenges: error.cause };
  };

  for (const alg of ['ES256', 'EdDSA', 'PS256'] as const) {
    it(`is asked for a nonce, gives it, and is let in, by a key for ${alg}`, async () => {
      const keys = await oauth.generateKeyPair(alg === 'EdDSA' ? 'Ed25519' : alg);
      const DPoP = oauth.DPoP(client, keys);
      const jkt = await calculateJwkThumbprint(await exportJWK(keys.publicKey));
      const token = await issuer.token({ cnf: { jkt }, scope: 'keys:read keys:import' });

      const { status, challenges } = await challenged(ask(token, 'GET', DPoP));
      assert.equal(status, 401);
      assert.equal(challenges[0]?.scheme, 'dpop');
      assert.equal(challenges[0]?.parameters.error, 'use_dpop_nonce');
      assert.ok(challenges[0]?.parameters.algs?.split(' ').includes('ES256'));

      for (let round = 0; round < 3; round += 1) {
        assert.equal(await (await ask(token, 'GET', DPoP)).text(), 'read');
        assert.equal(await (await ask(token, 'POST', DPoP)).text(), 'imported');
      }
    });
  }

  it('is refused with the token of another client, by its own key or as bearer', async () => {
    const keys = await oauth.generateKeyPair('ES256');
    const thief = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
    const jkt = await calculateJwkThumbprint(await exportJWK(keys.publicKey));
    const token = await issuer.token({ cnf: { jkt } });
    const byKey = await challenged(ask(token, 'GET', thief));
    assert.equal(byKey.challenges[0]?.parameters.error, 'invalid_token');
    const asBearer = await challenged(ask(token, 'GET'));
    assert.equal(asBearer.challenges[0]?.scheme, 'dpop');
    assert.equal(asBearer.challenges[0]?.parameters.error, 'invalid_token');
  });

  it('reads what a call needs more, of scopes and of the person', async () => {
    const token = await issuer.token();
    const scope = await challenged(ask(token, 'POST'));
    assert.equal(scope.status, 403);
    assert.deepEqual(scope.challenges, [
      {
        scheme: 'bearer',
        parameters: {
          error: 'insufficient_scope',
          error_description: 'The access token lacks a scope that this needs',
          scope: 'keys:import',
        },
      },
    ]);
    const person = await challenged(ask(token, 'DELETE'));
    assert.equal(person.status, 401);
    assert.deepEqual(person.challenges, [
      {
        scheme: 'bearer',
        parameters: {
          error: 'insufficient_user_authentication',
          error_description: 'A different authentication level is needed',
          acr_values: 'phr',
          max_age: '300',
        },
      },
    ]);
    const fresh = await issuer.token({ acr: 'phr', auth_time: issuer.seconds() - 10 });
    assert.equal(await (await ask(fresh, 'DELETE')).text(), 'gone');
  });

  it('reads both schemes where it presented neither', async () => {
    const response = await fetch(new URL('/keys', origin));
    const header = response.headers.get('www-authenticate');
    assert.equal(header, 'Bearer, DPoP algs="ES256 EdDSA Ed25519 PS256"');
  });
});
