/**
 * Requests that a person’s browser sends and the person did not mean (CWE-352; ASVS 3.5.1, 3.5.3): another site’s form or
 * script with the person’s cookies, and the other way round, signing a person in as the attacker (login CSRF). Every form of
 * the web door and every change by the API is tried; which there are is read from the application.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type OperationName, operations } from '@sallyport/contract/api/operations.ts';
import { count, eventsOf } from '../support/events.ts';
import { enrolledPerson, signIn, type TestPerson } from '../support/people.ts';
import {
  bodySamples,
  callSamples,
  formSamples,
  NOBODY,
  placeOf,
} from '../support/route-samples.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { signInOnWeb } from '../support/web-sign-in.ts';
import { untouched as nothingTouched } from '../support/whole-surface.ts';

const EVIL = 'https://evil.example';

describe('a request that its sender’s browser was made to send', () => {
  let served: ServedHouse;
  let ada: TestPerson;
  let eve: TestPerson;
  before(async () => {
    served = await openServedHouse();
    ada = await enrolledPerson(served, 'ada');
    eve = await enrolledPerson(served, 'eve');
  });
  after(() => served.close());

  const session = async (person: TestPerson) => (await signIn(served, person)).session.token;

  const untouched = (work: () => Promise<void>) => nothingTouched(served, work);

  it('is refused by every form: no token, an empty one, one of another session, one of before', async () => {
    const mine = await session(ada);
    const before = served.browser();
    const early = /name="csrf" value="([^"]+)"/.exec((await before.get('/signin')).text)?.[1] ?? '';
    const tokens = [
      '',
      'x',
      early,
      served.csrf(await session(eve)),
      served.csrf(mine).slice(0, -1),
    ];
    const posts = served.routes.filter(({ door, method }) => door === 'web' && method === 'POST');
    assert.ok(posts.length > 20);
    await untouched(async () => {
      for (const route of posts) {
        const fields = formSamples[route.path];
        const call = callSamples[route.path];
        assert.ok(fields ?? call, `${route.path} has no sample`);
        const cookie = `sallyport-session=${mine}`;
        for (const csrf of tokens) {
          const { status } = await served.send({
            method: 'POST',
            path: placeOf(route),
            headers: {
              cookie,
              origin: served.origin,
              'content-type': fields ? 'application/x-www-form-urlencoded' : 'application/json',
            },
            body: fields
              ? `${new URLSearchParams({ ...fields, csrf })}`
              : JSON.stringify({ ...call, csrf }),
          });
          assert.equal(status, 403, `${route.path} with "${csrf}"`);
        }
        const browser = served.browser();
        browser.cookies.set('sallyport-session', mine);
        const without = await browser.post(placeOf(route), { ...fields, csrf: '' });
        assert.ok(without.status === 403 || without.status === 400, route.path);
      }
    });
  });

  it('is refused by every form, whatever token it has, when the browser says that another site sent it', async () => {
    const mine = await session(ada);
    const posts = Object.keys(formSamples);
    await untouched(async () => {
      for (const path of posts) {
        for (const headers of [
          { origin: EVIL },
          { origin: 'null' },
          { origin: served.origin.replace('http:', 'https:') },
          { origin: `${served.origin}.evil.example` },
          { origin: served.origin, 'sec-fetch-site': 'cross-site' },
          { origin: served.origin, 'sec-fetch-site': 'same-site' },
        ]) {
          const { status } = await served.send({
            method: 'POST',
            path: placeOf({ path }),
            headers: {
              cookie: `sallyport-session=${mine}`,
              'content-type': 'application/x-www-form-urlencoded',
              ...headers,
            },
            body: `${new URLSearchParams({ ...formSamples[path], csrf: served.csrf(mine) })}`,
          });
          assert.equal(status, 403, `${path} ${JSON.stringify(headers)}`);
        }
      }
    });
  });

  it('is refused by every change of the API when a cookie is all that speaks for it', async () => {
    const mine = await session(ada);
    const theirs = served.csrf(await session(eve));
    const cookie = `sallyport-session=${mine}`;
    const good = { origin: served.origin, 'x-csrf-token': served.csrf(mine) };
    await untouched(async () => {
      for (const [name, { method }] of Object.entries(operations)) {
        if (method === 'GET') continue;
        const body = bodySamples[name as OperationName]; // A key of the table.
        assert.equal(body !== undefined, 'body' in operations[name as OperationName], name);
        for (const headers of [
          {},
          { origin: served.origin },
          { 'x-csrf-token': served.csrf(mine) },
          { ...good, 'x-csrf-token': '' },
          { ...good, 'x-csrf-token': theirs },
          { ...good, origin: EVIL },
          { ...good, origin: 'null' },
          { ...good, 'sec-fetch-site': 'cross-site' },
          { ...good, 'sec-fetch-site': 'same-site' },
        ]) {
          const answer = await served.api(name as OperationName, {
            params: { id: NOBODY },
            headers: { cookie, ...headers },
            ...(body === undefined ? {} : { body }),
          });
          assert.equal(answer.status, 403, `${name} ${JSON.stringify(headers)}`);
          assert.equal(answer.json.code, 'not-from-here');
        }
      }
    });
  });

  it('is no JSON because it says so in another type: what a form can send without asking is not read', async () => {
    const mine = await session(ada);
    const body = JSON.stringify(bodySamples.beginMyEnrolment);
    await untouched(async () => {
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
      ]) {
        for (const headers of [{ cookie: `sallyport-session=${mine}` }, {}]) {
          for (const path of ['/api/v1/me/enrolments', '/api/v1/attempts']) {
            const answer = await served.send({
              method: 'POST',
              path,
              headers: { ...headers, origin: EVIL, 'content-type': type },
              body,
            });
            assert.ok([400, 403, 415].includes(answer.status), `${path} ${type} ${answer.status}`);
          }
        }
      }
    });
  });

  it('reads nothing either: other sites are told of no permission, and of nothing that a cookie opens', async () => {
    const mine = await session(ada);
    const cookie = `sallyport-session=${mine}`;
    for (const path of ['/api/v1/me', '/api/v1/attempts', '/me', '/signin']) {
      for (const method of ['GET', 'OPTIONS', 'HEAD']) {
        const { headers } = await served.send({
          method,
          path,
          headers: {
            cookie,
            origin: EVIL,
            'access-control-request-method': 'POST',
            'access-control-request-headers': 'content-type,x-csrf-token,authorization',
          },
        });
        for (const [name] of headers) assert.doesNotMatch(name, /^access-control-/);
      }
    }
    const read = await served.send({ path: '/api/v1/me', headers: { cookie, origin: EVIL } });
    assert.equal(read.status, 403);
    assert.doesNotMatch(read.text, new RegExp(ada.id));
  });

  it('signs nobody in as the attacker', async () => {
    // The attacker’s own sign-in is ready to be finished; all that is missing is a victim’s browser to finish it in.
    const attacker = served.browser();
    const token =
      /name="csrf" value="([^"]+)"/.exec((await attacker.get('/signin')).text)?.[1] ?? '';
    const seen = await eventsOf(served, async () => {
      const victim = served.browser();
      const fresh = await victim.post(
        '/signin',
        { identifier: 'eve', csrf: token },
        { origin: EVIL },
      );
      assert.equal(fresh.status, 400);
      await victim.get('/signin');
      const lured = await victim.post('/signin', { identifier: 'eve', csrf: token, tab: '' });
      assert.equal(lured.status, 403);
      // By the API nobody gets a cookie who did not bring one.
      const body = {
        to: 'signIn',
        identifier: 'eve',
        proof: { kind: 'password', data: { password: eve.password } },
      };
      const begun = await served.api('beginAttempt', { body, headers: { origin: EVIL } });
      const proof = { kind: 'totp', data: { code: eve.totp.code() } };
      const { id, token: attempt } = begun.json.attempt;
      const done = await served.api('offerProof', { params: { id }, body: { attempt, proof } });
      assert.equal(done.json.state, 'granted');
      assert.deepEqual(
        [begun, done].flatMap(({ headers }) => headers.getSetCookie()),
        [],
      );
      served.clock.advance(30_000);
    });
    assert.equal(count(seen, 'signin.granted', 'granted'), 1);
  });

  it('goes through when it comes from our own page, and the record tells of that one alone', async () => {
    const browser = served.browser();
    await signInOnWeb({ test: served }, browser, ada);
    const mine = browser.cookies.get('sallyport-session') ?? '';
    const seen = await eventsOf(served, async () => {
      await browser.get('/me');
      assert.equal((await browser.post('/me/sessions/end-others', { csrf: 'x' })).status, 403);
      await browser.get('/me');
      const own = { 'sec-fetch-site': 'same-origin' };
      assert.equal((await browser.post('/me/sessions/end-others', {}, own)).status, 303);
      // An old browser says nothing of where a request began: then the token alone decides.
      const silent = await served.send({
        method: 'POST',
        path: '/signin/leave',
        headers: {
          cookie: `sallyport-session=${mine}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: `csrf=${served.csrf(mine)}`,
      });
      assert.equal(silent.status, 303);
      assert.equal(
        (await served.api('signOut', { cookie: mine, headers: { origin: EVIL } })).status,
        403,
      );
      assert.equal((await served.api('signOut', { cookie: mine })).status, 204);
    });
    assert.equal(count(seen, 'session.revoked', 'done'), 1);
    assert.equal(count(seen, 'session.ended', 'done'), 1);
    const changes = seen.map(({ type }) => type).filter((type) => type !== 'decision.counted');
    assert.deepEqual(changes, ['session.revoked', 'session.ended']);
    const refused = served.logged.filter((line) => line.includes('"status":403'));
    assert.ok(refused.some((line) => line.includes('"route":"/me/sessions/end-others"')));
  });
});
