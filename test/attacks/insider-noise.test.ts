/**
 * Somebody who is signed in, and asks for what they may not as fast as they can, for what they may without end, or shows made-up keys of
 * their session: what it writes to the record in a minute has a bound (CWE-400, T1499), what is beyond is counted, and others are told
 * of still.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { browserKey } from '../support/browser-key.ts';
import { count, eventsOf, type TestEvent } from '../support/events.ts';
import { enrolledPerson, signIn, type TestPerson } from '../support/people.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { createTotpApp } from '../support/totp-app.ts';
import type { WebClient } from '../support/web-client.ts';
import { signInOnWeb } from '../support/web-sign-in.ts';

const MOST = 60;

describe('somebody who is signed in and makes noise', () => {
  let house: ServedHouse;
  let eve: TestPerson;
  let ada: TestPerson;
  before(async () => {
    house = await openServedHouse();
    eve = await enrolledPerson(house, 'eve');
    ada = await enrolledPerson(house, 'ada');
  });
  after(() => house.close());

  const counted = (seen: readonly TestEvent[], action: string) =>
    seen
      .filter(({ type, data }) => type === 'decision.counted' && data.action === action)
      .reduce((sum, { data }) => sum + Number(data.count), 0);

  const tokenOf = async (person: TestPerson) => (await signIn(house, person)).session.token;
  const asks = async (token: string) => {
    const answer = await house.api('listPeople', { token });
    assert.equal(answer.status, 403);
  };

  it('by asking for what they may not fills no record, and hides nobody else', async () => {
    const tokens = [await tokenOf(eve), await tokenOf(eve)];
    const other = await tokenOf(ada);
    house.clock.advance(60_000);
    const seen = await eventsOf(house, async () => {
      for (let i = 0; i < 2 * MOST; i++) for (const token of tokens) await asks(token);
      await asks(other);
      house.clock.advance(60_000);
      await house.house.counter.stop();
    });
    const refused = seen.filter(({ type }) => type === 'access.refused');
    assert.equal(refused.filter(({ subject }) => subject === eve.id).length, MOST);
    assert.equal(refused.filter(({ subject }) => subject === ada.id).length, 1);
    assert.equal(counted(seen, 'person.read'), 3 * MOST);
    // The next minute is another one.
    const later = await eventsOf(house, () => asks(tokens[0] ?? ''));
    assert.equal(count(later, 'access.refused', 'refused'), 1);
  });

  it('by wrong codes for a proof that they set up fills none, and sets it up all the same', async () => {
    const { enrolments, counter } = house.house;
    const token = await tokenOf(eve);
    const arrival = house.arrival();
    const begun = await enrolments.begin(token, 'totp', {}, arrival);
    assert.ok(begun.state === 'done', JSON.stringify(begun));
    const { id, offer } = begun.value;
    house.clock.advance(60_000);
    const seen = await eventsOf(house, async () => {
      for (let i = 0; i < 2 * MOST; i++) {
        const wrong = await enrolments.finish(token, id, { code: 'none' }, arrival);
        assert.equal(wrong.state, 'failed');
      }
      const app = createTotpApp(String((offer as { uri: string }).uri), house.clock);
      const right = await enrolments.finish(token, id, { code: app.code() }, arrival);
      assert.equal(right.state, 'done', JSON.stringify(right));
      house.clock.advance(60_000);
      await counter.stop();
    });
    const told = count(seen, 'proof.enrolment-refused', 'refused');
    assert.equal(told, 10);
    const refused = seen.filter(({ outcome }) => outcome === 'refused');
    assert.equal(counted(refused, 'enrolProof'), 2 * MOST - told);
    assert.equal(count(seen, 'proof.enrolled', 'done'), 1);
  });

  it('by giving a proof ever other names fills none, and is told when to try again', async () => {
    const { portal, counter } = house.house;
    const token = await tokenOf(eve);
    const own = await portal.proofs(token, house.arrival());
    assert.ok(own.state === 'done');
    const id = own.value[0]?.id ?? '';
    house.clock.advance(60_000);
    const rename = (name: string) =>
      house.api('renameMyProof', { token, params: { id }, body: { name } });
    const seen = await eventsOf(house, async () => {
      let refused = 0;
      for (let i = 0; i < MOST; i++) {
        const answer = await rename(`key ${i}`);
        if (answer.status === 204) continue;
        assert.equal(answer.status, 429);
        assert.equal(answer.json.code, 'throttled');
        assert.ok(Number(answer.json.retryAfter) > 0);
        refused += 1;
      }
      assert.ok(refused > 0, 'all of them were written');
      house.clock.advance(60_000);
      assert.equal((await rename('the blue one')).status, 204);
      assert.equal((await rename('the blue one')).status, 204);
      await counter.stop();
    });
    const told = count(seen, 'proof.renamed', 'done');
    assert.equal(told, 21, 'one that it has already is no change');
    assert.equal(counted(seen, 'renameProof'), MOST - 20);
  });

  async function show(browser: WebClient, nonce: string, signature: string, key?: string) {
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const csrf = house.csrf(browser.cookies.get(house.cookieName('session')) ?? '');
    return house.send({
      method: 'POST',
      path: '/session/key',
      headers: { 'content-type': 'application/json', origin: house.origin, cookie },
      body: JSON.stringify({ csrf, nonce, signature, ...(key === undefined ? {} : { key }) }),
    });
  }

  it('by showing keys for nonces that were made up fills none either', async () => {
    const browser = house.browser();
    await signInOnWeb({ test: house }, browser, eve);
    const { point } = browserKey();
    house.clock.advance(60_000);
    const seen = await eventsOf(house, async () => {
      for (let i = 0; i < 2 * MOST; i++) {
        const answer = await show(browser, `made-up-${i}`, 'AAAA', point);
        assert.equal(answer.json.reason, 'stale');
      }
    });
    const told = count(seen, 'session.proof-refused', 'refused');
    assert.ok(told >= 1 && told <= 10, `${told} events`);
  });
});
