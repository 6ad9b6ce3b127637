/** OpenID Connect Core 1.0 §3.1.2.1: authorization requests come by GET and by POST, and mean the same. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { tables } from '../../../server/store/statement.ts';
import { redeem, requestOf, signedIn } from '../../support/code-client.ts';
import {
  CALLBACK,
  type OidcHouse,
  openOidcHouse,
  signInFrom,
  type TestApp,
  wander,
} from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import type { WebAnswer, WebClient } from '../../support/web-client.ts';

const t = tables<{ oidc_state: { key: string } }>();
const everyState = t.statement((db) => db.selectFrom('oidc_state').select('key').orderBy('key'));

const FORM = 'application/x-www-form-urlencoded';

describe('an authorization request that is posted', () => {
  let house: OidcHouse;
  let app: TestApp;
  let ada: TestPerson;
  let browser: WebClient;
  before(async () => {
    house = await openOidcHouse();
    app = await house.addApp('wiki');
    ada = await house.person('ada');
    browser = await signedIn(house, app, ada);
  });
  after(() => house.close());

  /** As the form of another site comes: without our cookies, and saying where it is from. */
  async function post(form: Record<string, string> | string, query = '', type = FORM) {
    const body = typeof form === 'string' ? form : new URLSearchParams(form).toString();
    const response = await fetch(`${house.issuer}/auth${query}`, {
      method: 'POST',
      headers: {
        'content-type': type,
        origin: new URL(CALLBACK).origin,
        'sec-fetch-site': 'cross-site',
      },
      body,
      redirect: 'manual',
    });
    const leads = response.headers.get('location') ?? undefined;
    const answer: WebAnswer = {
      status: response.status,
      location: leads,
      leads,
      text: await response.text(),
      headers: response.headers,
    };
    return answer;
  }

  const follow = async (answer: WebAnswer, as = browser) => {
    assert.equal(answer.status, 303, answer.text);
    return wander(house, as, answer.location?.replace(house.origin, '') ?? '');
  };

  it('is answered with a code like one that is asked for by GET', async () => {
    const { left } = await follow(await post(requestOf(app, { state: 'a state & more+' })));
    assert.equal(left?.searchParams.get('state'), 'a state & more+');
    const { body } = await redeem(house, app, left?.searchParams.get('code') ?? '');
    assert.ok(body.id_token, JSON.stringify(body));
  });

  it('sees who is signed in, without a page where none is wanted', async () => {
    const { left } = await follow(await post(requestOf(app, { prompt: 'none' })));
    assert.ok(left?.searchParams.get('code'));
    const nobody = await follow(await post(requestOf(app, { prompt: 'none' })), house.browser());
    assert.equal(nobody.left?.searchParams.get('error'), 'login_required');
  });

  it('leads whoever is nobody yet through a sign-in, and back', async () => {
    const fresh = house.browser();
    const { left, at } = await follow(await post(requestOf(app)), fresh);
    assert.equal(left, undefined);
    assert.match(at, /^\/signin/);
    const done = await signInFrom(house, fresh, ada);
    assert.ok(done.left?.searchParams.get('code'), done.page.text);
  });

  it('tells errors where a request by GET does: at the application, or on a page of ours', async () => {
    const wrong = await follow(await post(requestOf(app, { code_challenge_method: 'plain' })));
    assert.equal(wrong.left?.searchParams.get('error'), 'invalid_request');
    const away = await follow(
      await post(requestOf(app, { redirect_uri: 'https://evil.example/' })),
    );
    assert.equal(away.left, undefined);
    assert.equal(away.page.status, 400);
  });

  async function refused(answer: WebAnswer, what: string) {
    assert.equal(answer.status, 400, what);
    assert.equal(answer.location, undefined, what);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/html/, what);
  }

  it('is refused with any parameter twice, alike or not (RFC 6749 §3.1)', async () => {
    for (const [name, value] of Object.entries(requestOf(app))) {
      for (const again of [value, 'other', '']) {
        const form = `${new URLSearchParams(requestOf(app))}&${name}=${encodeURIComponent(again)}`;
        await refused(await post(form), `${name}=${again}`);
      }
    }
  });

  it('is refused with parameters in its address as well: they could say something else', async () => {
    await refused(await post(requestOf(app), '?redirect_uri=https%3A%2F%2Fevil.example%2F'), 'one');
    await refused(await post('', `?${new URLSearchParams(requestOf(app))}`), 'all');
    await refused(await post(requestOf(app), '?'), 'an empty one');
  });

  it('is refused when it is no form, or none that can be read in one way', async () => {
    const form = String(new URLSearchParams(requestOf(app)));
    await refused(await post(form, '', 'text/plain'), 'text');
    await refused(await post(JSON.stringify(requestOf(app)), '', 'application/json'), 'JSON');
    await refused(await post(form, '', `${FORM}; charset=utf-7`), 'charset');
    for (const more of ['&=x', '&x=%', '&x=%ff', '&x=%00', '&__proto__=x', '&&']) {
      await refused(await post(form + more), more);
    }
  });

  it('is refused when it is larger than an honest one, in one parameter, in number or in all', async () => {
    const large = (length: number) => 'x'.repeat(length);
    await refused(await post(requestOf(app, { state: large(1025) })), 'one parameter');
    await refused(await post(requestOf(app, { claims: large(8000) })), 'all');
    await refused(await post(requestOf(app, { claims: '"'.repeat(4000) })), 'once it is encoded');
    const many = Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`x${n}`, 'y']));
    await refused(await post({ ...requestOf(app), ...many }), 'number');
    await refused(await post({ ...requestOf(app), x: large(64 * 1024) }), 'bytes');
    const { left } = await follow(await post(requestOf(app, { state: large(1024) })));
    assert.equal(left?.searchParams.get('state'), large(1024));
  });

  it('leaves nothing behind by itself, however often it comes', async () => {
    const rows = () => house.house.store.read((q) => q.all(everyState, {}));
    const before = await rows();
    for (let n = 0; n < 100; n++) {
      const { headers } = await post(requestOf(app));
      assert.equal(headers.get('set-cookie'), null);
    }
    assert.deepEqual(await rows(), before);
    await follow(await post(requestOf(app)), house.browser());
    assert.ok((await rows()).length > before.length);
  });
});
