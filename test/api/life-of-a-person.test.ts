import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ApiHouse, openApiHouse } from './api-house.ts';
import { type ApiPerson, enrolled, PASSWORD, setUp, signIn, stepUp } from './people.ts';

describe('the life of a person by the API', () => {
  let api: ApiHouse;
  let root: ApiPerson;
  let admin: string;
  let ada: ApiPerson;

  before(async () => {
    api = await openApiHouse();
    root = await enrolled(api, 'root', ['administrator']);
    admin = await signIn(api, root);
  });
  after(() => api.close());

  test('an administrator adds them and issues a pass, with which they set up their proofs', async () => {
    const added = await api.done('addPerson', {
      token: admin,
      body: { identifier: 'ada', displayName: 'Ada Lovelace', email: 'ada@example.com' },
    });
    assert.equal(added.status, 'enrolling');
    assert.equal(added.identifier, 'ada');
    const pass = await api.done('issuePass', {
      token: admin,
      params: { id: added.id },
      body: { lifetimeMinutes: 30 },
    });
    assert.equal(pass.person, added.id);
    ada = await setUp(api, added.id, 'ada', pass.code);
    const shown = await api.done('showPerson', { token: admin, params: { id: added.id } });
    assert.equal(shown.status, 'active');
    assert.deepEqual(
      shown.proofs.map(({ kind }: { kind: string }) => kind),
      ['password', 'totp', 'webauthn', 'recovery'],
    );
  });

  test('they sign in with two proofs in two requests, look after themselves, and sign out', async () => {
    const first = await api.done('beginAttempt', {
      body: {
        to: 'signIn',
        identifier: 'ADA@example.com',
        proof: { kind: 'password', data: { password: PASSWORD } },
      },
    });
    assert.equal(first.state, 'challenged');
    assert.deepEqual(first.attempt.proven, ['password']);
    const granted = await api.done('offerProof', {
      params: { id: first.attempt.id },
      body: {
        attempt: first.attempt.token,
        proof: { kind: 'totp', data: { code: ada.totp.code() } },
      },
    });
    assert.equal(granted.state, 'granted');
    assert.match(granted.session.token, /^sps_/);
    assert.match(granted.device.token, /^spd_/);
    const { token } = granted.session;

    assert.deepEqual(await api.done('showMe', { token }), {
      id: ada.id,
      status: 'active',
      roles: [],
      groups: [],
      identifier: 'ada',
      displayName: 'Ada Lovelace',
      email: 'ada@example.com',
      sessionExpiresAt: new Date(api.clock.now() + 12 * 3_600_000).toISOString(),
    });
    const { items: proofs } = await api.done('listMyProofs', { token });
    const totp = proofs.find(({ kind }: { kind: string }) => kind === 'totp');
    await api.done('renameMyProof', {
      token,
      params: { id: totp.id },
      body: { name: ' Old phone ' },
    });
    const { items: renamed } = await api.done('listMyProofs', { token });
    assert.equal(renamed.find(({ id }: { id: string }) => id === totp.id).name, 'Old phone');

    const other = await signIn(api, ada);
    const { items: sessions } = await api.done('listMySessions', { token });
    assert.equal(sessions.length, 2);
    assert.equal(sessions.filter(({ current }: { current: boolean }) => current).length, 1);
    assert.deepEqual(await api.done('endMyOtherSessions', { token }), { ended: 1 });
    await api.problem('no-session', 'showMe', { token: other });

    await api.done('signOut', { token });
    await api.problem('no-session', 'showMe', { token });
  });

  test('what is sensitive asks for a fresh proof, says how, and goes on in a new session', async () => {
    const token = await signIn(api, ada);
    const { items } = await api.done('listMyProofs', { token });
    const totp = items.find(({ kind }: { kind: string }) => kind === 'totp');
    api.clock.advance(6 * 60_000);
    const { body } = await api.problem('fresh-proof-needed', 'removeMyProof', {
      token,
      params: { id: totp.id },
    });
    assert.ok(body.kinds.includes('webauthn'));
    assert.deepEqual(body.stepUp, { to: 'stepUp', action: 'removeProof' });
    const { attempt } = await api.done('beginAttempt', { token, body: body.stepUp });
    // The proof has to come in the session that asked.
    await api.problem('attempt-over', 'offerProof', {
      params: { id: attempt.id },
      body: {
        attempt: attempt.token,
        proof: { kind: 'totp', data: { code: ada.totp.code() } },
      },
    });
    const fresh = await stepUp(api, ada, token, 'removeProof');
    await api.problem('no-session', 'showMe', { token });
    await api.done('removeMyProof', { token: fresh, params: { id: totp.id } });
  });

  test('an administrator finds, changes, disables, enables and erases them; the record tells of it', async () => {
    const { items } = await api.done('listPeople', { token: admin, query: { status: 'active' } });
    assert.ok(items.some(({ id }: { id: string }) => id === ada.id));
    const changed = await api.done('changePerson', {
      token: admin,
      params: { id: ada.id },
      body: { displayName: 'Ada King', groups: ['night-shift'] },
    });
    assert.equal(changed.displayName, 'Ada King');
    assert.deepEqual(changed.groups, ['night-shift']);
    assert.equal(changed.email, 'ada@example.com');

    const session = await signIn(api, ada);
    await api.done('disablePerson', { token: admin, params: { id: ada.id } });
    await api.problem('no-session', 'showMe', { token: session });
    await api.done('enablePerson', { token: admin, params: { id: ada.id } });
    await signIn(api, ada);
    const theirs = await api.done('listSessionsOf', { token: admin, params: { id: ada.id } });
    assert.equal(theirs.items.length, 1);
    const ended = await api.done('revokeSessionsOf', { token: admin, params: { id: ada.id } });
    assert.deepEqual(ended, { ended: 1 });

    const { body } = await api.problem('fresh-proof-needed', 'erasePerson', {
      token: admin,
      params: { id: ada.id },
    });
    assert.deepEqual(body.stepUp, { to: 'stepUp', action: 'person.erase', person: ada.id });
    admin = await stepUp(api, root, admin, 'person.erase', ada.id);
    await api.done('erasePerson', { token: admin, params: { id: ada.id } });
    const shown = await api.done('showPerson', { token: admin, params: { id: ada.id } });
    assert.equal(shown.status, 'erased');
    assert.equal(shown.identifier, null);
    assert.deepEqual(shown.proofs, []);

    const found = await api.done('searchEvents', {
      token: admin,
      query: { subject: ada.id, type: 'person.created,person.erased', order: 'oldest' },
    });
    assert.deepEqual(
      found.items.map(({ type, actor }: { type: string; actor: string }) => [type, actor]),
      [
        ['person.created', root.id],
        ['person.erased', root.id],
      ],
    );
    assert.equal(found.items[0].erased, true);
    const one = await api.done('showEvent', { token: admin, params: { id: found.items[0].id } });
    assert.deepEqual(one, found.items[0]);
  });
});
