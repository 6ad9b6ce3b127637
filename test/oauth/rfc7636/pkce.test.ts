/** Proof Key for Code Exchange (RFC 7636), which every client has to use, in one way (RFC 9700 §2.1.1). */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ask, CHALLENGE, codeIn, redeem, signedIn, VERIFIER } from '../../support/code-client.ts';
import { type OidcHouse, openOidcHouse, type TestApp } from '../../support/oidc-house.ts';
import { addProof } from '../../support/processes.ts';
import type { WebClient } from '../../support/web-client.ts';

describe('PKCE (RFC 7636)', () => {
  let house: OidcHouse;
  let app: TestApp;
  let browser: WebClient;
  before(async () => {
    house = await openOidcHouse();
    app = await house.addApp('wiki');
    browser = await signedIn(house, app, await house.person('ada'));
  });
  after(() => house.close());

  it('gives tokens for the verifier of the challenge (§4.6)', async () => {
    const { status, body } = await redeem(house, app, await codeIn(house, app, browser));
    assert.equal(status, 200, JSON.stringify(body));
  });

  for (const [name, change] of [
    [
      'without a challenge (§4.4.1)',
      { code_challenge: undefined, code_challenge_method: undefined },
    ],
    ['with the method plain (RFC 9700 §2.1.1)', { code_challenge_method: 'plain' }],
    ['with no method, which would mean plain (§4.3)', { code_challenge_method: undefined }],
    ['with a method and no challenge', { code_challenge: undefined }],
    ['with a challenge that no hash has (§4.2)', { code_challenge: 'short' }],
    ['with a method that nobody knows', { code_challenge_method: 'S512' }],
  ] as const) {
    it(`refuses a request ${name}`, async () => {
      const { left } = await ask(house, app, change, browser);
      assert.equal(left?.searchParams.get('error'), 'invalid_request');
      assert.equal(left?.searchParams.get('code'), null);
      assert.equal(left?.searchParams.get('state'), 'a-state');
    });
  }

  for (const [name, verifier] of [
    ['no verifier (§4.5)', undefined],
    ['another verifier (§4.6)', `${VERIFIER}-not`],
    ['the challenge itself, as if it were plain', CHALLENGE],
    ['a verifier that is too short (§4.1)', 'short'],
  ] as const) {
    it(`refuses a code with ${name}`, async () => {
      const code = await codeIn(house, app, browser);
      const { status, body } = await redeem(house, app, code, { code_verifier: verifier });
      assert.equal(status, 400);
      assert.match(String(body.error), /^invalid_(grant|request)$/);
      assert.equal(body.access_token, undefined);
    });
  }

  it('asks it of clients with a secret as well', async () => {
    const other = await house.addApp('confidential', { clientAuth: 'secret' });
    const { shownOnce } = await addProof(house, other.process, 'secret', {});
    const none = { code_challenge: undefined, code_challenge_method: undefined };
    const { left } = await ask(house, other, none, browser);
    assert.equal(left?.searchParams.get('error'), 'invalid_request');
    const secret = { client_secret: shownOnce?.[0] };
    const code = await codeIn(house, other, browser);
    const wrong = await redeem(house, other, code, { ...secret, code_verifier: undefined });
    assert.equal(wrong.body.error, 'invalid_grant');
  });
});
