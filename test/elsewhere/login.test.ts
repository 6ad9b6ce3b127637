import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { browsing, type Desk, openDesk } from '../support/elsewhere.ts';
import { type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';

describe('signing in at the command line', () => {
  let house: OidcHouse;
  let ada: TestPerson;
  let desk: Desk;
  before(async () => {
    house = await openOidcHouse();
    ada = await house.person('ada');
    desk = openDesk();
  });
  after(async () => {
    desk.close();
    await house.close();
  });

  it('leads through the browser and back, and then knows who is there', async () => {
    const browser = house.browser();
    let page: Response | undefined;
    const { code, out, err } = await desk.run(
      ['login', house.origin, '--no-browser'],
      async (a) => {
        page = await browsing(house, browser, ada)(a);
      },
    );
    assert.equal(code, 0, err + house.notices.join());
    assert.match(out, /You are signed in at \S+ as ada, with no role/);
    assert.match(await page!.text(), /You can close this/);
    const who = await desk.run(['whoami']);
    assert.equal(who.code, 0, who.err);
    assert.match(who.out, /\(ada\)/);
  });
});
