/**
 * Becoming more than one is (CWE-269, CWE-266, CWE-863; ASVS 8.2.1, 8.3.1; T1098, T1078): everyone below an administrator calls
 * every operation with everything that could raise them or pull an administrator down, and at the end nobody has a role that
 * they did not have, and nothing of the administrator’s is other than before.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { operationNames } from '@sallyport/contract/api/operations.ts';
import type { Role } from '@sallyport/contract/people.ts';
import { readTables } from '../store/fill-tables.ts';
import { count, events, eventsOf } from '../support/events.ts';
import { enrolledPerson } from '../support/people.ts';
import { bodySamples } from '../support/route-samples.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from '../support/served-people.ts';

const RAISED: readonly Readonly<Record<string, unknown>>[] = [
  { roles: ['administrator'] },
  { roles: ['operator'] },
  { roles: ['auditor', 'viewer'] },
  { roles: [] },
  { roles: ['administrator'], displayName: 'Another name' },
  { groups: ['administrator', 'administrators', 'root', 'wheel'] },
  { email: 'taken-over@example.com' },
  { identifier: 'taken-over' },
  { displayName: 'Another name' },
];

describe('someone who wants to be more than they are', () => {
  let served: ServedHouse;
  let root: PasskeyPerson;
  let rootSession: { id: string; token: string };
  beforeEach(async () => {
    served = await openServedHouse();
    root = await passkeyPerson(served, 'root', ['administrator']);
    await enrolledPerson(served, 'plain');
    rootSession = (await passkeySignIn(served, root)).session;
  });
  afterEach(() => served.close());

  const rows = async (table: string) => (await readTables(served.test.store))[table] ?? [];

  async function roles(): Promise<Record<string, unknown>> {
    return Object.fromEntries((await rows('subject')).map((row) => [row.id, row.roles]));
  }

  /** What stands in the database of the administrator, but for the moments at which it was used. */
  async function ofRoot(): Promise<unknown> {
    const all = await readTables(served.test.store);
    const pick = (table: string, column: string) =>
      (all[table] ?? []).filter((row) => row[column] === root.id);
    return [
      pick('subject', 'id'),
      pick('identifier', 'subject_id'),
      pick('proof', 'subject_id'),
      pick('session', 'subject_id'),
      pick('known_device', 'subject_id'),
      pick('pending_enrolment', 'subject_id'),
      all.policy_set,
    ];
  }

  for (const role of ['operator', 'auditor', 'viewer', undefined] as const) {
    it(`as ${role ?? 'nobody in particular'} can raise nobody and touch no administrator`, async () => {
      const own: readonly Role[] = role === undefined ? [] : [role];
      const mole = await passkeyPerson(served, 'mole', own);
      let token = (await passkeySignIn(served, mole)).session.token;
      const proofs = (await rows('proof')).filter((row) => row.subject_id === root.id);
      const before = { roles: await roles(), root: await ofRoot() };
      const ids = [root.id, rootSession.id, ...proofs.map(({ id }) => String(id)), mole.id];
      for (const name of operationNames) {
        if (name === 'beginAttempt' || name === 'offerProof' || name === 'signOut') continue;
        const sample = bodySamples[name];
        const bodies =
          name === 'changePerson'
            ? RAISED
            : name === 'addPerson'
              ? RAISED.map((raised, i) => ({
                  ...sample,
                  identifier: `new-${name}-${i}`,
                  ...raised,
                }))
              : name === 'issueToken'
                ? [root.id, mole.id].map((owner) => ({ owner, scope: ['administer'] }))
                : [sample];
        for (const id of ids) {
          for (const body of bodies) {
            const answer = await served.api(name, {
              token,
              params: { id },
              ...(body === undefined ? {} : { body }),
            });
            assert.ok(answer.status < 500, `${name}: ${answer.status}`);
            assert.doesNotMatch(answer.text, /sps_|spd_|spt_/, name);
            if (answer.status !== 401) continue;
            // It was their own session that they ended.
            token = (await passkeySignIn(served, mole)).session.token;
          }
        }
      }
      const after = await roles();
      for (const [id, held] of Object.entries(after)) {
        // Whoever was added since holds none.
        assert.equal(held, before.roles[id] ?? '[]', id);
      }
      assert.deepEqual(await ofRoot(), before.root);
      const seen = await events(served);
      assert.ok(count(seen, 'access.refused', 'refused') > 10);
      assert.equal(
        seen.some(
          (e) => e.type === 'person.changed' && e.actor === mole.id && e.subject === root.id,
        ),
        false,
      );
    });
  }

  it('gets no administrator’s account by a pass, a mail address, a session or a status', async () => {
    const mole = await passkeyPerson(served, 'mole', ['operator']);
    const { token } = (await passkeySignIn(served, mole)).session;
    const before = await ofRoot();
    const params = { id: root.id };
    const seen = await eventsOf(served, async () => {
      for (const [name, body] of [
        ['issuePass', {}],
        ['issuePass', { purpose: 'link', lifetimeMinutes: 5 }],
        ['changePerson', { email: 'mole@example.com' }],
        ['changePerson', { identifier: 'mole2' }],
        ['disablePerson', undefined],
        ['enablePerson', undefined],
        ['erasePerson', undefined],
        ['revokePasses', undefined],
        ['revokeSessionsOf', undefined],
      ] as const) {
        const call = body === undefined ? { token, params } : { token, params, body };
        const { json } = await served.api(name, call);
        assert.equal(json.code, 'not-permitted', name);
      }
      const session = { token, params: { id: rootSession.id } };
      assert.equal((await served.api('revokeSession', session)).json.code, 'not-permitted');
    });
    assert.equal(count(seen, 'access.refused', 'refused'), 10);
    assert.ok(seen.every((e) => e.actor === mole.id));
    assert.deepEqual(await ofRoot(), before);
    assert.equal((await served.api('showMe', { token: rootSession.token })).status, 200);
  });

  it('gets nothing by asking for a proof for what they may not do', async () => {
    const mole = await passkeyPerson(served, 'mole', ['operator']);
    const { token } = (await passkeySignIn(served, mole)).session;
    for (const action of [
      'role.change',
      'policy.change',
      'token.issue',
      'key.rotate',
      'record.read',
    ]) {
      for (const person of [undefined, root.id, mole.id]) {
        const body = { to: 'stepUp', action, ...(person === undefined ? {} : { person }) };
        const { json } = await served.api('beginAttempt', { token, body });
        assert.ok(
          ['not-permitted', 'not-valid'].includes(json.code),
          `${action}: ${JSON.stringify(json)}`,
        );
      }
    }
  });

  it('has nothing of a pass or a session from before its person was given a role', async () => {
    const mole = await passkeyPerson(served, 'mole', ['operator']);
    const { token } = (await passkeySignIn(served, mole)).session;
    const heir = await passkeyPerson(served, 'heir');
    const params = { id: heir.id };
    const issue = async () =>
      (await served.api('issuePass', { token, params, body: { uses: 2 } })).json.code;
    const comeIn = (code: string) =>
      served.api('beginAttempt', {
        body: { to: 'enrol', identifier: 'heir', proof: { kind: 'pass', data: { code } } },
      });
    const code = await issue();
    const begun = await comeIn(code);
    assert.equal(begun.json.state, 'granted');
    const inside = begun.json.session.token;
    const kind = { kind: 'totp' };
    const enrolling = await served.api('beginMyEnrolment', { token: inside, body: kind });
    assert.equal(enrolling.status, 201);
    const admin = rootSession.token;
    const seen = await eventsOf(served, async () => {
      const body = { roles: ['administrator'] };
      const raised = await served.api('changePerson', { token: admin, params, body });
      assert.equal(raised.status, 200);
    });
    assert.equal(count(seen, 'session.revoked', 'done'), 1);
    assert.equal((await comeIn(code)).json.code, 'proof-wrong');
    const late = await served.api('beginMyEnrolment', { token: inside, body: kind });
    assert.equal(late.json.code, 'no-session');
    // From now on a pass for them is an administrator's to issue.
    assert.equal(await issue(), 'not-permitted');
    const { status } = await served.api('issuePass', { token: admin, params, body: { uses: 1 } });
    assert.equal(status, 201);
  });

  it('keeps nothing when a role is taken away: it counts from the next call', async () => {
    const admin = rootSession.token;
    const mole = await passkeyPerson(served, 'mole', ['operator']);
    const { token } = (await passkeySignIn(served, mole)).session;
    assert.equal((await served.api('listPeople', { token })).status, 200);
    const params = { id: mole.id };
    const fired = await served.api('changePerson', { token: admin, params, body: { roles: [] } });
    assert.equal(fired.status, 200, fired.text);
    assert.equal((await served.api('listPeople', { token })).json.code, 'not-permitted');
    assert.equal(
      (await served.api('issuePass', { token, params, body: {} })).json.code,
      'not-permitted',
    );
  });

  it('is raised by an administrator with a fresh passkey, and the record tells who did it', async () => {
    const plain = await passkeyPerson(served, 'deputy');
    const params = { id: plain.id };
    const body = { roles: ['operator'] };
    served.clock.advance(6 * 60_000);
    const stale = await served.api('changePerson', { token: rootSession.token, params, body });
    assert.equal(stale.json.code, 'fresh-proof-needed');
    const { token } = (await passkeySignIn(served, root)).session;
    const seen = await eventsOf(served, async () => {
      assert.equal((await served.api('changePerson', { token, params, body })).status, 200);
    });
    const [changed] = seen.filter(({ type }) => type === 'person.changed');
    assert.equal(changed?.actor, root.id);
    assert.deepEqual(changed?.data.roles, ['operator']);
    const refusedOnes = (await events(served)).filter(({ outcome }) => outcome === 'challenged');
    assert.ok(
      refusedOnes.some(
        (e: { type: string; data: Readonly<Record<string, unknown>> }) =>
          e.data.action === 'role.change',
      ),
    );
  });
});
