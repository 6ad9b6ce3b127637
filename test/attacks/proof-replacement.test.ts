/**
 * A weaker session that makes itself stronger (T1556.006, T1098.005; NIST SP 800-63B §4.1.2; ASVS 6.4.4): somebody phished a password
 * and a code of a person who holds a passkey, signs in with them, and would remove the passkey or set up proofs of their own.
 * Whoever holds a proof that can’t be phished shows it, freshly, to change any; who holds none, or came by a pass, is not kept out.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { readTables } from '../store/fill-tables.ts';
import { count, eventsOf } from '../support/events.ts';
import {
  challenged,
  comeWithPass,
  enrol,
  enrolledPerson,
  granted,
  issuePass,
  PASSWORD,
  signIn,
  type TestPerson,
} from '../support/people.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from '../support/served-people.ts';
import { softwareAuthenticator } from '../support/software-authenticator.ts';
import { createTotpApp } from '../support/totp-app.ts';

const KINDS = ['webauthn', 'totp', 'password', 'recovery'] as const;

describe('someone with a phished password and code', () => {
  let served: ServedHouse;
  let victim: PasskeyPerson;
  before(async () => {
    served = await openServedHouse();
    victim = await passkeyPerson(served, 'victim');
  });
  after(() => served.close());

  const phished = async () => (await signIn(served, victim)).session.token;

  async function proofIds(token: string): Promise<Record<string, string>> {
    const { json } = await served.api('listMyProofs', { token });
    return Object.fromEntries(
      json.items.map(({ kind, id }: { kind: string; id: string }) => [kind, id]),
    );
  }

  async function proofsOf(person: TestPerson): Promise<unknown> {
    const { proof = [], pending_enrolment: pending = [] } = await readTables(served.test.store);
    return [...proof, ...pending].filter((row) => row.subject_id === person.id);
  }

  it('is in, and can neither remove a proof, nor set one up, nor change one', async () => {
    const token = await phished();
    const ids = await proofIds(token);
    const before = await proofsOf(victim);
    const seen = await eventsOf(served, async () => {
      for (const id of Object.values(ids)) {
        const { json } = await served.api('removeMyProof', { token, params: { id } });
        assert.equal(json?.code, 'fresh-proof-needed');
        assert.deepEqual(json.kinds, ['webauthn']);
      }
      for (const kind of KINDS) {
        const { json } = await served.api('beginMyEnrolment', { token, body: { kind } });
        assert.equal(json.code, 'fresh-proof-needed', kind);
        assert.deepEqual(json.kinds, ['webauthn'], kind);
      }
    });
    assert.deepEqual(await proofsOf(victim), before);
    assert.equal(
      count(seen, 'access.refused', 'challenged'),
      Object.keys(ids).length + KINDS.length,
    );
    assert.equal((await served.api('showMe', { token })).status, 200);
  });

  it('is asked for the passkey on the pages, and for nothing that was phished', async () => {
    const token = await phished();
    const ids = await proofIds(token);
    const before = await proofsOf(victim);
    for (const path of [
      ...KINDS.map((kind) => `/me/proofs/add/${kind}`),
      `/me/proofs/${ids.webauthn}/remove`,
      `/me/proofs/${ids.totp}/remove`,
    ]) {
      const browser = served.browser();
      browser.cookies.set(served.cookieName('session'), token);
      const turned = await browser.get(path);
      assert.equal(turned.location, '/confirm', path);
      const page = await browser.get('/confirm');
      assert.doesNotMatch(page.text, /with=(?:password|totp|recovery)/, path);
      for (const fields of [
        { kind: 'password', password: victim.password },
        { kind: 'totp', code: victim.totp.code() },
        { kind: 'recovery', code: victim.recovery[0] ?? '' },
      ]) {
        const answer = await browser.post('/confirm', fields);
        assert.match(answer.location ?? '', /^\/(?:confirm|me)$/, `${path} ${fields.kind}`);
      }
      const posted = await browser.post(path, { csrf: served.csrf(token) });
      assert.notEqual(posted.status, 200, path);
    }
    assert.deepEqual(await proofsOf(victim), before);
  });

  it('gains nothing by showing the phished proofs again, or a recovery code', async () => {
    const { gate } = served.house;
    const arrival = served.arrival();
    const asked = challenged(await gate.ask({ to: 'signIn', identifier: 'victim' }, arrival));
    const password = { kind: 'password', data: { password: victim.password } } as const;
    challenged(await gate.prove(asked.token, password, arrival));
    const code = { kind: 'recovery', data: { code: victim.recovery[1] ?? '' } } as const;
    const { session } = granted(await gate.prove(asked.token, code, arrival));
    const before = await proofsOf(victim);
    for (const action of ['enrolProof', 'removeProof', 'changePassword']) {
      const { json } = await served.api('beginAttempt', {
        token: session.token,
        body: { to: 'stepUp', action },
      });
      assert.deepEqual(
        json.attempt?.challenges.map(({ kind }: { kind: string }) => kind),
        ['webauthn'],
        action,
      );
      for (const proof of [password, { kind: 'totp', data: { code: victim.totp.code() } }]) {
        const answer = await served.api('offerProof', {
          token: session.token,
          params: { id: json.attempt.id },
          body: { attempt: json.attempt.token, proof },
        });
        assert.equal(answer.json.code, 'proof-not-asked', action);
      }
    }
    assert.deepEqual(await proofsOf(victim), before);
    served.clock.advance(3_600_000);
  });

  it('can’t finish what the owner began', async () => {
    const owner = (await passkeySignIn(served, victim)).session.token;
    const begun = await served.api('beginMyEnrolment', {
      token: owner,
      body: { kind: 'password' },
    });
    const token = await phished();
    const params = { id: begun.json.id };
    const body = { data: { password: 'a password of the attacker' } };
    const { status } = await served.api('finishMyEnrolment', { token, params, body });
    assert.ok(status >= 400, `${status}`);
  });

  it('is not the owner, who shows the passkey and changes what they like, for as long as it is fresh', async () => {
    const token = (await passkeySignIn(served, victim)).session.token;
    const begin = (kind: string) => served.api('beginMyEnrolment', { token, body: { kind } });
    const seen = await eventsOf(served, async () => {
      const begun = (await begin('totp')).json;
      const code = createTotpApp(begun.offer.uri, served.clock).code();
      const finish = { token, params: { id: begun.id }, body: { data: { code } } };
      const added = await served.api('finishMyEnrolment', finish);
      assert.equal(added.status, 201);
      const removal = { token, params: { id: added.json.id } };
      assert.equal((await served.api('removeMyProof', removal)).status, 204);
      served.clock.advance(6 * 60_000);
      assert.equal((await begin('totp')).json.code, 'fresh-proof-needed');
    });
    assert.equal(count(seen, 'proof.enrolled', 'done'), 1);
    assert.equal(count(seen, 'proof.removed', 'done'), 1);
    assert.equal(count(seen, 'access.refused', 'challenged'), 1);
  });

  it('is not whoever holds nothing better: they are kept out of nothing', async () => {
    const plain = await enrolledPerson(served, 'plain');
    const { token } = (await signIn(served, plain)).session;
    const begun = await served.api('beginMyEnrolment', { token, body: { kind: 'webauthn' } });
    assert.equal(begun.status, 201, begun.text);
    const data = softwareAuthenticator().create(begun.json.offer, served.origin);
    const finish = { token, params: { id: begun.json.id }, body: { data } };
    assert.equal((await served.api('finishMyEnrolment', finish)).status, 201);
    // From now on they hold one.
    const { json } = await served.api('beginMyEnrolment', { token, body: { kind: 'totp' } });
    assert.equal(json.code, 'fresh-proof-needed');
    assert.deepEqual(json.kinds, ['webauthn']);
  });

  it('is not whoever lost the passkey and came back by an administrator’s pass', async () => {
    const lost = await passkeyPerson(served, 'lost');
    const token = await comeWithPass(served, 'lost', await issuePass(served, lost.id));
    const seen = await eventsOf(served, async () => {
      await enrol(served, token, 'webauthn', (offer) =>
        softwareAuthenticator().create(offer, served.origin),
      );
      await enrol(served, token, 'password', () => ({ password: `another ${PASSWORD}` }));
    });
    assert.equal(count(seen, 'proof.enrolled', 'done'), 1);
    assert.equal(count(seen, 'password.changed', 'done'), 1);
  });
});
