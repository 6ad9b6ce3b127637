/**
 * An application that is told of sign-outs and takes as long as it can to answer, for each of many (OpenID Connect Back-Channel Logout
 * 1.0 §2.5): meanwhile somebody who was shut out must not stay signed in at all the others.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { codeIn, redeem, signedIn } from '../support/code-client.ts';
import { count, eventsOf } from '../support/events.ts';
import { type OidcHouse, openOidcHouse, type TestApp } from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';

describe('an application that takes its time over sign-outs', () => {
  let house: OidcHouse;
  let ada: TestPerson;
  const slow = Promise.withResolvers<boolean>();
  const slowAsked = Promise.withResolvers<void>();
  const quickAsked = Promise.withResolvers<void>();
  const asked: string[] = [];
  before(async () => {
    house = await openOidcHouse({
      parts: {
        post: async (url) => {
          asked.push(url);
          if (url.includes('slow')) {
            slowAsked.resolve();
            return slow.promise;
          }
          quickAsked.resolve();
          return true;
        },
      },
    });
    ada = await house.person('ada');
  });
  after(() => house.close());

  const appAt = (name: string): Promise<TestApp> =>
    house.addApp(name, { backchannelLogoutUri: `https://${name}.example.com/logout` });

  // Where it does keep them waiting, this would wait with them.
  const bounded = { timeout: 60_000 };

  it('keeps no other waiting, and is itself asked one at a time', bounded, async () => {
    const [hung, well] = [await appAt('slow'), await appAt('quick')];
    const browser = await signedIn(house, hung, ada);
    for (const app of [hung, hung, well]) {
      const { body } = await redeem(house, app, await codeIn(house, app, browser));
      assert.ok(body.access_token, JSON.stringify(body));
    }
    await browser.get('/me');
    await browser.post('/signout', {});
    const seen = await eventsOf(house, async () => {
      const settled = house.house.appEndings.settle().then(() => 'settled');
      const bothAsked = Promise.all([slowAsked.promise, quickAsked.promise]).then(() => 'asked');
      // Nothing else can come first: the slow one answers only after this.
      assert.equal(await Promise.race([bothAsked, settled]), 'asked');
      assert.equal(asked.filter((url) => url.includes('slow')).length, 1);
      slow.resolve(false);
      await settled;
    });
    assert.equal(asked.filter((url) => url.includes('slow')).length, 3);
    assert.equal(count(seen, 'app.told-of-end', 'failed'), 3);
    assert.equal(count(seen, 'app.told-of-end', 'done'), 1);
  });
});
