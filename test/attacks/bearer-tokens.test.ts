/**
 * A script’s token used for more than it was given for (CWE-613, CWE-285, CWE-598; RFC 6750 §5; T1528, T1550.001): outside its scope,
 * after its time or its owner’s, in a cookie, in an address, in a body, under another name, or to make more of itself.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { operationNames, operations } from '@sallyport/contract/api/operations.ts';
import { readTables } from '../store/fill-tables.ts';
import { count, eventsOf } from '../support/events.ts';
import { bodySamples, formSamples, placeOf, querySamples } from '../support/route-samples.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from '../support/served-people.ts';

describe('a script’s token', () => {
  let served: ServedHouse;
  let root: PasskeyPerson;
  let admin: string;
  beforeEach(async () => {
    served = await openServedHouse();
    root = await passkeyPerson(served, 'root', ['administrator']);
    admin = (await passkeySignIn(served, root)).session.token;
  });
  afterEach(() => served.close());

  async function issue(
    scope: readonly string[],
    more = {},
  ): Promise<{ id: string; token: string }> {
    const body = { owner: root.id, scope, ...more };
    const { status, json } = await served.api('issueToken', { token: admin, body });
    assert.equal(status, 201, JSON.stringify(json));
    return json;
  }

  const status = async (token: string) => (await served.api('listPeople', { token })).status;

  it('does what it was issued for, and of all other operations none', async () => {
    const { token } = await issue(['person.read']);
    const may = ['listPeople', 'showPerson', 'listCards'];
    const before = await readTables(served.test.store);
    const seen = await eventsOf(served, async () => {
      for (const name of operationNames) {
        // To leave needs no permission.
        if (operations[name].for === 'anyone' || name === 'signOut') continue;
        const body = bodySamples[name];
        const query = querySamples[name];
        const answer = await served.api(name, {
          token,
          params: { id: root.id },
          ...(body === undefined ? {} : { body }),
          ...(query === undefined ? {} : { query }),
        });
        if (may.includes(name)) assert.equal(answer.status, 200, name);
        else assert.ok([401, 403, 404].includes(answer.status), `${name}: ${answer.status}`);
      }
    });
    assert.ok(count(seen, 'access.refused', 'refused') > 20);
    assert.equal((await served.api('signOut', { token })).status, 204);
    const { subject, proof, identifier, policy_set } = await readTables(served.test.store);
    assert.deepEqual(
      [subject, proof, identifier, policy_set],
      [before.subject, before.proof, before.identifier, before.policy_set],
    );
  });

  it('never governs, whatever its scope: no roles, no policies, no tokens, no keys, no administrators', async () => {
    const { token } = await issue(['administer', 'self', 'sensitive']);
    const plain = await passkeyPerson(served, 'plain');
    for (const [name, id, body] of [
      ['issueToken', root.id, { owner: root.id, scope: ['administer'] }],
      ['changePerson', plain.id, { roles: ['administrator'] }],
      ['addPerson', root.id, { identifier: 'x', displayName: 'X', roles: ['administrator'] }],
      ['activatePolicies', root.id, bodySamples.activatePolicies],
      ['changePerson', root.id, { email: 'taken@example.com' }],
      ['issuePass', root.id, {}],
      ['disablePerson', root.id, undefined],
      ['erasePerson', root.id, undefined],
      ['revokeSessionsOf', root.id, undefined],
      ['beginMyEnrolment', root.id, { kind: 'totp' }],
      ['listMyProofs', root.id, undefined],
    ] as const) {
      const call = body === undefined ? {} : { body };
      const { json } = await served.api(name, { token, params: { id }, ...call });
      assert.equal(json?.code, 'not-permitted', name);
    }
    const stepUp = { to: 'stepUp', action: 'role.change', person: plain.id };
    assert.equal(
      (await served.api('beginAttempt', { token, body: stepUp })).json.code,
      'not-permitted',
    );
  });

  it('changes nothing that can be entered by taking it away and adding it anew', async () => {
    const host = 'wiki.example.com';
    const site = (more = {}) => ({
      kind: 'site',
      name: 'wiki',
      detail: { hosts: [host], rules: [{ path: '/*', function: 'read', ...more }] },
    });
    const app = {
      kind: 'application',
      name: 'mine',
      detail: { redirectUris: ['https://evil.example/cb'], firstParty: true },
    };
    const added = await served.api('addResource', { token: admin, body: site() });
    assert.equal(added.status, 201, added.text);
    const { token } = await issue([
      'administer',
      'sensitive',
      'resource.create',
      'resource.remove',
    ]);
    const params = { id: added.json.id };
    const entries = [{ resource: added.json.id, scopes: [] }];
    const robot = { name: 'robot', owner: root.id, purpose: 'Mine.', entries };
    const seen = await eventsOf(served, async () => {
      for (const [name, call] of [
        ['removeResource', { params }],
        ['changeResource', { params, body: { open: 'everyone' } }],
        ['addResource', { body: { ...site({ public: true }), name: 'wiki2' } }],
        ['addResource', { body: app }],
        ['addProcess', { body: robot }],
      ] as const) {
        const { json } = await served.api(name, { token, ...call });
        assert.equal(json?.code, 'not-permitted', name);
      }
    });
    assert.equal(count(seen, 'access.refused', 'refused'), 5);
    assert.equal(count(seen, 'resource.removed') + count(seen, 'resource.added'), 0);
    // What it may see it sees as it was; a person with their passkey does each of these.
    const shown = await served.api('showResource', { token, params });
    assert.equal(shown.json.detail.rules[0].public ?? false, false);
    assert.equal((await served.api('addResource', { token: admin, body: app })).status, 201);
    assert.equal((await served.api('addProcess', { token: admin, body: robot })).status, 201);
    assert.equal((await served.api('removeResource', { token: admin, params })).status, 204);
  });

  it('ends with its time, when it is revoked, and with its owner’s role', async () => {
    const short = await issue(['person.read'], { lifetimeMinutes: 1 });
    const revoked = await issue(['person.read']);
    const deputy = await passkeyPerson(served, 'deputy', ['viewer']);
    const theirs = (await issue(['person.read'], { owner: deputy.id })).token;
    assert.deepEqual(
      await Promise.all([short.token, revoked.token, theirs].map(status)),
      [200, 200, 200],
    );
    served.clock.advance(60_000);
    assert.equal(await status(short.token), 401);
    const params = { id: revoked.id };
    assert.equal((await served.api('revokeSession', { token: admin, params })).status, 204);
    assert.equal(await status(revoked.token), 401);
    await served.api('changePerson', {
      token: admin,
      params: { id: deputy.id },
      body: { roles: [] },
    });
    assert.equal(await status(theirs), 403);
    await served.api('disablePerson', { token: admin, params: { id: deputy.id } });
    assert.equal(await status(theirs), 401);
    await served.api('enablePerson', { token: admin, params: { id: deputy.id } });
    assert.equal(await status(theirs), 401);
  });

  it('is no cookie: no page and no operation takes it for a session', async () => {
    const { token } = await issue(['person.read', 'self']);
    const before = await readTables(served.test.store);
    for (const name of ['listPeople', 'showMe', 'listMySessions', 'signOut'] as const) {
      const answer = await served.api(name, { cookie: token });
      assert.equal(answer.json.code, 'no-session', name);
    }
    const cookie = `sallyport-session=${token}`;
    for (const route of served.routes.filter(
      ({ door, method }) => door === 'web' && method === 'GET',
    )) {
      if (route.path.startsWith('/assets')) continue;
      const answer = await served.send({ path: placeOf(route), headers: { cookie } });
      assert.doesNotMatch(answer.text, /root/, route.path);
    }
    for (const path of Object.keys(formSamples)) {
      if (!path.startsWith('/me/')) continue;
      const answer = await served.send({
        method: 'POST',
        path: placeOf({ path }),
        headers: {
          cookie,
          origin: served.origin,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: `${new URLSearchParams({ ...formSamples[path], csrf: served.csrf(token) })}`,
      });
      assert.ok(answer.status === 303 || answer.status >= 400, path);
      assert.match(answer.headers.get('location') ?? '/enrol', /^\/(signin|enrol)/, path);
    }
    const after = await readTables(served.test.store);
    const things = ['subject', 'proof', 'session', 'known_device', 'identifier'];
    for (const table of things) assert.deepEqual(after[table], before[table], table);
    assert.equal(await status(token), 200);
  });

  it('is taken from its header alone, once, and not beside a cookie', async () => {
    const { token } = await issue(['person.read']);
    const path = '/api/v1/people';
    for (const [what, knock, expected] of [
      ['in the query', { path: `${path}?access_token=${token}` }, 401],
      ['in a header of its own', { path, headers: { 'x-access-token': token } }, 401],
      ['in a proxy’s header', { path, headers: { 'proxy-authorization': `Bearer ${token}` } }, 401],
      ['as Basic', { path, headers: { authorization: `Basic ${btoa(`${token}:`)}` } }, 401],
      ['bare', { path, headers: { authorization: token } }, 401],
      ['twice', { path, headers: { authorization: `Bearer ${token}, Bearer ${token}` } }, 401],
      ['with more', { path, headers: { authorization: `Bearer ${token} x` } }, 401],
      [
        'beside a cookie',
        {
          path,
          headers: { authorization: `Bearer ${token}`, cookie: `sallyport-session=${admin}` },
        },
        400,
      ],
      ['rightly', { path, headers: { authorization: `Bearer ${token}` } }, 200],
      ['in other letters', { path, headers: { authorization: `bearer ${token}` } }, 200],
    ] as const) {
      assert.equal((await served.send(knock)).status, expected, what);
    }
    assert.doesNotMatch(served.logged.join(''), new RegExp(token));
  });

  it('is nothing else of ours under another name', async () => {
    const { token, id } = await issue(['person.read']);
    const browser = served.browser();
    await browser.get('/signin');
    const { json } = await served.api('beginAttempt', {
      body: { to: 'signIn', identifier: 'root' },
    });
    for (const other of [
      id,
      token.replace('spt_', 'sps_').replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
      token.replace('spt_', 'spd_'),
      token.replace('spt_', 'spa_'),
      token.toUpperCase(),
      `${token}=`,
      json.attempt.token,
      json.attempt.id,
      browser.cookies.get('sallyport-flow') ?? '',
    ]) {
      assert.equal(await status(other), 401, other);
    }
    const proof = { kind: 'password', data: { password: root.password } };
    const params = { id: json.attempt.id };
    for (const attempt of [token, admin, json.attempt.id]) {
      const answer = await served.api('offerProof', { params, body: { attempt, proof } });
      assert.equal(answer.json.code, 'attempt-over');
    }
  });
});
