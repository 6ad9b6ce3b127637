/**
 * An Idempotency-Key in the wrong hands (CWE-294, CWE-639, CWE-367): what is kept under a key can be a pass or a token, so repeating
 * must never give it to anybody who could not ask for it now: not another person, not a session that ended, not a role that was
 * taken away, not a proof that is stale, not a token of less scope.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import { type Answer, openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from '../support/served-people.ts';

const KEY = 'a-key-that-was-overheard';
const headers = { 'idempotency-key': KEY };

describe('a request that somebody repeats', () => {
  let served: ServedHouse;
  let root: PasskeyPerson;
  let other: PasskeyPerson;
  let plain: PasskeyPerson;
  let token: string;
  let first: Answer;
  beforeEach(async () => {
    served = await openServedHouse();
    root = await passkeyPerson(served, 'root', ['administrator']);
    other = await passkeyPerson(served, 'other', ['administrator']);
    plain = await passkeyPerson(served, 'plain');
    token = (await passkeySignIn(served, root)).session.token;
    first = await pass(token);
    assert.equal(first.status, 201);
  });
  afterEach(() => served.close());

  const pass = (as: string, body = {}, id: string = plain.id) =>
    served.api('issuePass', { token: as, params: { id }, body, headers });

  function keptSecret(answer: Answer, what: string): void {
    assert.ok(answer.status >= 400, `${what}: ${answer.status}`);
    assert.ok(!answer.text.includes(first.json.code), what);
  }

  it('by whoever asked gets the same answer, and nothing happens again', async () => {
    const seen = await eventsOf(served, async () => {
      assert.deepEqual((await pass(token)).json, first.json);
      const again = (await passkeySignIn(served, root)).session.token;
      assert.deepEqual((await pass(again)).json, first.json);
    });
    assert.equal(count(seen, 'pass.issued'), 0);
  });

  it('by another administrator is another request: theirs, with an answer of its own', async () => {
    const theirs = (await passkeySignIn(served, other)).session.token;
    const answer = await pass(theirs);
    assert.equal(answer.status, 201);
    assert.notEqual(answer.json.code, first.json.code);
    // And it took nothing from the first, whose answer stays what it was, though its pass is void.
    assert.deepEqual((await pass(token)).json, first.json);
  });

  it('for something else is refused, and says nothing of what the key stands for', async () => {
    for (const answer of [
      await pass(token, { uses: 2 }),
      await pass(token, {}, other.id),
      await served.api('addPerson', {
        token,
        body: { identifier: 'x', displayName: 'X' },
        headers,
      }),
      await served.api('issueToken', {
        token,
        body: { owner: root.id, scope: ['person.read'] },
        headers,
      }),
    ]) {
      assert.equal(answer.json.code, 'key-reused');
      keptSecret(answer, 'key reused');
    }
  });

  it('by someone who may not ask any more gets nothing', async () => {
    const theirs = (await passkeySignIn(served, other)).session.token;
    keptSecret(
      await served.api('issuePass', { params: { id: plain.id }, body: {}, headers }),
      'nobody',
    );
    const nobody = (await passkeySignIn(served, plain)).session.token;
    keptSecret(await pass(nobody), 'somebody without a role');
    const scope = { owner: root.id, scope: ['person.read'] };
    const script = (await served.api('issueToken', { token, body: scope })).json.token;
    keptSecret(await pass(script), 'a script of the same owner, outside its scope');

    served.clock.advance(6 * 60_000);
    const stale = await pass(token);
    assert.equal(stale.json.code, 'fresh-proof-needed');
    keptSecret(stale, 'a proof that is not fresh');

    const fresh = (await passkeySignIn(served, root)).session.token;
    assert.deepEqual((await pass(fresh)).json, first.json);
    const boss = (await passkeySignIn(served, other)).session.token;
    await served.api('changePerson', { token: boss, params: { id: root.id }, body: { roles: [] } });
    keptSecret(await pass(fresh), 'a role that was taken away');
    await served.api('changePerson', {
      token: boss,
      params: { id: root.id },
      body: { roles: ['administrator'] },
    });
    keptSecret(await pass(fresh), 'a session that ended');
    await served.api('disablePerson', { token: boss, params: { id: root.id } });
    keptSecret(await pass(fresh), 'an account that was disabled');
    assert.notEqual(theirs, boss);
  });

  it('after the pass was used or revoked gets a code that is void', async () => {
    assert.equal(
      (await served.api('revokePasses', { token, params: { id: plain.id } })).status,
      204,
    );
    const { code } = (await pass(token)).json;
    assert.equal(code, first.json.code);
    const proof = { kind: 'pass', data: { code } };
    const body = { to: 'enrol', identifier: 'plain', proof };
    assert.equal((await served.api('beginAttempt', { body })).json.code, 'proof-wrong');
  });

  it('a hundred times at once takes effect once', async () => {
    const once = { 'idempotency-key': 'another-key-of-mine' };
    const body = { identifier: 'once', displayName: 'Once' };
    const seen = await eventsOf(served, async () => {
      const answers = await Promise.all(
        Array.from({ length: 100 }, () => served.api('addPerson', { token, body, headers: once })),
      );
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]));
      assert.equal(new Set(answers.map(({ json }) => json.id)).size, 1);
    });
    assert.equal(count(seen, 'person.created', 'done'), 1);
  });

  it('with a key that is none is refused before anything is done', async () => {
    const seen = await eventsOf(served, async () => {
      for (const key of [
        '',
        'short',
        'x'.repeat(129),
        'with a blank',
        'ключ',
        '"unclosed',
        `${KEY}, ${KEY}`,
        '../../etc',
      ]) {
        const answer = await served.api('addPerson', {
          token,
          body: { identifier: 'none', displayName: 'None' },
          headers: { 'idempotency-key': Buffer.from(key).toString('latin1') },
        });
        assert.equal(answer.json.code, 'key-not-valid', key);
      }
    });
    assert.equal(count(seen, 'person.created'), 0);
  });
});
