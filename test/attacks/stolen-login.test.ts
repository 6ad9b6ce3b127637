/**
 * A login of the command line, in wrong hands (T1528, T1550.001): the token without its key, the key for another call, the same
 * call again, the token in other clothes, a token for somebody else's API. What is stolen whole, token and key together, is the
 * login; that its file is for its owner alone, and that it ends with the session, is tested in test/elsewhere/login.test.ts.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { systemClock } from '../../server/kernel/clock.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import {
  createDpopSigner,
  type DpopSigner,
  makeKey,
  type PrivateJwk,
  type Shown,
} from '../../server/main/remote/dpop-signer.ts';
import { COMMAND_LINE, ownAudience } from '../../server/subjects/built-in.ts';
import { administering, catchUp, type Desk, openDesk } from '../support/elsewhere.ts';
import { eventsOf, type TestEvent } from '../support/events.ts';
import { type OidcHouse, openOidcHouse, tokensFor, wander } from '../support/oidc-house.ts';
import type { Answer } from '../support/served-house.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from '../support/served-people.ts';

describe('a stolen login', () => {
  let house: OidcHouse;
  let root: PasskeyPerson;
  let desk: Desk;
  let token: string;
  let signer: DpopSigner;
  let me: string;
  before(async () => {
    house = await openOidcHouse();
    root = await passkeyPerson(house, 'root', ['administrator']);
    catchUp(house);
    desk = openDesk({ SALLYPORT_AT: house.origin });
    const come = administering(house, house.browser(), root);
    const { code, err } = await desk.run(['login', '--no-browser'], come);
    assert.equal(code, 0, err);
    const kept = desk.kept(house.origin);
    token = kept.accessToken;
    signer = signerOf(kept.key as PrivateJwk);
    me = `${house.origin}/api/v1/me`;
  });
  beforeEach(() => catchUp(house));
  after(async () => {
    desk.close();
    await house.close();
  });

  /** Of what was refused, the first of a minute; the others are counted. */
  const told: TestEvent[] = [];

  const signerOf = (key: PrivateJwk) =>
    createDpopSigner({ clock: systemClock(), random: systemRandom() }, key);

  /** A nonce of the server, as whoever asks without one is told. */
  async function nonce(): Promise<string> {
    const asked = await send(signer.proof({ method: 'GET', url: me, token }));
    assert.equal(asked.status, 401);
    assert.match(asked.headers.get('www-authenticate') ?? '', /^DPoP .*error="use_dpop_nonce"/);
    return asked.headers.get('dpop-nonce') ?? assert.fail();
  }

  const send = (
    dpop: string | undefined,
    { scheme = 'DPoP', with: given = token, path = '/api/v1/me', method = 'GET' } = {},
  ): Promise<Answer> =>
    house.send({
      method,
      path,
      headers: { authorization: `${scheme} ${given}`, ...(dpop === undefined ? {} : { dpop }) },
    });

  const proof = async (change: Partial<Shown> = {}, by = signer) =>
    by.proof({ method: 'GET', url: me, token, nonce: await nonce(), ...change });

  /** The same in the right hands, before and after: what is refused is the theft, and nobody else is troubled by it. */
  async function refused(answer: () => Promise<Answer>, says: RegExp): Promise<void> {
    assert.equal((await send(await proof())).json.identifier, 'root');
    let refusal: Answer | undefined;
    const seen = await eventsOf(house, async () => {
      refusal = await answer();
    });
    told.push(...seen.filter(({ type }) => type === 'entry.refused'));
    assert.ok(refusal);
    const { status, headers, json } = refusal;
    assert.equal(status, 401);
    assert.match(headers.get('www-authenticate') ?? '', says);
    assert.equal(json.identifier, undefined);
    assert.equal((await send(await proof())).status, 200);
  }

  it('is worth nothing as a plain bearer token (RFC 9449 §7.1)', () =>
    refused(() => send(undefined, { scheme: 'Bearer' }), /^Bearer .*error="invalid_token"/));

  it('is on record as what it is, when it is shown by whoever has no key to it', async () => {
    assert.deepEqual(
      told.map(({ outcome, reason, door, data }) => [outcome, reason, door, typeof data.grant]),
      [['refused', 'not-valid', 'api', 'string']],
    );
    house.clock.advance(61_000);
    await refused(async () => send(await proof({}, signerOf(makeKey()))), /error="invalid_token"/);
    assert.equal(told.length, 2);
    await refused(() => send(undefined, { with: `${token.slice(0, -4)}AAAA` }), /invalid_dpop/);
    assert.equal(told.length, 2, 'what is no token of ours tells nothing');
  });

  it('is worth nothing without a proof, or with two', async () => {
    await refused(() => send(undefined), /error="invalid_dpop_proof"/);
    const two = `${await proof()}, ${await proof()}`;
    await refused(() => send(two), /error="invalid_dpop_proof"/);
  });

  it('is worth nothing with the proof of another key', () =>
    refused(async () => send(await proof({}, signerOf(makeKey()))), /error="invalid_token"/));

  it('can’t be used twice by one proof, as whoever overheard it would', async () => {
    const once = await proof();
    assert.equal((await send(once)).status, 200);
    await refused(() => send(once), /error="invalid_dpop_proof"/);
    const many = await proof();
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(many)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  });

  it('can’t be used with a proof made for another address, method or token', async () => {
    for (const change of [
      { url: `${house.origin}/api/v1/people` },
      { url: `https://evil.example/api/v1/me` },
      { method: 'POST' },
      { token: 'another' },
      { token: undefined },
    ]) {
      await refused(async () => send(await proof(change)), /error="invalid_dpop_proof"/);
    }
  });

  it('can’t be used with proofs that were made ahead, for a nonce of another day', async () => {
    const kept = await proof();
    house.clock.advance(5 * 60_000);
    const { status, headers } = await send(kept);
    assert.equal(status, 401);
    assert.match(headers.get('www-authenticate') ?? '', /error="use_dpop_nonce"/);
    catchUp(house);
    const made = await proof({ nonce: 'AAAAAAAAAAAAAAAAAAAAAAAA' });
    await refused(() => send(made), /error="use_dpop_nonce"/);
  });

  it('can’t be exchanged for a session that is bound to nothing', async () => {
    const path = '/api/v1/attempts';
    const url = house.origin + path;
    const { status, json } = await house.send({
      method: 'POST',
      path,
      headers: {
        authorization: `DPoP ${token}`,
        dpop: await proof({ method: 'POST', url }),
        'content-type': 'application/json',
      },
      body: JSON.stringify({ to: 'stepUp', action: 'readSelf' }),
    });
    assert.deepEqual([status, json.code], [403, 'not-permitted']);
  });

  it('is not accepted when it was given for another API, though by us and for the same person', async () => {
    const audience = 'https://payments.example.com';
    await house.addApi('payments', { audience, scopes: [{ name: 'act-as-me', says: 'Pays' }] });
    const app = await house.addApp('till', {
      boundTokens: true,
      apis: [{ audience, scopes: ['act-as-me'] }],
    });
    const config = await app.config();
    const pair = await oidc.randomDPoPKeyPair('ES256', { extractable: true });
    const browser = house.browser();
    const { session } = await passkeySignIn(house, root);
    browser.cookies.set(house.cookieName('session'), session.token);
    const tokens = await tokensFor(house, config, root, {
      browser,
      parameters: { resource: audience, scope: 'openid act-as-me' },
      atToken: { resource: audience },
      DPoP: oidc.getDPoPHandle(config, pair),
    });
    const jwk = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as PrivateJwk;
    const other = tokens.access_token;
    const theirs = signerOf(jwk);
    assert.equal(JSON.parse(atob(other.split('.')[1] ?? '')).aud, audience);
    const answer = async () => send(await proof({ token: other }, theirs), { with: other });
    await refused(answer, /error="invalid_token"/);
  });

  it('can’t be got by a program that sends the person to another address than this computer’s', async () => {
    const browser = house.browser();
    const { session } = await passkeySignIn(house, root);
    browser.cookies.set(house.cookieName('session'), session.token);
    const ask = (redirect: string) =>
      wander(
        house,
        browser,
        `${house.origin}/oidc/auth?${new URLSearchParams({
          response_type: 'code',
          client_id: COMMAND_LINE,
          redirect_uri: redirect,
          scope: 'openid act-as-me',
          resource: ownAudience(house.origin),
          state: 'state',
          code_challenge: 'A'.repeat(43),
          code_challenge_method: 'S256',
        })}`,
      );
    const seen = await eventsOf(house, async () => {
      for (const good of ['http://127.0.0.1:51234/callback', 'http://[::1]:51234/callback']) {
        const { page } = await ask(good);
        assert.match(page.text, /Sallyport command line/, good);
      }
      for (const bad of [
        'http://127.0.0.1:51234/other',
        'http://127.0.0.1:51234/callback/',
        'http://127.0.0.1:51234/callback?x=1',
        'http://localhost:51234/callback',
        'http://127.0.0.2:51234/callback',
        'http://127.0.0.1.evil.example:51234/callback',
        'http://127.0.0.1@evil.example/callback',
        'http://127.0.0.1:51234@evil.example/callback',
        'https://127.0.0.1:51234/callback',
        'http://127.1:51234/callback',
        'https://evil.example/callback',
      ]) {
        const { left, page } = await ask(bad);
        assert.equal(left, undefined, bad);
        assert.equal(page.status, 400, bad);
      }
    });
    const told = seen.filter(({ type }) => type === 'app.refused');
    assert.deepEqual(
      told.map(({ data }) => [data.app, data.at]),
      [[COMMAND_LINE, 'authorization']],
    );
  });

  it('can’t be renewed with another key', async () => {
    const { refreshToken, key } = desk.kept(house.origin);
    const url = `${house.origin}/oidc/token`;
    const renew = (by: DpopSigner) =>
      house.send({
        method: 'POST',
        path: '/oidc/token',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          dpop: by.proof({ method: 'POST', url }),
        },
        body: new URLSearchParams({
          grant_type: 'refresh_token',
          refresh_token: refreshToken,
          client_id: COMMAND_LINE,
        }).toString(),
      });
    const seen = await eventsOf(house, async () => {
      const stolen = await renew(signerOf(makeKey()));
      assert.equal(stolen.json.error, 'invalid_grant', stolen.text);
      const honest = await renew(signerOf(key as PrivateJwk));
      assert.equal(honest.json.token_type, 'DPoP', honest.text);
    });
    const told = seen.filter(({ type }) => type === 'app.refused');
    assert.deepEqual(
      told.map(({ data }) => [data.app, data.error]),
      [[COMMAND_LINE, 'invalid_grant']],
    );
  });
});
