/**
 * More than anyone means to send (CWE-400, CWE-770, CWE-1333; ASVS 2.2.1, 6.2.9): a password of 100 kB, bodies, addresses, queries
 * and headers beyond their bounds, nests, and what arrives too slowly. Each is refused before it costs anything: no hash, no
 * transaction, no row.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { type OperationName, operations } from '@sallyport/contract/api/operations.ts';
import { readTables } from '../store/fill-tables.ts';
import { count, eventsOf } from '../support/events.ts';
import { rawExchange } from '../support/http-listener.ts';
import { enrolledPerson, signIn, type TestPerson } from '../support/people.ts';
import { bodySamples, formSamples, NOBODY, placeOf } from '../support/route-samples.ts';
import { type Answer, openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { workOf } from '../support/work.ts';

const FORM = 'application/x-www-form-urlencoded';
const HUGE = 'x'.repeat(100 * 1024);

describe('too much', () => {
  let served: ServedHouse;
  let ada: TestPerson;
  let session: string;
  before(async () => {
    const limits = { requestMs: 600, headersMs: 300, checkMs: 50 };
    served = await openServedHouse({ listener: { limits } });
    ada = await enrolledPerson(served, 'ada');
    session = (await signIn(served, ada)).session.token;
  });
  after(() => served.close());

  /** Refused with one of these, for nothing: no hash, no transaction, no row. */
  async function free(statuses: readonly number[], what: string, send: () => Promise<Answer>) {
    let status = 0;
    const work = await workOf(served, async () => {
      ({ status } = await send());
    });
    assert.ok(statuses.includes(status), `${what}: ${status}`);
    assert.deepEqual(work, { hashes: 0, reads: 0, writes: 0, statements: [] }, what);
  }

  async function begun(): Promise<{ id: string; token: string }> {
    const { json } = await served.api('beginAttempt', {
      body: { to: 'signIn', identifier: 'ada' },
    });
    return json.attempt;
  }

  it('of a password is refused before it is hashed, at every place where one is typed', async () => {
    const before = await readTables(served.test.store);
    const { id, token } = await begun();
    const untouched = await readTables(served.test.store);
    assert.notDeepEqual(untouched, before);
    const proof = { kind: 'password', data: { password: HUGE } };
    await free([413], 'offerProof', () =>
      served.api('offerProof', { params: { id }, body: { attempt: token, proof } }),
    );
    await free([413], 'beginAttempt', () =>
      served.api('beginAttempt', { body: { to: 'signIn', identifier: 'ada', proof } }),
    );
    await free([413], 'finishMyEnrolment', () =>
      served.api('finishMyEnrolment', {
        token: session,
        params: { id },
        body: { data: { password: HUGE } },
      }),
    );
    for (const [path, names] of [
      ['/signin/step', { kind: 'password', password: HUGE }],
      ['/me/proofs/add/password', { password: HUGE, again: HUGE }],
      ['/enrol', { identifier: HUGE, pass: HUGE }],
      ['/signin', { identifier: HUGE }],
      ['/signin/passkey', { credential: HUGE }],
    ] as const) {
      await free([413], path, () =>
        served.send({
          method: 'POST',
          path,
          headers: { 'content-type': FORM, cookie: `sallyport-session=${session}` },
          body: `${new URLSearchParams({ ...names, csrf: served.csrf(session) })}`,
        }),
      );
    }
    assert.deepEqual(await readTables(served.test.store), untouched);
  });

  it('of a password that fits a body is no password: it is a wrong guess, and is not hashed', async () => {
    for (const password of [
      'x'.repeat(257),
      'x'.repeat(4000),
      'x'.repeat(50_000),
      'é'.repeat(20_000),
    ]) {
      const proof = { kind: 'password', data: { password } };
      const body = { to: 'signIn', identifier: 'ada', proof };
      let answer: Answer | undefined;
      const seen = await eventsOf(served, async () => {
        const { hashes } = await workOf(served, async () => {
          answer = await served.api('beginAttempt', { body });
        });
        assert.equal(hashes, 0);
      });
      assert.equal(answer?.json.code, 'proof-wrong');
      assert.equal(count(seen, 'proof.refused', 'refused'), 1);
      assert.equal(seen[0]?.reason, 'malformed');
      served.clock.advance(3_600_000);
    }
    session = (await signIn(served, ada)).session.token;
  });

  it('of a body is refused by every route that takes one', async () => {
    const cookie = `sallyport-session=${session}`;
    for (const path of Object.keys(formSamples)) {
      const fields = new URLSearchParams({
        ...formSamples[path],
        csrf: served.csrf(session),
        more: HUGE,
      });
      await free([413], path, () =>
        served.send({
          method: 'POST',
          path: placeOf({ path }),
          headers: { 'content-type': FORM, cookie },
          body: `${fields}`,
        }),
      );
    }
    for (const name of Object.keys(bodySamples) as OperationName[]) {
      const { bodyBytes = 64 * 1024 } = { bodyBytes: undefined, ...operations[name] };
      const body = { ...bodySamples[name], more: 'x'.repeat(bodyBytes) };
      await free([413], name, () =>
        served.api(name, { token: session, params: { id: NOBODY }, body }),
      );
    }
  });

  it('of a body that hides its length is refused as soon as it is seen', async () => {
    const chunk = `${(16 * 1024).toString(16)}\r\n${'x'.repeat(16 * 1024)}\r\n`;
    const head = `host: localhost:${served.port}\r\ncontent-type: ${FORM}\r\n`;
    for (const [what, bytes, status] of [
      ['chunks', `transfer-encoding: chunked\r\n\r\n${chunk.repeat(8)}0\r\n\r\n`, 413],
      ['a length that lies upwards', 'content-length: 99999999\r\n\r\ncsrf=x', 413],
      ['a length beyond counting', `content-length: ${'9'.repeat(40)}\r\n\r\n`, 400],
      ['compression', 'content-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x8b\x08\x00', 400],
    ] as const) {
      const answer = await rawExchange(
        served.port,
        `POST /signin HTTP/1.1\r\n${head}connection: close\r\n${bytes}`,
      );
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), what);
    }
  });

  it('of nesting, members or fields is refused before anything is built of it', async () => {
    const nests = {
      objects: `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
      lists: '['.repeat(20_000) + ']'.repeat(20_000),
      'just too deep': `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`,
      unclosed: '{"a":'.repeat(10_000),
    };
    for (const name of Object.keys(bodySamples) as OperationName[]) {
      for (const [what, body] of Object.entries(nests)) {
        const { method, path } = operations[name];
        await free([400], `${name} ${what}`, () =>
          served.send({
            method,
            path: `/api/v1${path.replace('{id}', NOBODY)}`,
            headers: { authorization: `Bearer ${session}`, 'content-type': 'application/json' },
            body,
          }),
        );
      }
    }
    const many = new URLSearchParams(
      Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`f${i}`, 'x'])),
    );
    await free([400], 'fields', () =>
      served.send({
        method: 'POST',
        path: '/signin',
        headers: { 'content-type': FORM },
        body: `${many}`,
      }),
    );
    await free([400], 'a nest in a credential', () =>
      served.send({
        method: 'POST',
        path: '/signin',
        headers: { 'content-type': FORM },
        body: `identifier=${'['.repeat(20_000)}`,
      }),
    );
  });

  it('of lists is told what its bound is, and changes nothing', async () => {
    const before = await readTables(served.test.store);
    const long = Array.from({ length: 5000 }, (_, i) => `g${i}`);
    for (const [name, body] of [
      ['addPerson', { identifier: 'a', displayName: 'a', groups: long }],
      ['addPerson', { identifier: 'a', displayName: 'a', roles: new Array(5000).fill('viewer') }],
      ['issuePass', { networks: long }],
      ['issueToken', { owner: NOBODY, scope: long }],
      ['simulatePolicies', { person: NOBODY, action: 'signIn', shown: new Array(6).fill('totp') }],
    ] as const) {
      const answer = await served.api(name, { token: session, params: { id: NOBODY }, body });
      assert.equal(answer.json.code, 'not-valid', name);
      assert.ok(answer.json.fields.length <= 20);
      assert.ok(answer.text.length < 8000);
    }
    assert.deepEqual(await readTables(served.test.store), before);
  });

  it('of an address, a query or a header is refused', async () => {
    const routes = served.routes.filter(({ path }) => path.includes(':'));
    for (const { method, path } of routes) {
      if (method === 'HEAD') continue;
      const { status } = await served.send({ method, path: path.replace(/:\w+/, 'x'.repeat(257)) });
      assert.ok([404, 405, 414].includes(status), `${method} ${path}: ${status}`);
    }
    const queries = {
      '/signin': `?to=/${'a'.repeat(12_000)}`,
      '/me/activity': `?before=${'a'.repeat(12_000)}`,
      '/api/v1/people': `?cursor=${'a'.repeat(12_000)}`,
      '/api/v1/record/events': `?${Array.from({ length: 65 }, (_, i) => `f${i}=x`).join('&')}`,
    };
    for (const [path, query] of Object.entries(queries)) {
      const headers = { authorization: `Bearer ${session}` };
      const { status } = await served.send({ path: path + query, headers });
      // A place to return to that is none is forgotten; there is no harm in showing the page.
      assert.ok(
        path === '/signin' ? status === 200 : status === 400 || status === 422 || status === 303,
        `${path}: ${status}`,
      );
    }
    for (const headers of [
      { 'x-long': 'x'.repeat(17_000) },
      { cookie: `sallyport-session=${'x'.repeat(17_000)}` },
      { authorization: `Bearer ${'x'.repeat(17_000)}` },
    ]) {
      assert.equal((await served.send({ path: '/signin', headers })).status, 431);
    }
    const cookie = `sallyport-session=${'x'.repeat(9000)}`;
    assert.equal((await served.send({ path: '/me', headers: { cookie } })).status, 400);
    assert.equal((await served.send({ path: '/api/v1/me', headers: { cookie } })).status, 400);
  });

  it('of time is not given: a head or a body that dawdles is cut off, and the house serves others meanwhile', async () => {
    const head = `POST /signin HTTP/1.1\r\nhost: localhost:${served.port}\r\n`;
    const dawdlers = [
      head,
      `${head}content-type: ${FORM}\r\ncontent-length: 100\r\n\r\ncsrf=`,
      `${head}content-type: ${FORM}\r\ntransfer-encoding: chunked\r\n\r\n5\r\ncsrf=\r\n`,
    ].map(
      (bytes) =>
        new Promise<string>((resolve, reject) => {
          const socket = connect(served.port, '127.0.0.1');
          let answer = '';
          socket.on('data', (data) => {
            answer += data.toString('latin1');
          });
          socket.on('error', reject);
          socket.on('close', () => resolve(answer));
          socket.write(bytes);
        }),
    );
    assert.equal((await served.send({ path: '/signin' })).status, 200);
    for (const answer of await Promise.all(dawdlers)) {
      assert.match(answer, /^HTTP\/1\.1 408 /);
    }
  });

  it('of large bodies at once is not read for one network: others, and what is small, are', async () => {
    // Slower than the rest of this test is allowed to be: these are not to be cut off meanwhile.
    const slow = await openServedHouse({ listener: { trustedProxies: ['127.0.0.1', '::1'] } });
    const path = '/api/v1/policies/check';
    const large = JSON.stringify({ files: { 'people.cedar': `//${'x'.repeat(100_000)}` } });
    const head = (network: string) =>
      `POST ${path} HTTP/1.1\r\nhost: localhost:${slow.port}\r\nx-forwarded-for: ${network}\r\n` +
      `content-type: application/json\r\nauthorization: Bearer sps_${'A'.repeat(65)}\r\n`;
    const held = Array.from({ length: 4 }, () => {
      const socket = connect(slow.port, '127.0.0.1');
      socket.write(
        `${head('192.0.2.7')}content-length: ${large.length}\r\n\r\n${large.slice(0, 70_000)}`,
      );
      return socket;
    });
    const ask = (network: string, body: string) =>
      slow.send({
        method: 'POST',
        path,
        headers: { 'x-forwarded-for': network, 'content-type': 'application/json' },
        body,
      });
    let tries = 0;
    // They may arrive after it.
    while ((await ask('192.0.2.7', large)).status !== 503) assert.ok(tries++ < 500);
    assert.equal((await ask('192.0.2.8', large)).status, 401);
    assert.equal((await ask('192.0.2.7', '{"files":{}}')).status, 401);
    for (const socket of held) socket.destroy();
    while ((await ask('192.0.2.7', large)).status !== 401) assert.ok(tries++ < 1000);
    await slow.close();
  });

  it('is one byte more than enough: the longest that is meant is taken', async () => {
    const { id, token } = await begun();
    const most = 64 * 1024;
    const padded = (extra: number) => {
      const body = JSON.stringify({
        attempt: token,
        proof: { kind: 'password', data: { password: ada.password } },
      });
      return body + ' '.repeat(most - body.length + extra);
    };
    const offer = (body: string) =>
      served.send({
        method: 'POST',
        path: `/api/v1/attempts/${id}/proofs`,
        headers: { 'content-type': 'application/json' },
        body,
      });
    assert.equal((await offer(padded(1))).status, 413);
    const seen = await eventsOf(served, async () => {
      assert.equal((await offer(padded(0))).json.state, 'challenged');
    });
    assert.equal(count(seen, 'proof.verified', 'challenged'), 1);
  });
});
