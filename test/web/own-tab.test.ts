/** Every page of a sign-in says which tab it is: its links, a reload and its errors go on with that tab's own. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { enrolledPerson, type TestPerson } from '../support/people.ts';
import {
  complaint,
  createWebClient,
  heading,
  type WebAnswer,
  type WebClient,
} from '../support/web-client.ts';
import { openWebHouse, type WebHouse } from '../support/web-house.ts';

const COOKIE = 'sallyport-flow';
/** More than a cookie remembers. */
const MANY = 20;

describe('a tab of its own', () => {
  let web: WebHouse;
  let people = 0;
  before(async () => {
    web = await openWebHouse();
  });
  after(() => web.close());

  const newPerson = () => enrolledPerson(web.test, `own-tab-${people++}`);
  /** Two tabs of one browser: its cookies are those of both. */
  function twoTabs(): [WebClient, WebClient] {
    const cookies = new Map<string, string>();
    return [
      createWebClient(web.origin, fetch, cookies),
      createWebClient(web.origin, fetch, cookies),
    ];
  }
  const named = ({ text }: WebAnswer) => /<b>([^<]*)<\/b>/.exec(text)?.[1];
  const linkTo = ({ text }: WebAnswer, kind: string) =>
    (new RegExp(`href="([^"]*with=${kind}[^"]*)"`).exec(text)?.[1] ?? '').replaceAll('&amp;', '&');

  async function begin(tab: WebClient, identifier: string, at = '/signin') {
    const page = await tab.follow(await tab.get(at));
    assert.equal(heading(page), 'Sign in');
    const asked = await tab.post('/signin', { identifier });
    return { page: await tab.follow(asked), at: asked.leads ?? '' };
  }

  async function finish(tab: WebClient, person: TestPerson): Promise<WebAnswer> {
    await tab.follow(
      await tab.post('/signin/step', { kind: 'password', password: person.password }),
    );
    const done = await tab.post('/signin/step', { kind: 'totp', code: person.totp.code() });
    web.test.clock.advance(30_000);
    return done;
  }

  test('keeps its attempt when something else is used, on a reload and with a mistake', async () => {
    const person = await newPerson();
    const [older, newer] = twoTabs();
    const { page, at } = await begin(older, person.identifier);
    await begin(newer, 'somebody-else');
    assert.equal(named(await older.get(linkTo(page, 'webauthn'))), person.identifier);
    assert.equal(named(await older.get(at)), person.identifier);
    const wrong = await older.post('/signin/step', { kind: 'password', password: 'no' });
    await begin(newer, 'somebody-else-again');
    const told = await older.follow(wrong);
    assert.equal(named(told), person.identifier);
    assert.match(complaint(told) ?? '', /do not belong together/);
    assert.equal((await finish(older, person)).location, '/me');
  });

  test('of which `/signin` is typed takes over nothing of what another one is going to', async () => {
    const person = await newPerson();
    const [older, newer] = twoTabs();
    await begin(older, person.identifier, '/me/activity');
    await begin(newer, person.identifier);
    assert.equal((await finish(newer, person)).location, '/me');
    // And that one is led on to it by its reload, since somebody is in by now.
    const [first, second] = twoTabs();
    const { at } = await begin(first, person.identifier, '/me/activity');
    await begin(second, person.identifier);
    assert.equal((await finish(second, person)).location, '/me');
    assert.equal((await first.get(at)).location, '/me/activity');
    // No longer, once nobody is.
    await second.get('/me');
    await second.post('/signout', {});
    assert.equal((await first.get(at)).location, '/signin');
  });

  test('that is left for another name leaves the other one where it is', async () => {
    const person = await newPerson();
    const [older, newer] = twoTabs();
    await begin(older, 'mistyped', '/me/activity');
    await begin(newer, 'somebody-else');
    await older.follow(await older.post('/signin/leave', {}));
    await older.follow(await older.post('/signin', { identifier: person.identifier }));
    assert.equal((await finish(older, person)).location, '/me/activity');
  });

  test('goes on by its form when its cookie has forgotten it among many, which never grows past what browsers keep', async () => {
    const person = await newPerson();
    const [older, newer] = twoTabs();
    const { page } = await begin(older, person.identifier, '/me/activity');
    for (let each = 0; each < MANY; each++) {
      const long = `/me/activity?${'x'.repeat(each * 90)}`;
      await begin(newer, `somebody-${each}`, `/signin?to=${encodeURIComponent(long)}`);
      assert.ok((newer.cookies.get(COOKIE) ?? '').length + COOKIE.length < 4096);
    }
    assert.equal((await newer.get(linkTo(page, 'webauthn'))).location, '/signin');
    assert.equal((await finish(older, person)).location, '/me/activity');
  });

  test('shows a proof for what it was asked for, whatever another one asks for since', async () => {
    const person = await newPerson();
    const [older, newer] = twoTabs();
    await begin(older, person.identifier);
    await older.follow(await finish(older, person));
    web.test.clock.advance(6 * 60_000);
    const asked = await older.get('/me/proofs/add/password');
    assert.equal(asked.location, '/confirm');
    await older.follow(asked);
    const other = await newer.get('/me/proofs/add/totp');
    await newer.follow(other);
    assert.match((await older.get(asked.leads ?? '')).text, /before you set a new password/);
    const proof = { kind: 'password', password: person.password };
    assert.equal((await older.post('/confirm', proof)).location, '/me/proofs/add/password');
    assert.equal((await newer.get(other.leads ?? '')).location, '/me/proofs/add/totp');
  });
});
