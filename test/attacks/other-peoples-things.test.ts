/**
 * Reaching another person’s things by their ids (CWE-639, CWE-284; ASVS 8.2.2; OWASP API1 broken object level authorization): every
 * route of both doors that has an id in its address, and every body that can name one, with ids of somebody else.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type OperationName,
  operationNames,
  operations,
} from '@sallyport/contract/api/operations.ts';
import { readTables } from '../store/fill-tables.ts';
import { count, events, eventsOf } from '../support/events.ts';
import { bodySamples, formSamples } from '../support/route-samples.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from '../support/served-people.ts';
import type { WebClient } from '../support/web-client.ts';

describe('somebody else’s id', () => {
  let served: ServedHouse;
  let ada: PasskeyPerson;
  let adaToken: string;
  let eve: PasskeyPerson;
  let eveToken: string;
  /** Everything of Ada’s that has an id. */
  let ids: readonly string[];
  before(async () => {
    served = await openServedHouse();
    ada = await passkeyPerson(served, 'victoria');
    eve = await passkeyPerson(served, 'eve');
    adaToken = (await passkeySignIn(served, ada)).session.token;
    eveToken = (await passkeySignIn(served, eve)).session.token;
    const begun = await served.api('beginMyEnrolment', { token: adaToken, body: { kind: 'totp' } });
    const tables = await readTables(served.test.store);
    const own = (table: string, column: string) =>
      (tables[table] ?? []).filter((row) => row[column] === ada.id).map(({ id }) => String(id));
    const recorded = (await events(served)).filter(({ subject }) => subject === ada.id);
    ids = [
      ada.id,
      begun.json.id,
      ...own('proof', 'subject_id'),
      ...own('session', 'subject_id'),
      ...own('known_device', 'subject_id'),
      ...own('attempt', 'subject_id'),
      recorded[0]?.id ?? '',
      recorded.at(-1)?.id ?? '',
    ];
    assert.ok(ids.length > 8);
  });
  after(() => served.close());

  async function ofAda(): Promise<unknown> {
    const tables = await readTables(served.test.store);
    const pick = (table: string, column: string) =>
      (tables[table] ?? []).filter((row) => row[column] === ada.id);
    return [
      pick('subject', 'id'),
      pick('identifier', 'subject_id'),
      pick('proof', 'subject_id'),
      pick('session', 'subject_id'),
      pick('known_device', 'subject_id'),
      pick('pending_enrolment', 'subject_id'),
    ];
  }

  const browserOf = (token: string): WebClient => {
    const browser = served.browser();
    browser.cookies.set('sallyport-session', token);
    return browser;
  };

  it('opens nothing by any operation, and what is refused says nothing of whether it is somebody’s', async () => {
    const before = await ofAda();
    const seen = await eventsOf(served, async () => {
      for (const name of operationNames) {
        const { path, for: whom } = operations[name];
        if (!path.includes('{id}') || whom === 'anyone') continue;
        const body = bodySamples[name];
        const call = body === undefined ? {} : { body };
        const told = new Set<string>();
        for (const id of [...ids, '01900000-0000-7000-8000-000000000001']) {
          const answer = await served.api(name, { token: eveToken, params: { id }, ...call });
          assert.ok([403, 404, 409, 410].includes(answer.status), `${name} ${answer.status}`);
          assert.doesNotMatch(answer.text, /victoria/, name);
          told.add(answer.json.code);
        }
        assert.equal(told.size, 1, `${name}: ${[...told].join()}`);
      }
    });
    assert.ok(count(seen, 'access.refused', 'refused') > 0);
    assert.deepEqual(await ofAda(), before);
  });

  it('opens nothing by any page or form', async () => {
    const before = await ofAda();
    const routes = served.routes.filter(({ door, path }) => door === 'web' && path.includes(':id'));
    assert.ok(routes.length > 4);
    for (const { method, path } of routes) {
      if (method === 'HEAD') continue;
      for (const id of ids) {
        const browser = browserOf(eveToken);
        const place = path.replace(':id', id);
        const fields = { ...formSamples[path], csrf: served.csrf(eveToken) };
        const answer =
          method === 'GET' ? await browser.get(place) : await browser.post(place, fields);
        assert.equal(answer.status, 404, `${method} ${place}`);
        assert.doesNotMatch(answer.text, /victoria/);
      }
    }
    for (const [path, query] of [
      ['/me/activity', 'before'],
      ['/me/trouble', 'event'],
    ] as const) {
      for (const id of ids) {
        const { text } = await browserOf(eveToken).get(`${path}?${query}=${id}`);
        assert.doesNotMatch(text, new RegExp(`victoria|${ids.join('|')}`), path);
      }
    }
    assert.deepEqual(await ofAda(), before);
  });

  it('in a body names nobody else', async () => {
    const before = await ofAda();
    const calls: readonly (readonly [OperationName, Record<string, unknown>])[] = [
      ['beginAttempt', { to: 'stepUp', action: 'person.erase', person: ada.id }],
      ['beginAttempt', { to: 'stepUp', action: 'pass.issue', person: ada.id }],
      ['issueToken', { owner: ada.id, scope: ['self'] }],
      ['simulatePolicies', { person: ada.id, action: 'signIn' }],
    ];
    for (const [name, body] of calls) {
      const { json } = await served.api(name, { token: eveToken, body });
      assert.equal(json.code, 'not-permitted', name);
    }
    for (const about of ids) {
      // It is a word of the one who reports; whose it is does not matter, and nobody else’s sessions end.
      await served.api('reportTrouble', { token: eveToken, body: { about } });
    }
    assert.deepEqual(await ofAda(), before);
    const { json } = await served.api('listMyActivity', { token: eveToken });
    for (const event of json.items) assert.equal(event.subject, eve.id);
  });

  it('in an attempt or an enrolment is of no use to another session', async () => {
    const begun = await served.api('beginMyEnrolment', {
      token: adaToken,
      body: { kind: 'password' },
    });
    const params = { id: begun.json.id };
    const body = { data: { password: 'a password of the attacker' } };
    const stolen = await served.api('finishMyEnrolment', { token: eveToken, params, body });
    assert.equal(stolen.json.code, 'enrolment-over');
    served.clock.advance(10 * 60_000);
    const asked = await served.api('beginAttempt', {
      token: adaToken,
      body: { to: 'stepUp', action: 'enrolProof' },
    });
    const { id, token: attempt, challenges } = asked.json.attempt;
    const passkey = challenges.find(({ kind }: { kind: string }) => kind === 'webauthn');
    for (const [token, data] of [
      [eveToken, eve.passkey.get(passkey.data, served.origin)],
      [undefined, ada.passkey.get(passkey.data, served.origin)],
    ] as const) {
      const answer = await served.api('offerProof', {
        ...(token === undefined ? {} : { token }),
        params: { id },
        body: { attempt, proof: { kind: 'webauthn', data } },
      });
      assert.equal(answer.json.code, 'attempt-over');
    }
  });

  it('is for its owner', async () => {
    const seen = await eventsOf(served, async () => {
      const { json } = await served.api('listMyProofs', { token: adaToken });
      const totp = json.items.find(({ kind }: { kind: string }) => kind === 'totp');
      const call = { token: adaToken, params: { id: totp.id }, body: { name: 'Telephone' } };
      assert.equal((await served.api('renameMyProof', call)).status, 204);
      const page = await browserOf(adaToken).get(`/me/proofs/${totp.id}/rename`);
      assert.equal(page.status, 200);
    });
    assert.equal(count(seen, 'proof.renamed', 'done'), 1);
    assert.equal(seen.find(({ type }) => type === 'proof.renamed')?.subject, ada.id);
  });
});
