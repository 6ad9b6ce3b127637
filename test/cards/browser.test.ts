/** A real browser with a certificate in its key store: from the sign-in page to the port for cards and back. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { cardConfig } from '../../server/proofs/card/card-config.ts';
import { PATIENCE } from '../support/browser.ts';
import { type CardHouse, openCardHouse } from '../support/card-house.ts';
import { enrolledPerson } from '../support/people.ts';
import { cheapSettings } from '../support/settings.ts';
import { type CardBrowser, cardBrowserLacks, openCardBrowser } from './card-browser.ts';

const lacks = cardBrowserLacks();

describe('a browser with a smart card', { skip: lacks ?? false }, () => {
  let web: CardHouse;
  let browser: CardBrowser;

  before(async () => {
    const { proofs } = cheapSettings();
    const card = cardConfig.parse({ withPin: { own: true } });
    web = await openCardHouse({ proofs: { ...proofs, card } });
    const ada = await enrolledPerson(web.test, 'ada');
    const shown = await web.issue(ada.id, 'Ada');
    const { cards } = web.test.house;
    assert.ok((await cards.assign([shown.der], ada.id, undefined, { door: 'cli' })).ok);
    browser = await openCardBrowser(web.cards, shown);
  });
  after(async () => {
    await browser?.close();
    await web?.close();
  });

  it('signs its person in by two clicks, without a name and without a script', async () => {
    const page = await browser.context.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.goto(`${web.origin}/signin`);
    await page.getByRole('button', { name: /Use a smart card/ }).click();
    await page.getByRole('link', { name: 'Use smart card' }).click();
    await page.getByRole('heading', { level: 1, name: 'ada' }).waitFor();
    assert.equal(new URL(page.url()).origin, web.origin);
    assert.ok(!page.url().includes('ticket'));
  });
});
