/**
 * Guessing the secret of a process (T1110; RFC 6749 §2.3.1: the server must protect against brute force), keeping others out by
 * guessing, and using one that should be over (RFC 6749 §10.1).
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DAY, HOUR, MINUTE } from '../../server/kernel/clock.ts';
import type { Resource } from '../../server/subjects/resource.ts';
import { count, events, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { enrolledPerson, signIn } from '../support/people.ts';
import { addApi, addProcess, addProof, enter, entered, refusal } from '../support/processes.ts';

const WRONG = `spx_${'A'.repeat(43)}`;

describe('the secret of a process', () => {
  let test: TestHouse;
  let api: Resource;
  before(async () => {
    test = await openTestHouse();
    api = await addApi(test);
  });
  after(() => test.close());

  async function withSecret(name: string) {
    const process = await addProcess(test, name, [{ resource: api.id, scopes: ['read'] }]);
    const { shownOnce = [], expiresAt } = await addProof(test, process, 'secret', undefined);
    return { process, secret: shownOnce[0] ?? '', expiresAt: expiresAt ?? 0 };
  }
  const show = (as: string, secret: string, address = '198.51.100.1') =>
    enter(
      test,
      { as, offers: [{ kind: 'secret', data: { secret } }] },
      { address, network: address },
    );

  it('is slowed down where it is guessed, and is good from there again after the wait', async () => {
    const { secret } = await withSecret('guessed');
    const seen = await eventsOf(test, async () => {
      const answers: string[] = [];
      for (let i = 0; i < 60; i++) {
        answers.push(refusal(await show('guessed', WRONG, '203.0.113.1')));
      }
      assert.equal(answers[0], 'wrong');
      assert.equal(answers.at(-1), 'throttled');
      assert.equal(refusal(await show('guessed', secret, '203.0.113.1')), 'throttled');
    });
    assert.ok(count(seen, 'throttle.engaged') >= 1);
    assert.ok(count(seen, 'entry.refused') < 53, 'waits are on record once');
    test.clock.advance(30 * MINUTE);
    entered(await show('guessed', secret, '203.0.113.1'));
  });

  it('lets its process in, whatever is guessed elsewhere: names are public, and nobody guesses 256 bits', async () => {
    const { secret } = await withSecret('aimed-at');
    for (let hour = 0; hour < 10; hour++) {
      for (let i = 0; i < 10; i++) await show('aimed-at', WRONG, `203.0.113.${i + 10}`);
      entered(await show('aimed-at', secret, '192.0.2.99'));
      test.clock.advance(HOUR);
    }
    for (let i = 0; i < 60; i++) await show('aimed-at', WRONG, '203.0.113.10');
    assert.equal(refusal(await show('aimed-at', WRONG, '203.0.113.10')), 'throttled');
    entered(await show('aimed-at', secret, '192.0.2.99'));
  });

  it('is tried by no more than a few of a hundred guesses at once', async () => {
    await withSecret('stormed');
    const guesses = Array.from({ length: 100 }, () => show('stormed', WRONG, '10.1.0.1'));
    const seen = await eventsOf(test, async () => {
      const answers = (await Promise.all(guesses)).map(refusal);
      assert.ok(answers.filter((reason) => reason === 'wrong').length <= 51, answers.join());
    });
    assert.ok(count(seen, 'entry.refused') <= 54, 'waits are on record once');
  });

  it('is guessed as slowly for a name that nobody has', async () => {
    const answers: string[] = [];
    for (let i = 0; i < 52; i++) answers.push(refusal(await show('nobody', WRONG, '10.2.0.1')));
    assert.equal(answers[0], 'wrong');
    assert.equal(answers.at(-1), 'throttled');
  });

  it('keeps no other process waiting while it is guessed, also behind the same address', async () => {
    const { secret } = await withSecret('bystander');
    await withSecret('target');
    for (let i = 0; i < 60; i++) await show('target', WRONG, '10.3.0.1');
    assert.equal(refusal(await show('target', WRONG, '10.3.0.1')), 'throttled');
    entered(await show('bystander', secret, '10.3.0.1'));
    entered(await show('bystander', secret, '10.3.1.1'));
  });

  it('is not guessed without end by naming one process after the other', async () => {
    const { secret } = await withSecret('last');
    for (let name = 0; name < 10; name++) {
      await withSecret(`named-${name}`);
      for (let i = 0; i < 50; i++) await show(`named-${name}`, WRONG, '10.4.0.1');
    }
    assert.equal(refusal(await show('last', WRONG, '10.4.0.1')), 'throttled');
    entered(await show('last', secret, '10.4.1.1'));
  });

  it('holds up nobody’s sign-in, however many are wrong from however many addresses', async () => {
    const ada = await enrolledPerson(test, 'ada');
    await withSecret('sprayed');
    for (let i = 0; i < 1100; i++) {
      await show(i % 2 === 0 ? 'sprayed' : `nobody-${i}`, WRONG, `10.5.${i % 30}.1`);
    }
    await signIn(test, ada);
  });

  it('is good until it expires, ninety days unless it says otherwise, and not a moment longer', async () => {
    const { secret, expiresAt } = await withSecret('old');
    assert.equal(expiresAt, test.clock.now() + 90 * DAY);
    test.clock.advance(90 * DAY - 1);
    entered(await show('old', secret));
    test.clock.advance(1);
    const seen = await eventsOf(test, async () =>
      assert.equal(refusal(await show('old', secret)), 'wrong'),
    );
    assert.equal(seen.find(({ type }) => type === 'entry.refused')?.reason, 'expired');
  });

  it('may have one other beside it, and no third', async () => {
    const { process, secret } = await withSecret('turning');
    const { shownOnce = [] } = await addProof(test, process, 'secret', undefined);
    entered(await show('turning', secret));
    entered(await show('turning', shownOnce[0] ?? ''));
    const third = await test.house.store.write(async (tx) => {
      const { listProcessProofs } = await import('../../server/proofs/process-held.ts');
      const held = await listProcessProofs(tx, process.id);
      const adding = { process: process.id, name: 'third', held, settings: undefined };
      return test.house.processProofs.secret.add(tx, adding);
    });
    assert.deepEqual(third, { ok: false, error: { code: 'too-many' } });
  });

  it('is no other process’s', async () => {
    const mine = await withSecret('mine');
    await withSecret('yours');
    assert.equal(refusal(await show('yours', mine.secret)), 'wrong');
    entered(await show('mine', mine.secret));
  });

  it('stands in no row and no event', async () => {
    const { secret } = await withSecret('quiet');
    entered(await show('quiet', secret));
    assert.ok(!JSON.stringify(await events(test)).includes(secret));
    const rows = await test.house.store.read((q) => q.all(everyProof, {}));
    assert.ok(!JSON.stringify(rows).includes(secret.slice(4)));
  });
});

const { tables } = await import('../../server/store/statement.ts');
const everyProof = tables<{ proof: { detail: string } }>().statement((db) =>
  db.selectFrom('proof').select('detail'),
);
