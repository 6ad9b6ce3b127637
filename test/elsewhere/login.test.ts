/** `./sallyport login`, `whoami` and `logout`, at a house that is served, with a browser that goes where it is sent (RFC 8252). */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { PORTAL } from '../../server/gate/wish.ts';
import { COMMAND_LINE } from '../../server/subjects/built-in.ts';
import type { Ran } from '../support/command.ts';
import { administering, browsing, catchUp, type Desk, openDesk } from '../support/elsewhere.ts';
import { type OidcHouse, openOidcHouse, wander } from '../support/oidc-house.ts';
import { challenged, granted, type TestPerson } from '../support/people.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from '../support/served-people.ts';

describe('signing in at the command line', () => {
  let house: OidcHouse;
  let ada: PasskeyPerson;
  let bob: TestPerson;
  let desk: Desk;
  before(async () => {
    house = await openOidcHouse();
    ada = await passkeyPerson(house, 'ada');
    bob = await house.person('bob');
    catchUp(house);
    // Keys for tokens sign from when they were made, and this clock goes back once more.
    for (const alg of ['ES256', 'EdDSA', 'RS256'] as const) await house.house.signing.ready(alg);
  });
  beforeEach(() => {
    catchUp(house);
    desk = openDesk();
  });
  afterEach(() => desk.close());
  after(() => house.close());

  const login = (at: Desk = desk): Promise<Ran> =>
    at.run(['login', house.origin, '--no-browser'], administering(house, house.browser(), ada));

  async function loggedIn(): Promise<void> {
    const { code, err } = await login();
    assert.equal(code, 0, err + house.notices.join());
  }

  it('leads through the pages of the sign-in and back, and then knows who is there', async () => {
    house.clock.advance(60_000); // To a code that was not used when he enrolled.
    let page: Response | undefined;
    const { code, out, err } = await desk.run(
      ['login', house.origin, '--no-browser'],
      async (a) => {
        page = await browsing(house, house.browser(), bob)(a);
      },
    );
    assert.equal(code, 0, err + house.notices.join());
    assert.match(out, /You are signed in at \S+ as bob, with no role/);
    assert.match((await page?.text()) ?? '', /You can close this/);
    const who = await desk.run(['whoami']);
    assert.equal(who.code, 0, who.err);
    assert.match(who.out, /\(bob\), with no role, until/);
  });

  it('keeps the login in a file that its owner alone can read, and prints nothing of it', async () => {
    const { out, err } = await login();
    const { accessToken, refreshToken, key } = desk.kept(house.origin);
    assert.equal(statSync(desk.file).mode & 0o777, 0o600);
    assert.equal(statSync(dirname(desk.file)).mode & 0o777, 0o700);
    const who = await desk.run(['whoami', '--json']);
    const said = out + err + who.out + who.err;
    for (const secret of [accessToken, refreshToken, key.d ?? '']) {
      assert.ok(secret.length > 20 && !said.includes(secret));
    }
    assert.equal(JSON.parse(who.out).identifier, 'ada');
  });

  it('does not use a file that others could have read, nor one that is a link', async () => {
    await loggedIn();
    for (const mode of [0o640, 0o604, 0o620]) {
      chmodSync(desk.file, mode);
      for (const args of [['whoami'], ['login', house.origin], ['logout'], ['person', 'list']]) {
        const { code, err } = await desk.run([...args, '--at', house.origin]);
        assert.equal(code, 5, args.join());
        assert.match(err, /can be read or written by others/);
      }
    }
    chmodSync(desk.file, 0o600);
    assert.equal((await desk.run(['whoami'])).code, 0);
    const link = join(desk.folder, 'link.json');
    symlinkSync(desk.file, link);
    const linked = openDesk({ SALLYPORT_LOGINS: link });
    const { code, err } = await linked.run(['whoami']);
    assert.deepEqual([code, /is no file/.test(err)], [5, true], err);
    linked.close();
  });

  it('renews its tokens when they are over, under the same key', async () => {
    await loggedIn();
    const old = desk.kept(house.origin);
    const all = JSON.parse(readFileSync(desk.file, 'utf8'));
    all.logins[house.origin].expiresAt = 0;
    writeFileSync(desk.file, JSON.stringify(all));
    const { code, err } = await desk.run(['whoami']);
    assert.equal(code, 0, err);
    const now = desk.kept(house.origin);
    assert.notEqual(now.accessToken, old.accessToken);
    assert.notEqual(now.refreshToken, old.refreshToken);
    assert.deepEqual(now.key, old.key);
  });

  it('is over at once with the session that it was made in', async () => {
    await loggedIn();
    await house.house.store.write((tx) =>
      house.house.acts.revokeSessionsOf(tx, ada.id, { door: 'cli' }),
    );
    const { code, err } = await desk.run(['whoami']);
    assert.equal(code, 3);
    assert.match(err, /Your sign-in at \S+ is over/);
    // And it is forgotten here.
    const forgotten = await desk.run(['whoami']);
    assert.deepEqual([forgotten.code, forgotten.out], [3, '']);
    assert.match(forgotten.err, /You are signed in nowhere/);
  });

  it('is among the person’s applications, and over at once when they take it back there', async () => {
    await loggedIn();
    const { session } = await passkeySignIn(house, ada);
    const arrival = house.arrival();
    const listed = await house.house.apps.list(session.token, arrival);
    assert.ok(listed.state === 'done');
    const app = listed.value.find(({ id }) => id === COMMAND_LINE);
    assert.deepEqual([app?.title, app?.offline], ['Sallyport command line', false]);
    const revoked = await house.house.apps.revoke(session.token, COMMAND_LINE, arrival);
    assert.equal(revoked.state, 'done');
    assert.equal((await desk.run(['whoami'])).code, 3);
  });

  it('goes on through a step-up in the browser, which renews the session', async () => {
    const browser = house.browser();
    await desk.run(['login', house.origin, '--no-browser'], administering(house, browser, ada));
    const before = desk.kept(house.origin);
    const session = browser.cookies.get(house.cookieName('session')) ?? '';
    house.clock.advance(1000);
    const { gate } = house.house;
    const arrival = house.arrival();
    const demand = { since: house.clock.now() };
    const wish = { action: 'readSelf', resource: PORTAL } as const;
    const asked = challenged(await gate.ask({ to: 'stepUp', session, wish, demand }, arrival));
    const data = ada.passkey.get(
      asked.challenges.find(({ kind }) => kind === 'webauthn')?.data ?? {},
      house.origin,
    );
    granted(await gate.prove(asked.token, { kind: 'webauthn', data }, arrival));
    assert.equal((await house.api('showMe', { token: session })).status, 401, 'it was renewed');
    const { code, err } = await desk.run(['whoami']);
    assert.equal(code, 0, err);
    assert.deepEqual(desk.kept(house.origin), before);
  });

  it('ends with logout there as well as here', async () => {
    await loggedIn();
    const kept = readFileSync(desk.file, 'utf8');
    const { code, out } = await desk.run(['logout']);
    assert.equal(code, 0);
    assert.match(out, /You are signed out/);
    assert.doesNotMatch(readFileSync(desk.file, 'utf8'), /refreshToken/);
    // A copy of the file is worth nothing any more.
    writeFileSync(desk.file, kept);
    assert.equal((await desk.run(['whoami'])).code, 3);
  });

  it('asks each time, also who said yes before, and takes no for an answer', async () => {
    await loggedIn();
    const browser = house.browser();
    const { session } = await passkeySignIn(house, ada);
    browser.cookies.set(house.cookieName('session'), session.token);
    const { code, err } = await desk.run(
      ['login', house.origin, '--no-browser'],
      async (address) => {
        const { page } = await wander(house, browser, address);
        assert.match(page.text, /Sallyport command line/);
        assert.match(page.text, /It is Sallyport’s own command line.* just typed “login”/);
        assert.doesNotMatch(page.text, /made by others/);
        assert.match(page.text, /at Sallyport itself:.*Do here all that you may do/s);
        const action =
          /<form[^>]* action="(\/oidc\/interaction\/[^"]+)"/.exec(page.text)?.[1] ?? '';
        const { left } = await wander(house, browser, await browser.post(action, { answer: 'no' }));
        const shown = await fetch(left ?? '');
        assert.match(await shown.text(), /You were not signed in/);
      },
    );
    assert.equal(code, 3);
    assert.match(err, /You were not let in/);
    assert.equal((await desk.run(['whoami'])).code, 0, 'the login from before is as it was');
  });

  it('takes no answer of another sign-in, of another server, or by another name', async () => {
    const { code, err } = await desk.run(
      ['login', house.origin, '--no-browser'],
      async (address) => {
        const asked = new URL(address).searchParams;
        const back = new URL(asked.get('redirect_uri') ?? '');
        assert.equal(back.hostname, '127.0.0.1');
        const knock = async (params: Record<string, string>, path = back.pathname) =>
          (await fetch(`${back.origin}${path}?${new URLSearchParams(params)}`)).status;
        const state = asked.get('state') ?? '';
        assert.equal(await knock({ code: 'x', state: 'another' }), 404);
        assert.equal(await knock({ code: 'x' }), 404);
        assert.equal(await knock({ code: 'x', state }, '/other'), 404);
        // RFC 9207: the right state, and the code of a server that it was not asked of.
        assert.equal(await knock({ code: 'x', state, iss: 'https://evil.example/oidc' }), 200);
      },
    );
    assert.equal(code, 3);
    assert.match(err, /not from .* It was not used/);
  });

  it('keeps nothing of somebody else than was expected', async () => {
    await loggedIn();
    const before = desk.kept(house.origin).accessToken;
    for (const person of ['bob', '00000000-0000-7000-8000-000000000000']) {
      const refused = await desk.run(
        ['login', house.origin, '--no-browser', '--person', person],
        administering(house, house.browser(), ada),
      );
      assert.equal(refused.code, 3);
      assert.match(refused.err, new RegExp(`this is ada, and not ${person}\\. It was not\\s+used`));
    }
    assert.equal(desk.kept(house.origin).accessToken, before, 'the login from before is as it was');
    const taken = await desk.run(
      ['login', house.origin, '--no-browser', '--person', 'Ada'],
      administering(house, house.browser(), ada),
    );
    assert.equal(taken.code, 0, taken.err);
    assert.match(taken.out, /as ada/);
    assert.notEqual(desk.kept(house.origin).accessToken, before);
  });

  it('waits until it is told to stop', async () => {
    const { code, err } = await desk.run(['login', house.origin, '--no-browser'], async () => {
      setImmediate(() => process.emit('SIGINT'));
    });
    assert.equal(code, 3);
    assert.match(err, /Waiting for you to sign in there/);
    assert.match(err, /You stopped it/);
  });

  it('refuses addresses that are none, or that anyone on the way could read', async () => {
    for (const [typed, says] of [
      ['http://auth.example.com', /plain HTTP/],
      ['https://auth.example.com/path', /more than the address/],
      ['https://ada@auth.example.com', /more than the address/],
      ['ftp://auth.example.com', /no address/],
    ] as const) {
      const { code, err } = await desk.run(['login', typed]);
      assert.equal(code, 2, typed);
      assert.match(err, says);
    }
    const nobody = await desk.run(['login', 'http://127.0.0.1:2', '--no-browser']);
    assert.equal(nobody.code, 5);
    assert.match(
      nobody.err,
      /can’t be reached.*\nLook at the address, and whether the server runs\./,
    );
  });
});
