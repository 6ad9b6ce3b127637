/**
 * A disk that is full (T1499, ASVS 16.5.3): what can't be recorded does not happen. Who signs in meanwhile is told that something
 * failed and no more, and when there is room again it goes on where it stood.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { databaseSource } from '../../server/record/database-source.ts';
import { verifyRecord } from '../../server/record/verify.ts';
import { tables } from '../../server/store/statement.ts';
import { raw } from '../store/scratch-table.ts';
import { count, events, eventsOf } from '../support/events.ts';
import { enrolledPerson, type TestPerson } from '../support/people.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { isPostgres } from '../support/store.ts';
import { beginSignIn } from '../support/web-sign-in.ts';

const t = tables<{ session: { id: string; kind: string } }>();
const everySession = t.statement((db) =>
  db.selectFrom('session').select('id').where('kind', '=', 'full'),
);
const WORDS_OF_THE_DATABASE = /full|disk|database|sqlite|store|space/i;

describe('a full disk', {
  skip: isPostgres() && 'SQLite is told how many pages it may have',
}, () => {
  let served: ServedHouse;
  let ada: TestPerson;
  beforeEach(async () => {
    served = await openServedHouse();
    ada = await enrolledPerson(served, 'ada');
  });
  afterEach(() => served.close());

  const room = (pages: number) =>
    served.test.store.write(
      async (tx) => void (await tx.one(raw(`pragma max_page_count = ${pages}`), {})),
    );
  const sessions = async () =>
    (await served.test.store.read((q) => q.all(everySession, {}))).length;

  /** No page more, and those that there are filled until the smallest event has no place any more. */
  async function fill(): Promise<void> {
    const { store, record } = served.house;
    await room(1);
    const smallest = { type: 'house.stopped', outcome: 'done', data: { node: '' } } as const;
    for (let i = 0; i < 10_000; i++) {
      const full = await store
        .write((tx) => record.append(tx, smallest))
        .then(
          () => false,
          () => true,
        );
      if (full) return;
    }
    assert.fail('the disk does not get full');
  }

  async function isSound(): Promise<void> {
    await served.house.sequencer.settle();
    const verified = await verifyRecord(databaseSource(served.test.store));
    assert.equal(verified.state, 'sound', JSON.stringify(verified));
  }

  it('refuses by the API with 503 and no word of why, grants nothing, and lets in once there is room', async () => {
    const { json } = await served.api('beginAttempt', {
      body: {
        to: 'signIn',
        identifier: 'ada',
        proof: { kind: 'password', data: { password: ada.password } },
      },
    });
    const { id, token } = json.attempt;
    const proof = { kind: 'totp', data: { code: ada.totp.code() } };
    const offer = () =>
      served.api('offerProof', { params: { id }, body: { attempt: token, proof } });

    await fill();
    const before = await events(served);
    const refused = await offer();
    assert.equal(refused.status, 503);
    assert.equal(refused.json.code, 'unavailable');
    assert.doesNotMatch(refused.text, WORDS_OF_THE_DATABASE);
    const begun = await served.api('beginAttempt', {
      body: { to: 'signIn', identifier: 'ada', proof },
    });
    assert.notEqual(begun.status, 200);
    assert.equal(await sessions(), 0);
    assert.equal((await events(served)).length, before.length);
    // What no record could tell is in the log, for those who keep the disk.
    assert.ok(served.notices.some((notice) => notice.includes('the database failed')));

    await room(1_000_000);
    const seen = await eventsOf(served, async () => {
      // Nothing was spent: the attempt is as open as it was, and the code as good.
      const done = await offer();
      assert.equal(done.status, 200, done.text);
      assert.equal(done.json.state, 'granted');
    });
    assert.equal(count(seen, 'signin.granted', 'granted'), 1);
    assert.equal(await sessions(), 1);
    await isSound();
  });

  it('gives no session to a browser, and lets it in once there is room', async () => {
    const browser = served.browser();
    await beginSignIn(browser, 'ada');
    const first = { kind: 'password', password: ada.password };
    await browser.follow(await browser.post('/signin/step', first));
    await fill();
    const code = () => browser.post('/signin/step', { kind: 'totp', code: ada.totp.code() });
    const refused = await code();
    assert.ok(refused.status === 500 || refused.status === 503, String(refused.status));
    assert.doesNotMatch(
      refused.text.replace(/<style[\s\S]*?<\/style>/g, ''),
      WORDS_OF_THE_DATABASE,
    );
    assert.equal(browser.cookies.has(served.cookieName('session')), false);
    assert.equal(await sessions(), 0);

    await room(1_000_000);
    const seen = await eventsOf(served, async () => {
      assert.equal((await code()).status, 303);
    });
    assert.equal(browser.cookies.has(served.cookieName('session')), true);
    assert.equal(count(seen, 'signin.granted', 'granted'), 1);
    await isSound();
  });
});
