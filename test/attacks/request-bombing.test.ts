/**
 * Requests without end, until somebody says yes to have peace (T1621, Multi-Factor Authentication Request Generation; OpenID
 * Connect CIBA Core §14), and the same to find out who there is (T1589.001). Few wait at a time, whoever refuses one has peace for an
 * hour, and an application is answered alike for those who are there and those who are not.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { tables } from '../../server/store/statement.ts';
import {
  type AskingApp,
  askingApp,
  atHome,
  choose,
  openAskingHouse,
  openRequest,
  waiting,
} from '../support/ciba.ts';
import type { RawAnswer } from '../support/code-client.ts';
import { events } from '../support/events.ts';
import type { OidcHouse } from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';
import type { WebClient } from '../support/web-client.ts';

const t = tables<{ approval: { id: string } }>();
const everyRequest = t.statement((db) => db.selectFrom('approval').select('id'));

describe('requests without end', () => {
  let house: OidcHouse;
  let app: AskingApp;
  let ada: TestPerson;
  let browser: WebClient;
  beforeEach(async () => {
    ({ house, ada, app, browser } = await openAskingHouse());
  });
  afterEach(() => house.close());

  const requested = async () =>
    (await events(house))
      .filter(({ type }) => type === 'app.requested')
      .map(({ outcome, reason }) => reason ?? outcome);

  it('find two places for a name, and are told to come back when one is free', async () => {
    const first = await app.ask('ada');
    await app.ask('ada');
    house.clock.advance(60_000);
    const third = await app.ask('Ada');
    assert.deepEqual([third.status, third.body.error], [429, 'temporarily_unavailable']);
    assert.equal(third.headers.get('retry-after'), '240');
    assert.equal((await waiting(browser)).length, 2);
    // Done rightly: it is answered, and there is room again.
    house.clock.advance(240_000);
    const again = await app.ask('ada');
    assert.equal(again.status, 200, JSON.stringify(again.body));
    await choose(house, browser, ada, again.body.sallyport_number);
    assert.equal((await app.poll(again.body.auth_req_id)).status, 200);
    assert.equal((await app.poll(first.body.auth_req_id)).body.error, 'expired_token');
    assert.deepEqual(await requested(), ['challenged', 'challenged', 'challenged']);
    const refused = (await events(house)).filter(({ type }) => type === 'app.refused');
    assert.deepEqual(
      refused.map(({ data }) => data.error),
      ['temporarily_unavailable'],
    );
  });

  it('of many applications, by all names that a person has and all at once, show three and no more', async () => {
    const many = [app, await askingApp(house, 'Wiki'), await askingApp(house, 'Till')];
    const asked: Promise<RawAnswer>[] = [];
    for (const each of many) {
      for (const name of ['ada', 'ada@example.com']) {
        asked.push(each.ask(name), each.ask(name), each.ask(name));
      }
    }
    const answers = await Promise.all(asked);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [
      ...Array(12).fill(200),
      ...Array(6).fill(429),
    ]);
    assert.equal((await waiting(browser)).length, 3);
    const seen = await requested();
    assert.equal(seen.filter((one) => one === 'challenged').length, 3);
    assert.equal(seen.filter((one) => one === 'too-many').length, 9);
    // Nobody else is kept waiting by it.
    const bob = await house.person('bob');
    const his = await many[1]?.ask('bob');
    const at = await atHome(house, bob);
    await choose(house, at, bob, his?.body.sallyport_number);
    assert.equal((await many[1]?.poll(his?.body.auth_req_id))?.status, 200);
  });

  it('are over for an hour once the person says that they did not ask, and administrators are alerted', async () => {
    const first = await app.ask('ada');
    const [path = ''] = await waiting(browser);
    const done = await browser.follow(await browser.get(path));
    assert.match(done.text, /I did not ask for this/);
    const page = await browser.follow(await browser.post(`${path}/disown`, {}));
    assert.match(page.text, /your administrators are alerted/);
    assert.equal((await app.poll(first.body.auth_req_id)).body.error, 'access_denied');
    assert.ok(
      house.alerts.some(({ subject }) => subject.includes('did not ask for the request')),
      JSON.stringify(house.alerts),
    );
    const disowned = (await events(house)).filter(({ type }) => type === 'app.request-disowned');
    assert.deepEqual(
      disowned.map(({ subject, reason }) => [subject, reason]),
      [[ada.id, 'trouble']],
    );
    // It is not told so: what it gets is what it would get for nobody.
    const second = await app.ask('ada@example.com');
    assert.deepEqual(Object.keys(second.body).sort(), Object.keys(first.body).sort());
    assert.equal((await app.poll(second.body.auth_req_id)).body.error, 'authorization_pending');
    assert.deepEqual(await waiting(browser), []);
    const other = await askingApp(house, 'Wiki');
    await other.ask('ada');
    assert.equal((await waiting(browser)).length, 1);
    house.clock.advance(3_600_000);
    await app.ask('ada');
    const later = await atHome(house, ada);
    assert.equal((await waiting(later)).length, 1);
  });

  it('of one application for one name are eight in an hour, however soon they end', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 9; i++) {
      statuses.push((await app.ask('ada', { requested_expiry: '1' })).status);
      house.clock.advance(1000);
    }
    assert.deepEqual(statuses, [...Array(8).fill(200), 429]);
    const told = await app.ask('ada');
    assert.equal(told.headers.get('retry-after'), String(3600 - 9));
    house.clock.advance((3600 - 9) * 1000);
    assert.equal((await app.ask('ada')).status, 200);
    assert.equal((await requested()).length, 9, 'those that were taken');
    const refused = (await events(house)).filter(({ type }) => type === 'app.refused');
    assert.deepEqual(
      refused.map(({ data }) => data.error),
      ['temporarily_unavailable'],
    );
  });

  it('of one application leave room for others, by whatever names and however soon they end', async () => {
    const good = await askingApp(house, 'Wiki');
    for (const name of ['ada', 'ada@example.com', 'ada']) await app.ask(name);
    assert.equal((await waiting(browser)).length, 2);
    const asked = await good.ask('ada');
    assert.equal((await waiting(browser)).length, 3);
    await choose(house, browser, ada, asked.body.sallyport_number);
    assert.equal((await good.poll(asked.body.auth_req_id)).status, 200);
    house.clock.advance(301_000);
    for (let i = 0; i < 12; i++) {
      const sent = await app.ask(i % 2 === 0 ? 'ada' : 'ada@example.com', {
        requested_expiry: '1',
      });
      // Told alike, be it shown or not.
      assert.equal(sent.status, 200);
      house.clock.advance(1000);
    }
    const later = await good.ask('ada');
    const at = await atHome(house, ada);
    assert.equal((await waiting(at)).length, 1);
    await choose(house, at, ada, later.body.sallyport_number);
    assert.equal((await good.poll(later.body.auth_req_id)).status, 200);
    const seen = (await events(house)).filter(({ type }) => type === 'app.requested');
    const shown = seen.filter((one) => one.outcome === 'challenged' && one.data.app === app.id);
    assert.equal(shown.length, 8);
    const silent = seen.filter(({ reason }) => reason === 'too-many');
    assert.equal(silent.length, 7);
    for (const { data, subject } of silent) assert.deepEqual([data.app, subject], [app.id, ada.id]);
  });

  it('leave nothing behind once they count no more', async () => {
    await app.ask('ada');
    await app.ask('nobody');
    const rows = async () => (await house.test.store.read((q) => q.all(everyRequest, {}))).length;
    house.clock.advance(301_000);
    await house.house.sweeper.sweep();
    assert.equal(await rows(), 2);
    house.clock.advance(3_600_000);
    await house.house.sweeper.sweep();
    assert.equal(await rows(), 0);
  });

  it('tell nothing of who there is: the same answers, the same waiting, the same end', async () => {
    const gone = await house.person('gone');
    await house.house.store.write((tx) => house.house.acts.disable(tx, gone.id, { door: 'cli' }));
    const told = [];
    for (const name of [
      'ada',
      'gone',
      'nobody',
      'nobody@example.com',
      '\u202Eada',
      'x'.repeat(900),
    ]) {
      const asked = await app.ask(name);
      const { auth_req_id, sallyport_number, ...rest } = asked.body;
      assert.match(String(auth_req_id), /^[A-Za-z0-9_-]{43}$/);
      assert.ok(Number(sallyport_number) >= 10 && Number(sallyport_number) <= 99);
      const again = await app.ask(name);
      const full = await app.ask(name);
      const first = await app.poll(auth_req_id);
      const soon = await app.poll(auth_req_id);
      told.push({
        name,
        handle: auth_req_id,
        is: [asked.status, rest, again.status, full.status, first.body, soon.body],
      });
    }
    house.clock.advance(301_000);
    const ends = [];
    for (const { handle } of told) ends.push((await app.poll(handle)).body);
    for (const { is } of told) assert.deepEqual(is, told[0]?.is);
    for (const end of ends) assert.deepEqual(end, ends[0]);
    const seen = await requested();
    assert.deepEqual(new Set(seen), new Set(['challenged', 'disabled', 'unknown-subject']));
    // Who is there was asked, as they should be.
    assert.equal(seen.filter((one) => one === 'challenged').length, 2);
  });

  it('lead to no guess: whoever chooses wrongly has refused it for good, and is asked no more', async () => {
    const { body } = await app.ask('ada');
    const right = Number(body.sallyport_number);
    const [path = ''] = await waiting(browser);
    const page = await openRequest(house, browser, ada, path);
    const wrong = [...page.text.matchAll(/value="(\d\d)"/g)]
      .map(([, n]) => n)
      .find((n) => Number(n) !== right);
    const told = await browser.follow(await browser.post(path, { number: wrong ?? '' }));
    assert.match(told.text, /That was not the number/);
    const late = await browser.follow(await browser.post(path, { number: String(right) }));
    assert.match(late.text, /This request is over/);
    assert.equal((await app.poll(body.auth_req_id)).body.error, 'access_denied');
    const seen = (await events(house)).filter(({ type }) => type.startsWith('app.request-'));
    assert.deepEqual(
      seen.map(({ type, outcome, reason }) => [type, outcome, reason]),
      [['app.request-mismatched', 'refused', 'wrong']],
    );
    await app.ask('ada');
    assert.deepEqual(await waiting(browser), []);
    const other = await askingApp(house, 'Wiki');
    const asked = await other.ask('ada');
    await choose(house, browser, ada, asked.body.sallyport_number);
    assert.equal((await other.poll(asked.body.auth_req_id)).status, 200);
  });
});
