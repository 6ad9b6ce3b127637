/** A page of ours that calls the API with the session cookie (OWASP CSRF; Fetch Metadata; RFC 6750 §2). */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ApiHouse, openApiHouse } from './api-house.ts';
import { type ApiPerson, enrolled, signIn } from './people.ts';

const ORIGIN = 'http://localhost:8080';

describe('a page of ours', () => {
  let api: ApiHouse;
  let ada: ApiPerson;
  let token: string;
  before(async () => {
    // Where browsers know us, as behind a proxy.
    api = await openApiHouse({}, { origin: ORIGIN });
    ada = await enrolled(api, 'ada');
    token = await signIn(api, ada);
  });
  after(() => api.close());

  const from = (change: Record<string, string> = {}) => ({
    headers: {
      cookie: `sallyport-session=${token}`,
      origin: ORIGIN,
      'sec-fetch-site': 'same-origin',
      'x-csrf-token': api.csrf.issue({ session: token }),
      ...change,
    },
  });

  test('reads and changes with its cookie, when it carries the token of its session', async () => {
    const me = await api.done('showMe', from());
    assert.equal(me.identifier, 'ada');
    assert.deepEqual(await api.done('endMyOtherSessions', from()), { ended: 0 });
  });

  test('a change is refused without that token, or with one of another session', async () => {
    for (const wrong of ['', 'AAAA', api.csrf.issue({ session: 'sps_other' })]) {
      await api.problem('not-from-here', 'endMyOtherSessions', from({ 'x-csrf-token': wrong }));
    }
  });

  test('a change is refused when another site started it, or when the browser does not say who did', async () => {
    for (const foreign of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      await api.problem('not-from-here', 'endMyOtherSessions', from(foreign));
    }
    const { headers } = from();
    const { origin: _, 'sec-fetch-site': __, ...silent } = headers;
    await api.problem('not-from-here', 'endMyOtherSessions', { headers: silent });
    await api.done('showMe', { headers: silent });
    await api.problem('not-from-here', 'showMe', from({ 'sec-fetch-site': 'cross-site' }));
  });

  test('a cookie that comes twice is refused', async () => {
    const cookie = `sallyport-session=${token}; sallyport-session=${token}`;
    await api.problem('bad-request', 'showMe', { headers: { cookie } });
  });

  test('steps up into a new cookie, and no token is told to scripts of the page', async () => {
    api.clock.advance(6 * 60_000);
    const { attempt } = await api.done('beginAttempt', {
      ...from(),
      body: { to: 'stepUp', action: 'removeProof' },
    });
    const challenge = attempt.challenges.find(({ kind }: { kind: string }) => kind === 'webauthn');
    const { body, headers } = await api.call('offerProof', {
      ...from(),
      params: { id: attempt.id },
      body: {
        attempt: attempt.token,
        proof: { kind: 'webauthn', data: ada.passkey.get(challenge.data, ORIGIN) },
      },
    });
    assert.equal(body.state, 'granted', JSON.stringify(body));
    assert.equal(body.session.token, undefined);
    assert.equal(body.device, undefined);
    const cookie = headers.getSetCookie().find((each) => each.startsWith('sallyport-session='));
    assert.ok(cookie);
    assert.match(
      cookie,
      /^sallyport-session=sps_[^;]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/,
    );
    await api.problem('no-session', 'showMe', from());
    token = /=([^;]+)/.exec(cookie)?.[1] ?? '';
    await api.done('showMe', from());
  });

  test('signs out, and its cookie is taken away', async () => {
    const { headers } = await api.call('signOut', from());
    assert.match(headers.get('set-cookie') ?? '', /^sallyport-session=;.*Max-Age=0$/);
    await api.problem('no-session', 'showMe', from());
  });

  test('no other site is ever let read an answer', async () => {
    const response = await fetch(api.url('/me'), {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' },
    });
    assert.equal(response.headers.get('access-control-allow-origin'), null);
    assert.equal(response.status, 405);
  });
});
