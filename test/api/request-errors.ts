/** What can be wrong with a request, whatever it asks for, and with who asks. */
import assert from 'node:assert/strict';
import { type ProblemCode, problems } from '@sallyport/contract/problems.ts';
import { browserKey } from '../support/browser-key.ts';
import { rawExchange } from '../support/http-listener.ts';
import { enrolledPerson, signIn as signInAsPerson } from '../support/people.ts';
import { type ApiHouse, openApiHouse } from './api-house.ts';
import { NOBODY, type Stage } from './error-stage.ts';
import { signIn } from './people.ts';

/** Of someone who signed in by a page, which then showed a key. */
async function browserSession(api: ApiHouse): Promise<string> {
  const { session } = await signInAsPerson(api, await enrolledPerson(api, 'with-a-key'), {
    ...api.arrival(),
    bindable: true,
  });
  const { bound } = api.house.gate;
  const arrival = api.arrival();
  const toSign = await bound.toSign(session.token, arrival);
  assert.ok(toSign?.state === 'done');
  const key = browserKey();
  const { nonce } = toSign;
  const signature = key.sign('bind', arrival.origin ?? '', toSign.session, nonce);
  const shown = { nonce, signature, key: key.point };
  assert.equal((await bound.show(session.token, shown, arrival)).state, 'done');
  return session.token;
}

export function requestErrors(stage: Stage): void {
  const { meets } = stage;
  const raw = (lines: string[], body = '') =>
    rawExchange(
      stage.api.listener.port,
      `${lines.join('\r\n')}\r\nconnection: close\r\n\r\n${body}`,
    );
  const host = () => `host: localhost:${stage.api.listener.port}`;
  const told = (answer: string, code: ProblemCode) => {
    assert.ok(answer.startsWith(`HTTP/1.1 ${problems[code].status} `), answer.slice(0, 200));
    assert.ok(answer.includes(`"code":"${code}"`), answer);
  };

  meets(['bad-request'], 'JSON that is none, is doubled, or is too deep', async () => {
    const bodies = ['{', '{"to":"signIn","to":"enrol"}', '['.repeat(40) + ']'.repeat(40), ''];
    for (const body of bodies) {
      const response = await fetch(stage.api.url('/attempts'), {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      });
      assert.equal(((await response.json()) as { code: string }).code, 'bad-request');
    }
    // A body where none belongs.
    await stage.api.problem('bad-request', 'signOut', { token: stage.admin, body: {} });
    const doubled = await fetch(stage.api.url('/people?limit=1&limit=2'), {
      headers: { authorization: `Bearer ${stage.admin}` },
    });
    assert.equal(((await doubled.json()) as { code: string }).code, 'bad-request');
  });
  meets(['not-valid'], 'a field that is missing, wrong, or not ours', async () => {
    const { body } = await stage.api.problem('not-valid', 'addPerson', {
      token: stage.admin,
      body: { identifier: 7, roles: ['king'], userId: stage.boss.id },
    });
    assert.deepEqual(body.fields, [
      { path: 'identifier', must: 'be a text' },
      { path: 'displayName', must: 'be there' },
      { path: 'roles.0', must: 'be one of administrator, operator, auditor, viewer' },
      { path: 'userId', must: 'not be there' },
    ]);
  });
  meets(['cursor-not-valid'], 'a cursor that we did not write', () =>
    stage.api.problem('cursor-not-valid', 'listPeople', {
      token: stage.admin,
      query: { cursor: 'AAAA' },
    }),
  );
  meets(['key-not-valid'], 'a key of four letters', () =>
    stage.api.problem('key-not-valid', 'addPerson', { ...stage.add({}), key: 'abcd' }),
  );
  meets(['key-reused'], 'a key that stands for another request', async () => {
    await stage.api.done('addPerson', {
      ...stage.add({ identifier: 'first' }),
      key: 'once-and-again',
    });
    await stage.api.problem('key-reused', 'addPerson', { ...stage.add({}), key: 'once-and-again' });
  });
  meets(
    ['not-found'],
    'an id that is nobody’s, an id that is none, an address that is none',
    async () => {
      await stage.api.problem('not-found', 'showPerson', {
        token: stage.admin,
        params: { id: NOBODY },
      });
      await stage.api.problem('not-found', 'showPerson', {
        token: stage.admin,
        params: { id: 'ada' },
      });
      const response = await fetch(stage.api.url('/nowhere'));
      assert.equal(((await response.json()) as { code: string }).code, 'not-found');
    },
  );
  meets(['method-not-allowed'], 'a method that the address does not know', async () => {
    const response = await fetch(stage.api.url('/people'), { method: 'DELETE' });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get('allow'), 'GET, HEAD, POST');
    assert.equal(((await response.json()) as { code: string }).code, 'method-not-allowed');
  });
  meets(['too-slow'], 'headers that never end, told in plain text', async () => {
    const slow = await openApiHouse(
      {},
      { limits: { headersMs: 100, requestMs: 200, checkMs: 20 } },
    );
    const answer = await rawExchange(slow.listener.port, 'GET /api/v1/me HTTP/1.1\r\nhost: x\r\n');
    await slow.close();
    assert.match(answer, /^HTTP\/1\.1 408 .*\r\n\r\n408 too-slow\n$/s);
  });
  meets(['headers-too-large'], 'a header of 20 kB, told in plain text', async () => {
    const lines = ['GET /api/v1/me HTTP/1.1', host(), `x-long: ${'x'.repeat(20_000)}`];
    assert.match(await raw(lines), /^HTTP\/1\.1 431 .*\r\n\r\n431 headers-too-large\n$/s);
  });
  meets(['too-large'], 'a body of 100 kB', () =>
    stage.api.problem('too-large', 'addPerson', stage.add({ displayName: 'x'.repeat(100_000) })),
  );
  meets(['address-too-long'], 'an id of 300 characters', () =>
    stage.api.problem('address-too-long', 'showPerson', {
      token: stage.admin,
      params: { id: 'x'.repeat(300) },
    }),
  );
  meets(['media-type'], 'a form, and JSON that says it is text', async () => {
    for (const type of ['application/x-www-form-urlencoded', 'text/plain']) {
      const response = await fetch(stage.api.url('/attempts'), {
        method: 'POST',
        body: 'to=signIn',
        headers: { 'content-type': type },
      });
      assert.equal(response.status, 415);
      assert.equal(((await response.json()) as { code: string }).code, 'media-type');
    }
  });
  meets(['misdirected'], 'another server’s name in Host', async () => {
    told(await raw(['GET /api/v1/me HTTP/1.1', 'host: evil.example']), 'misdirected');
  });
  meets(['no-session'], 'no token, a made-up one, and another scheme', async () => {
    const bare = await stage.api.problem('no-session', 'showMe');
    assert.equal(bare.headers.get('www-authenticate'), 'Bearer realm="sallyport"');
    const token = `sps_${'A'.repeat(65)}`;
    const wrong = await stage.api.problem('no-session', 'showMe', { token });
    assert.match(wrong.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
    await stage.api.problem('no-session', 'showMe', { headers: { authorization: 'Basic YTpi' } });
  });
  meets(
    ['unproven-key'],
    'the token of a browser’s session without the key of that browser',
    async () => {
      const bound = await browserSession(stage.api);
      await stage.api.problem('unproven-key', 'showMe', { token: bound });
    },
  );
  meets(['two-credentials'], 'a bearer token and a cookie', () =>
    stage.api.problem('two-credentials', 'showMe', {
      token: stage.admin,
      headers: { cookie: `sallyport-session=${stage.admin}` },
    }),
  );
  meets(['not-from-here'], 'a cookie and no token of our pages', () =>
    stage.api.problem('not-from-here', 'signOut', {
      headers: { cookie: `sallyport-session=${stage.admin}`, origin: stage.api.listener.origin },
    }),
  );
  meets(
    ['fresh-proof-needed'],
    'a token issued six minutes after the passkey was shown',
    async () => {
      const token = await signIn(stage.api, stage.boss);
      stage.api.clock.advance(6 * 60_000);
      await stage.api.problem('fresh-proof-needed', 'issueToken', {
        token,
        body: { owner: stage.boss.id, scope: ['operate'] },
      });
      stage.admin = await signIn(stage.api, stage.boss);
    },
  );
  meets(['not-permitted'], 'someone without a role', async () => {
    await stage.api.problem('not-permitted', 'listPeople', {
      token: await signIn(stage.api, stage.ada),
    });
  });
  meets(['unknown-action'], 'a fresh proof for what nobody can do', () =>
    stage.api.problem('unknown-action', 'beginAttempt', {
      token: stage.admin,
      body: { to: 'stepUp', action: 'person.promote' },
    }),
  );
}
