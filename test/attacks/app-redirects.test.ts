/**
 * Codes led elsewhere (T1528; RFC 9700 §4.1, §4.11): an address that looks like the registered one and is another. What is not
 * registered, letter by letter, is never redirected to: not with a code, and not with an error.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type * as oidc from 'openid-client';
import { count, eventsOf } from '../support/events.ts';
import {
  authorize,
  begin,
  CALLBACK,
  type OidcHouse,
  openOidcHouse,
  signInFrom,
  wander,
} from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';

const TRICKS = [
  'https://evil.example/callback',
  `${CALLBACK}/`,
  `${CALLBACK}x`,
  `${CALLBACK}/../evil`,
  `${CALLBACK}?x=1`,
  `${CALLBACK}#x`,
  `${CALLBACK}%00`,
  `${CALLBACK}%2f..%2fevil`,
  `${CALLBACK}\\evil`,
  `${CALLBACK} `,
  ` ${CALLBACK}`,
  `${CALLBACK}\n`,
  'https://app.example.com/Callback',
  'https://APP.example.com/callback',
  'HTTPS://app.example.com/callback',
  'https://app.example.com:443/callback',
  'https://app.example.com:8443/callback',
  'https://app.example.com./callback',
  'https://app.example.com/%63allback',
  'https://app.example.com//callback',
  'https://app.example.com/./callback',
  'http://app.example.com/callback',
  '//app.example.com/callback',
  'https:/app.example.com/callback',
  'https:app.example.com/callback',
  'https://app.example.com@evil.example/callback',
  'https://evil.example@app.example.com/callback',
  'https://user:pass@app.example.com/callback',
  'https://app.example.com.evil.example/callback',
  'https://app.example.com%2eevil.example/callback',
  'https://app.example.com%00.evil.example/callback',
  'https://evil.example/https://app.example.com/callback',
  'https://evil.example?https://app.example.com/callback',
  'https://evil.example#https://app.example.com/callback',
  'https://evil.example\\@app.example.com/callback',
  'https://app.example.com\\.evil.example/callback',
  'https://appXexample.com/callback',
  'https://app.example.com/callbac.',
  'https://app.example.com/callback.*',
  'https://app.example.com/call[a-z]ack',
  'https://аpp.example.com/callback',
  'https://app。example.com/callback',
  'javascript:alert(1)//https://app.example.com/callback',
  'data:text/html,x',
  'com.example.app:/callback',
  'http://127.0.0.1/callback',
  'http://localhost/callback',
  'null',
];

describe('a redirect address', () => {
  let house: OidcHouse;
  let config: oidc.Configuration;
  let ada: TestPerson;
  before(async () => {
    house = await openOidcHouse();
    config = await (await house.addApp('wiki')).config();
    ada = await house.person('ada');
  });
  after(() => house.close());

  it('that is not registered is not gone to, with a code or an error, however it is written', async () => {
    const seen = await eventsOf(house, async () => {
      const browser = house.browser();
      const right = await begin(config);
      await authorize(house, browser, right.url, ada);
      for (const redirect_uri of TRICKS) {
        for (const more of [{}, { prompt: 'none' }, { response_type: 'token' }]) {
          const { url } = await begin(config, { redirect_uri, ...more });
          const { left, page } = await wander(house, browser, url.href);
          assert.equal(left, undefined, `${redirect_uri} was gone to: ${left?.href}`);
          assert.equal(page.status, 400, redirect_uri);
          assert.doesNotMatch(page.text, /evil\.example/, 'and not a link to it either');
        }
      }
    });
    assert.ok(seen.some(({ type, data }) => type === 'app.refused' && data.at === 'authorization'));
    assert.equal(count(seen, 'entry.granted'), 1);
  });

  it('comes once and is not left out', async () => {
    house.clock.advance(60_000); // What is refused is told once a minute.
    const seen = await eventsOf(house, async () => {
      const { url } = await begin(config);
      await authorize(house, house.browser(), url, ada);
      const doubled = `${url.href}&redirect_uri=${encodeURIComponent('https://evil.example/')}`;
      const twice = await wander(house, house.browser(), doubled);
      assert.equal(twice.left, undefined);
      url.searchParams.delete('redirect_uri');
      const none = await wander(house, house.browser(), url.href);
      assert.equal(none.left, undefined);
      assert.equal(none.page.status, 400);
    });
    assert.ok(count(seen, 'app.refused', 'refused') + count(seen, 'entry.refused', 'refused') >= 1);
    assert.equal(count(seen, 'entry.granted'), 1);
  });

  it('of a program on a computer may have the port that it got, and nothing else of its own', async () => {
    const native = await house.addApp('native', { redirectUris: ['http://127.0.0.1/callback'] });
    const nativeConfig = await native.config();
    const browser = house.browser();
    const seen = await eventsOf(house, async () => {
      const good = await begin(nativeConfig, { redirect_uri: 'http://127.0.0.1:49152/callback' });
      await wander(house, browser, good.url.href);
      const asked = await signInFrom(house, browser, ada);
      const yes = await browser.post(asked.at, { answer: 'yes' });
      const { left } = await wander(house, browser, yes);
      assert.equal(`${left?.origin}${left?.pathname}`, 'http://127.0.0.1:49152/callback');
      for (const redirect_uri of [
        'http://127.0.0.1:49152/callback2',
        'http://127.0.0.1:49152@evil.example/callback',
        'http://127.0.0.1:0x50/callback',
        'http://127.0.0.1:/callback',
        'http://localhost:49152/callback',
        'http://127.0.0.2:49152/callback',
        'http://[::1]:49152/callback',
        'https://127.0.0.1:49152/callback',
      ]) {
        const { url } = await begin(nativeConfig, { redirect_uri });
        const answer = await wander(house, browser, url.href);
        assert.equal(answer.left, undefined, redirect_uri);
      }
    });
    assert.ok(seen.some(({ type, data }) => type === 'app.refused' && data.app === native.id));
    assert.equal(count(seen, 'entry.granted'), 1);
  });
});
