/**
 * Requests in other hands: answered by somebody else, by a session that was stolen, from another site or twice; and handles that
 * are guessed, belong to another application, or come a second time (OpenID Connect CIBA Core §11, §14; RFC 9700 §4.14.2).
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  type AskingApp,
  askingApp,
  atHome,
  choose,
  numbersOn,
  openAskingHouse,
  openRequest,
  waiting,
} from '../support/ciba.ts';
import { call } from '../support/code-client.ts';
import { count, events, eventsOf } from '../support/events.ts';
import type { OidcHouse } from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';
import { addProof } from '../support/processes.ts';
import type { WebClient } from '../support/web-client.ts';

describe('a request', () => {
  let house: OidcHouse;
  let app: AskingApp;
  let ada: TestPerson;
  let browser: WebClient;
  let handle: string;
  let number: string;
  let path: string;
  beforeEach(async () => {
    ({ house, ada, app, browser } = await openAskingHouse());
    const { body } = await app.ask('ada');
    handle = String(body.auth_req_id);
    number = String(body.sallyport_number);
    [path = ''] = await waiting(browser);
  });
  afterEach(() => house.close());

  const poll = async (by: AskingApp = app) => {
    const { status, body } = await by.poll(handle);
    return body.error ?? status;
  };
  const approve = () => choose(house, browser, ada, number);
  const token = async () => String((await app.poll(handle)).body.access_token);
  const userinfo = async (access: string) => {
    const headers = { authorization: `Bearer ${access}` };
    return (await fetch(`${house.issuer}/userinfo`, { headers })).status;
  };

  it('of somebody else is not there, to be seen, answered or refused', async () => {
    const mallory = await house.person('mallory');
    const theirs = await atHome(house, mallory);
    const seen = await eventsOf(house, async () => {
      for (const attempt of [
        () => theirs.get(path),
        () => theirs.post(path, { number }),
        () => theirs.post(`${path}/disown`, {}),
      ]) {
        const answer = await attempt();
        assert.equal(answer.status, 404);
        assert.match(answer.text, /This request is over/);
      }
    });
    assert.equal(count(seen, 'app.request-approved') + count(seen, 'app.request-disowned'), 0);
    assert.equal(await poll(), 'authorization_pending');
    await approve();
    assert.equal(await poll(), 200);
    const approved = (await events(house)).filter(({ type }) => type === 'app.request-approved');
    assert.deepEqual(
      approved.map(({ subject }) => subject),
      [ada.id],
    );
  });

  it('is answered by nobody who is not signed in, and by no form of another site', async () => {
    const stranger = await house.browser().post(path, { number });
    assert.ok([303, 400, 403].includes(stranger.status), String(stranger.status));
    await openRequest(house, browser, ada, path);
    const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    assert.equal((await browser.post(path, { number }, foreign)).status, 403);
    assert.equal((await browser.post(path, { number, csrf: 'x' })).status, 403);
    assert.equal((await browser.get(`${path}?number=${number}`)).status, 200);
    assert.equal(await poll(), 'authorization_pending');
    await approve();
    assert.equal(await poll(), 200);
  });

  it('is not for a session alone, which may be stolen: a proof comes first, and then the numbers', async () => {
    assert.deepEqual(numbersOn(await browser.get(path)), []);
    for (const guess of [number, '10', '99']) {
      const answer = await browser.post(path, { number: guess });
      assert.match(answer.location ?? '', /^\/signin\/enter\?/);
    }
    assert.equal(await poll(), 'authorization_pending');
    const seen = await eventsOf(house, approve);
    assert.equal(count(seen, 'stepup.granted'), 1);
    assert.equal(count(seen, 'app.request-approved'), 1);
    assert.equal(await poll(), 200);
  });

  it('is answered once, by whoever is first', async () => {
    await openRequest(house, browser, ada, path);
    const wrong = number === '10' ? '11' : '10';
    const seen = await eventsOf(house, () =>
      Promise.all(
        [number, number, wrong, number, wrong].map((one) => browser.post(path, { number: one })),
      ),
    );
    const answers = seen.filter(({ type }) => type.startsWith('app.request-'));
    assert.equal(answers.length, 1, JSON.stringify(answers));
    const is = await poll();
    assert.equal(is, answers[0]?.type === 'app.request-approved' ? 200 : 'access_denied');
  });

  it('belongs to the application that made it', async () => {
    const other = await askingApp(house, 'Wiki');
    await approve();
    assert.equal(await poll(other), 'invalid_grant');
    const bare = await call(house, '/token', {
      grant_type: 'urn:openid:params:grant-type:ciba',
      client_id: app.id,
      auth_req_id: handle,
    });
    assert.equal(bare.status, 401, 'who shows no proof is not that application');
    assert.equal(await poll(), 200);
    const refused = (await events(house)).filter(({ type }) => type === 'app.refused');
    assert.ok(
      refused.some(({ data }) => data.app === other.id),
      JSON.stringify(refused),
    );
  });

  it('is worth tokens once: of many polls one has them, and who comes again ends them', async () => {
    await approve();
    const access = await token();
    assert.equal(await userinfo(access), 200);
    const seen = await eventsOf(house, async () => {
      assert.equal(await poll(), 'invalid_grant');
      assert.equal(await poll(), 'access_denied');
    });
    assert.equal(count(seen, 'app.reuse-refused', 'refused'), 1);
    assert.equal(await userinfo(access), 401);
    const { body } = await app.ask('ada');
    handle = String(body.auth_req_id);
    number = String(body.sallyport_number);
    await approve();
    const polls = await Promise.all(Array.from({ length: 6 }, () => app.poll(handle)));
    const given = polls.filter(({ status }) => status === 200);
    assert.ok(given.length <= 1, JSON.stringify(polls.map(({ body }) => body)));
  });

  it('is not guessed: a handle that is nobody’s gets nothing, whatever it looks like', async () => {
    const guesses = [
      '',
      'A'.repeat(43),
      `${handle.slice(0, -1)}${handle.endsWith('A') ? 'B' : 'A'}`,
      '%00',
      handle.toLowerCase(),
    ];
    const seen = await eventsOf(house, async () => {
      await approve();
      for (const guess of guesses) {
        const { status, body } = await app.poll(guess);
        assert.equal(status, 400);
        assert.ok(['invalid_grant', 'invalid_request'].includes(String(body.error)), guess);
      }
      assert.equal(await poll(), 200);
    });
    const told = seen.filter(({ type }) => type === 'app.refused');
    assert.deepEqual(new Set(told.map(({ data }) => data.app)), new Set([app.id]));
    assert.ok(told.some(({ data }) => data.error === 'invalid_grant'));
    assert.equal(count(seen, 'app.request-approved', 'granted'), 1);
  });

  it('that was approved is judged again when its tokens are fetched', async () => {
    await approve();
    const session = await browser.post('/signout', {});
    assert.equal(session.status, 303);
    assert.equal(await poll(), 'access_denied');
    const refused = (await events(house)).filter(({ type }) => type === 'entry.refused');
    assert.deepEqual(
      refused.map(({ reason, subject }) => [reason, subject]),
      [['no-session', ada.id]],
    );
    const bob = await house.person('bob');
    const his = await atHome(house, bob);
    const asked = await app.ask('bob');
    await choose(house, his, bob, asked.body.sallyport_number);
    await house.house.store.write((tx) => house.house.acts.disable(tx, bob.id, { door: 'cli' }));
    const late = await app.poll(asked.body.auth_req_id);
    assert.deepEqual([late.status, late.body.error], [400, 'access_denied']);
    assert.deepEqual([late.body.access_token, late.body.id_token], [undefined, undefined]);
  });

  it('for what is not open to the person ends nowhere, though they approve it', async () => {
    const closed = await house.addApp(
      'closed',
      { clientAuth: 'secret', grants: ['ciba'], title: 'Closed' },
      { open: 'listed' },
    );
    const { shownOnce } = await addProof(house, closed.process, 'secret', {});
    const own = { client_id: closed.id, client_secret: shownOnce?.[0] ?? '' };
    const { body } = await call(house, '/ciba', { ...own, scope: 'openid', login_hint: 'ada' });
    const at = (await waiting(browser)).find((one) => one !== path) ?? '';
    const first = await browser.get(at);
    assert.match(first.text, /Sign in to Closed/);
    const seen = await eventsOf(house, async () => {
      const done = await browser.post(at, { number: String(body.sallyport_number) });
      const told = await browser.follow(done);
      assert.equal(told.status, 403);
    });
    const [refused] = seen.filter(({ type }) => type === 'entry.refused');
    assert.deepEqual([refused?.subject, refused?.reason], [ada.id, 'not-permitted']);
    assert.equal(count(seen, 'app.request-approved'), 0);
    const form = { ...own, grant_type: 'urn:openid:params:grant-type:ciba' };
    const polled = await call(house, '/token', { ...form, auth_req_id: String(body.auth_req_id) });
    assert.equal(polled.body.error, 'authorization_pending');
  });
});
