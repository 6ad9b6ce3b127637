/**
 * What is tried with tokens: showing those of others, forging ours, asking about what is not one's own, and exchanging one for more
 * than it was (RFC 7662 §4, RFC 8693 §5, RFC 8725, RFC 9700 §4.9).
 */
import assert from 'node:assert/strict';
import { createHmac, createPublicKey } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { DAY } from '../../server/kernel/clock.ts';
import { listProcessProofs } from '../../server/proofs/process-held.ts';
import type { Resource } from '../../server/subjects/resource.ts';
import {
  ACCESS_TOKEN,
  API,
  claimsIn,
  EXCHANGE,
  type Keyed,
  type OAuthHouse,
  openOAuthHouse,
  shownBy,
} from '../oauth/oauth-house.ts';
import { count, eventsOf } from '../support/events.ts';
import { encode, ISSUER, makeKey, signJws } from '../support/processes.ts';

const STORE = 'https://store.example/';

describe('with tokens', () => {
  let house: OAuthHouse;
  let api: Resource;
  let store: Resource;
  let caller: Keyed;
  let server: Keyed;
  let stranger: Keyed;
  before(async () => {
    house = await openOAuthHouse();
    api = await house.api();
    store = await house.api('store', { audience: STORE });
    caller = await house.keyed('caller', [
      [api, 'read', 'write', 'pay'],
      [store, 'read', 'pay'],
    ]);
    server = await house.keyed('server', [
      [api, 'introspect'],
      [store, 'read', 'pay'],
    ]);
    stranger = await house.keyed('stranger', [[store, 'read', 'introspect']]);
  });
  after(() => house.close());

  const tokenOf = async (by: Keyed, form: Record<string, string> = {}) =>
    (await house.token(by, { resource: API, ...form })).body.access_token as string;
  const ask = (token: string, by: Keyed) =>
    house.post('/introspect', { token, ...shownBy(house, by) });
  const exchange = (by: Keyed, subject: string, form: Record<string, string> = {}) =>
    house.token(by, {
      grant_type: EXCHANGE,
      subject_token: subject,
      subject_token_type: ACCESS_TOKEN,
      resource: STORE,
      scope: 'read',
      ...form,
    });

  test('no forgery of ours is active: no algorithm, another, our public key as a secret', async () => {
    const token = await tokenOf(caller);
    const [head = '', body = '', tail = ''] = token.split('.');
    const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString());
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
    const jwk = house.house.signing.jwks().keys.find((key) => key.kid === kid)!; // It signed the token.
    const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({
      format: 'pem',
      type: 'spki',
    });
    const hmac = (secret: string | Buffer) => {
      const signed = `${encode({ alg: 'HS256', typ: 'at+jwt', kid })}.${body}`;
      return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
    };
    const own = makeKey();
    const forged = [
      `${encode({ alg: 'none', typ: 'at+jwt', kid })}.${body}.`,
      `${encode({ alg: 'None', typ: 'at+jwt', kid })}.${body}.${tail}`,
      hmac(pem),
      hmac(JSON.stringify(jwk)),
      signJws(own, { alg: 'ES256', typ: 'at+jwt', kid }, claims),
      signJws(own, { alg: 'ES256', typ: 'at+jwt', kid: 'mine' }, claims),
      signJws(own, { alg: 'ES256', typ: 'at+jwt', jwk: own.jwk }, claims),
      `${head}.${encode({ ...claims, scope: 'read write pay introspect' })}.${tail}`,
      // Ours, and no access tokens (RFC 8725 §3.11).
      house.house.signing.sign('ES256', { typ: 'JWT' }, claims),
      house.house.signing.sign('ES256', { typ: 'statuslist+jwt' }, claims),
      house.house.signing.sign(
        'ES256',
        { typ: 'at+jwt' },
        { ...claims, iss: 'https://other.example' },
      ),
      house.house.signing.sign('ES256', { typ: 'at+jwt' }, { ...claims, gid: 'x' }),
    ];
    const seen = await eventsOf(house, async () => {
      for (const each of forged) {
        assert.deepEqual((await ask(each, server)).body, { active: false }, each);
      }
      assert.equal((await ask(token, server)).body.active, true);
    });
    // Who asks about what is none of ours enters nothing.
    assert.equal(count(seen, 'entry.granted'), 1);
  });

  test('the token of one API says nothing to another, and lets nobody ask', async () => {
    const token = await tokenOf(caller);
    const seen = await eventsOf(house, async () => {
      // It is an API, and not this one.
      assert.deepEqual((await ask(token, stranger)).body, { active: false });
      // It is no API at all.
      const bystander = await house.keyed('bystander', [[api, 'read']]);
      assert.deepEqual((await ask(token, bystander)).body, { active: false });
      const own = await tokenOf(caller, { scope: 'read' });
      const bearer = { authorization: `Bearer ${own}` };
      assert.equal((await house.post('/introspect', { token }, bearer)).status, 401);
      assert.equal((await ask(token, server)).body.active, true);
    });
    assert.equal(count(seen, 'entry.granted'), 2);
  });

  test('a token is exchanged only by whom it was shown to or given to (RFC 8693 §2.1)', async () => {
    const token = await tokenOf(caller, { scope: 'read' });
    const seen = await eventsOf(house, async () => {
      // Wherever the stranger has it from.
      const { status, body } = await exchange(stranger, token);
      assert.deepEqual([status, body], [400, { error: 'invalid_request' }]);
      assert.equal((await exchange(server, token)).status, 200);
    });
    assert.equal(count(seen, 'entry.refused'), 1);
    assert.equal(count(seen, 'token.exchanged'), 1);
  });

  test('an exchange gives no more than the token had, nor than the one who asks has', async () => {
    const little = await tokenOf(caller, { scope: 'read' });
    const much = await tokenOf(caller, { scope: 'read write pay' });
    const seen = await eventsOf(house, async () => {
      const wider = [
        // The token has no `pay`, the service has.
        await exchange(server, little, { scope: 'pay' }),
        await exchange(server, little, { scope: 'read pay' }),
        // The token has `write`, the service has not.
        await exchange(server, much, { scope: 'write' }),
        await exchange(server, much, { scope: 'read introspect' }),
      ];
      for (const { status, body } of wider) {
        assert.deepEqual([status, body], [400, { error: 'invalid_scope' }]);
      }
      // An API that policy does not list it for.
      const back = await exchange(server, much, { resource: API, scope: 'read' });
      assert.notEqual(back.status, 200);
      assert.equal((await exchange(server, much, { scope: 'pay' })).body.scope, 'pay');
    });
    assert.equal(count(seen, 'token.exchanged'), 1);
    assert.ok(count(seen, 'entry.refused') >= 5);
  });

  test('an exchange lends nobody an API that they may not enter themselves (RFC 8693 §5)', async () => {
    // `pay` of one API is not `pay` of another, whatever they are called.
    const outsider = await house.keyed('outsider', [[api, 'read', 'pay']]);
    const reader = await house.keyed('little-reader', [
      [api, 'read', 'pay'],
      [store, 'read'],
    ]);
    const tokens = await Promise.all(
      [outsider, reader, caller].map((by) => tokenOf(by, { scope: 'read pay' })),
    );
    const [ofOutsider = '', ofReader = '', ofCaller = ''] = tokens;
    const seen = await eventsOf(house, async () => {
      const none = await exchange(server, ofOutsider);
      assert.deepEqual([none.status, none.body], [400, { error: 'unauthorized_client' }]);
      const little = await exchange(server, ofReader, { scope: 'pay' });
      assert.deepEqual([little.status, little.body], [400, { error: 'invalid_scope' }]);
      assert.equal((await exchange(server, ofReader)).body.scope, 'read');
      assert.equal((await exchange(server, ofCaller, { scope: 'pay' })).body.scope, 'pay');
    });
    assert.equal(count(seen, 'token.exchanged'), 2);
    assert.equal(count(seen, 'entry.refused'), 2);
    // Nor once they were: what they may do there is asked each time.
    const { processes, store: rows } = house.house;
    const entries = [{ resource: api.id, scopes: ['read', 'pay'] }];
    await rows.write((tx) => processes.change(tx, reader.process.id, { entries }, { door: 'cli' }));
    const now = await tokenOf(reader, { scope: 'read' });
    assert.deepEqual((await exchange(server, now)).body, { error: 'unauthorized_client' });
  });

  test('a token that was exchanged lets nobody ask in the place of an API', async () => {
    const first = await house.keyed('first-api', [
      [api, 'introspect', 'read'],
      [store, 'introspect', 'read'],
    ]);
    const second = await house.keyed('second-api', [
      [api, 'introspect'],
      [store, 'introspect', 'read'],
    ]);
    const subject = await tokenOf(first, { scope: 'introspect read' });
    const { body } = await exchange(second, subject, { scope: 'introspect read' });
    const theirs = await tokenOf(stranger, { resource: STORE, scope: 'read' });
    const asking = (by: string) =>
      house.post('/introspect', { token: theirs }, { authorization: `Bearer ${by}` });
    const seen = await eventsOf(house, async () => {
      assert.equal((await asking(body.access_token)).status, 401);
      const own = await tokenOf(second, { resource: STORE, scope: 'introspect' });
      assert.equal((await asking(own)).body.active, true);
    });
    assert.equal(count(seen, 'entry.granted'), 1);
  });

  /** What anyone may read of grants that ended. */
  async function listed(token: string): Promise<boolean> {
    house.clock.advance(3000);
    const text = await (await house.fetch(`${ISSUER}/status`)).text();
    return (claimsIn(text).ended as string[]).includes(String(claimsIn(token).gid));
  }

  test('what a process got in exchange ends with its key, and with its listing, at once', async () => {
    const { store: rows, processActs, processes } = house.house;
    const cli = { door: 'cli' } as const;
    const reader = await house.keyed('store-api', [[store, 'introspect']]);
    for (const [name, take] of [
      [
        'key-stolen',
        async ({ process: { id } }: Keyed) => {
          const [proof] = await rows.read((q) => listProcessProofs(q, id));
          return rows.write((tx) => processActs.removeProof(tx, id, proof!.id, cli)); // It has one.
        },
      ],
      [
        'unlisted',
        async ({ process: { id } }: Keyed) =>
          rows.write((tx) => processes.change(tx, id, { entries: [] }, cli)),
      ],
    ] as const) {
      const actor = await house.keyed(name, [
        [api, 'introspect'],
        [store, 'read'],
      ]);
      // Long after it was added: it is its change that tells, not its age.
      house.clock.advance(2 * DAY);
      const subject = await tokenOf(caller, { scope: 'read' });
      const theirs = (await exchange(actor, subject)).body.access_token as string;
      const others = (await exchange(server, subject)).body.access_token as string;
      assert.equal((await ask(theirs, reader)).body.active, true);
      assert.equal(await listed(theirs), false);
      const taken = await take(actor);
      assert.ok(taken.ok, JSON.stringify(taken));
      assert.deepEqual((await ask(theirs, reader)).body, { active: false }, name);
      assert.equal(await listed(theirs), true, name);
      // What it was exchanged for is another's, and so is what another exchanged it for.
      for (const [token, by] of [
        [subject, server],
        [others, reader],
      ] as const) {
        assert.equal((await ask(token, by)).body.active, true, name);
        assert.equal(await listed(token), false, name);
      }
    }
  });

  test('what is for a resource ends with it, in the list too, and comes back with none', async () => {
    const cli = { door: 'cli' } as const;
    const gone = 'https://gone.example/';
    const added = await house.api('gone', { audience: gone });
    const holder = await house.keyed('holder', [
      [added, 'read'],
      [api, 'read', 'introspect'],
    ]);
    house.clock.advance(2 * DAY);
    const theirs = await tokenOf(holder, { resource: gone, scope: 'read' });
    const deputy = await house.keyed('deputy', [
      [api, 'read'],
      [added, 'read'],
    ]);
    const subject = await tokenOf(deputy, { resource: API, scope: 'read' });
    const exchanged = await exchange(holder, subject, { resource: gone });
    const token = exchanged.body.access_token as string;
    const unrelated = await tokenOf(caller, { scope: 'read' });
    assert.deepEqual([await listed(theirs), await listed(token)], [false, false]);
    const removed = await house.house.store.write((tx) =>
      house.house.resourceActs.remove(tx, 'gone', cli),
    );
    assert.ok(removed.ok);
    assert.deepEqual([await listed(theirs), await listed(token)], [true, true]);
    const again = await house.api('gone', { audience: gone });
    const heir = await house.keyed('heir', [[again, 'introspect', 'read']]);
    for (const each of [theirs, token]) {
      assert.deepEqual((await ask(each, heir)).body, { active: false });
    }
    assert.equal(await listed(unrelated), false);
    assert.equal((await ask(unrelated, server)).body.active, true);
  });

  test('what was revoked, has expired or was forged is exchanged for nothing', async () => {
    const revoked = await tokenOf(caller, { scope: 'read' });
    await house.post('/revoke', { token: revoked, ...shownBy(house, caller) });
    const expired = await tokenOf(caller, { scope: 'read' });
    house.clock.advance(600_000);
    const good = await tokenOf(caller, { scope: 'read' });
    const spoilt = `${good.slice(0, -4)}AAAA`;
    const seen = await eventsOf(house, async () => {
      for (const token of [revoked, expired, spoilt, 'x', 'a.b.c']) {
        const { status, body } = await exchange(server, token);
        assert.deepEqual([status, body], [400, { error: 'invalid_request' }]);
      }
      assert.equal((await exchange(server, good)).status, 200);
    });
    assert.equal(count(seen, 'token.exchanged'), 1);
  });

  test('who can’t show who they are learns nothing of a token, be it good or not', async () => {
    const token = await tokenOf(caller, { scope: 'read' });
    const forged = { ...server, key: makeKey() };
    const answers = [];
    for (const each of [token, 'nothing']) {
      answers.push(await ask(each, forged), await exchange(forged, each));
      answers.push(await house.post('/revoke', { token: each, ...shownBy(house, forged) }));
    }
    for (const { status, body } of answers) {
      assert.deepEqual([status, body], [401, { error: 'invalid_client' }]);
    }
    assert.equal((await ask(token, server)).body.active, true);
  });

  test('errors have a code and no word more, whatever went wrong', async () => {
    const seen = new Set<string>();
    for (const form of [
      'grant_type=client_credentials&client_id=nobody&client_secret=x',
      'grant_type=client_credentials&client_id=caller&client_secret=x',
      '%',
      'grant_type=%00',
      'grant_type=authorization_code',
      `grant_type=client_credentials&scope=${'a'.repeat(5000)}`,
    ]) {
      const { body } = await house.post('/token', form);
      assert.deepEqual(Object.keys(body), ['error']);
      seen.add(body.error);
    }
    const huge = await house.post('/token', `a=${'b'.repeat(100_000)}`).catch(() => undefined);
    if (huge !== undefined) assert.equal(huge.status, 413);
    assert.ok(!seen.has('server_error'));
    assert.deepEqual(house.notices, []);
  });
});
