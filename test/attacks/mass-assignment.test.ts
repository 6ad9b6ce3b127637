/**
 * Setting what was not offered (CWE-915 mass assignment; ASVS 15.3.3), and reaching into JavaScript’s own objects (CWE-1321
 * prototype pollution): names such as `userId`, `roles` and `__proto__` in every body and form, at every depth.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type OperationName, operations } from '@sallyport/contract/api/operations.ts';
import { count, eventsOf } from '../support/events.ts';
import { bodySamples, formSamples } from '../support/route-samples.ts';
import type { ServedHouse } from '../support/served-house.ts';
import { type PasskeyPerson, passkeyPerson } from '../support/served-people.ts';
import { FORM, openWholeSurface, type WholeSurface } from '../support/whole-surface.ts';

/** Columns of ours and names that other systems have, with values that would do harm. */
const WISHES: Readonly<Record<string, unknown>> = {
  id: '01900000-0000-7000-8000-000000000001',
  userId: '01900000-0000-7000-8000-000000000001',
  user_id: '1',
  subject: '1',
  subject_id: '1',
  subjectId: '1',
  person: '1',
  owner_id: '1',
  actor: '1',
  role: 'administrator',
  roles: ['administrator'],
  groups: ['administrators'],
  status: 'active',
  enabled: true,
  isAdmin: true,
  admin: true,
  epoch: 1,
  kind: 'full',
  scope: ['administer'],
  scopes: ['administer'],
  session: 'x',
  session_id: 'x',
  expiresAt: '2099-01-01T00:00:00.000Z',
  expires_at: 4_000_000_000_000,
  uses: 1000,
  counter: 0,
  sealed: 'AAAA',
  secret_hash: 'AAAA',
  phishingResistant: true,
  enrolmentOnly: false,
  proven: ['webauthn'],
  shown: [],
  door: 'cli',
  address: '10.0.0.1',
  createdAt: '2000-01-01T00:00:00.000Z',
};

const POLLUTED = ['__proto__', 'constructor', 'prototype'];

describe('a member that was not offered', () => {
  let surface: WholeSurface;
  let served: ServedHouse;
  let root: PasskeyPerson;
  let token: string;
  before(async () => {
    surface = await openWholeSurface();
    ({ served, root, token } = surface);
  });
  after(() => served.close());

  const untouched = (work: () => Promise<void>) => surface.untouched(work);

  const send = (name: OperationName, body: string) => surface.send(name, body);

  /** The sample, and each object in it, with the member added. */
  function* withMember(value: unknown, name: string, wish: unknown): Generator<string> {
    const text = JSON.stringify(value);
    const member = `${JSON.stringify(name)}:${JSON.stringify(wish)}`;
    for (let at = text.indexOf('{'); at >= 0; at = text.indexOf('{', at + 1)) {
      const comma = text[at + 1] === '}' ? '' : ',';
      yield `${text.slice(0, at + 1)}${member}${comma}${text.slice(at + 1)}`;
    }
  }

  it('of a body is refused by every operation', async () => {
    await untouched(async () => {
      for (const name of Object.keys(bodySamples) as OperationName[]) {
        const sample = bodySamples[name] ?? {};
        const { body: shape } = { body: undefined, ...operations[name] };
        for (const [member, wish] of Object.entries(WISHES)) {
          // Some of these names are what one operation or another is for.
          if (shape?.safeParse({ ...sample, [member]: wish }).success) continue;
          const answer = await send(name, JSON.stringify({ ...sample, [member]: wish }));
          assert.equal(answer.status, 422, `${name} with ${member}: ${answer.status}`);
        }
      }
    });
  });

  it('of a form is refused by every page', async () => {
    await untouched(async () => {
      for (const [path, fields] of Object.entries(formSamples)) {
        for (const member of [...Object.keys(WISHES), ...POLLUTED]) {
          if (member in fields || (member === 'kind' && path.includes(':kind'))) continue;
          const form = new URLSearchParams({ ...fields, csrf: served.csrf(token), [member]: '1' });
          const answer = await surface.post(path, FORM, String(form));
          assert.equal(answer.status, 400, `${path} with ${member}`);
        }
      }
    });
  });

  it('that reaches into objects is refused at every depth, and reaches nothing', async () => {
    const own = Object.getOwnPropertyNames(Object.prototype).sort();
    await untouched(async () => {
      for (const name of Object.keys(bodySamples) as OperationName[]) {
        for (const member of POLLUTED) {
          for (const wish of [{ polluted: 'yes' }, { prototype: { polluted: 'yes' } }]) {
            for (const body of withMember(bodySamples[name], member, wish)) {
              assert.equal((await send(name, body)).status, 400, `${name}: ${body}`);
              // The same, so that only whoever unescapes names sees it.
              const escaped = body.replace(
                `"${member}"`,
                `"\\u00${member.charCodeAt(0).toString(16)}${member.slice(1)}"`,
              );
              assert.equal((await send(name, escaped)).status, 400, `${name}: ${escaped}`);
            }
          }
        }
      }
    });
    assert.deepEqual(Object.getOwnPropertyNames(Object.prototype).sort(), own);
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  });

  it('of an enrolment or a proof changes neither whose it is nor what it is worth', async () => {
    const victim = await passkeyPerson(served, 'victim');
    for (const options of [
      { subject: victim.id },
      { name: 'x', userId: victim.id },
      { kind: 'pass' },
      { key: 'JBSWY3DPEHPK3PXP' },
    ]) {
      const body = { kind: 'totp', options };
      const answer = await served.api('beginMyEnrolment', { token, body });
      assert.equal(answer.json.code, 'proof-malformed', JSON.stringify(options));
    }
    const begun = await served.api('beginMyEnrolment', { token, body: { kind: 'password' } });
    const params = { id: begun.json.id };
    for (const data of [
      { password: 'a new and long password', userId: victim.id },
      { password: 'a new and long password', proof: victim.id },
      { password: ['a new and long password'] },
      { password: { toString: 'x' } },
    ]) {
      const answer = await served.api('finishMyEnrolment', { token, params, body: { data } });
      assert.equal(answer.json.code, 'proof-malformed', JSON.stringify(data));
    }
    const { json } = await served.api('beginAttempt', {
      body: { to: 'signIn', identifier: 'victim' },
    });
    for (const data of [
      { password: victim.password, person: root.id },
      { password: victim.password, roles: ['administrator'] },
    ]) {
      const answer = await served.api('offerProof', {
        params: { id: json.attempt.id },
        body: { attempt: json.attempt.token, proof: { kind: 'password', data } },
      });
      assert.equal(answer.json.code, 'proof-wrong');
    }
  });

  it('that is offered is taken, as it is', async () => {
    const seen = await eventsOf(served, async () => {
      const body = { identifier: 'assigned', displayName: 'Assigned', groups: ['night-shift'] };
      const { status, json } = await served.api('addPerson', { token, body });
      assert.equal(status, 201);
      assert.equal(json.status, 'enrolling');
      assert.deepEqual([json.roles, json.groups], [[], ['night-shift']]);
    });
    assert.equal(count(seen, 'person.created', 'done'), 1);
  });
});
