/** Every page of the web door, with sample data, as a real browser shows it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { loadAssets } from '../../server/doors/web/assets.ts';
import { complaints, desk, openBrowser, panel, phone } from '../support/browser.ts';
import type { TestListener } from '../support/http-listener.ts';
import { sampleView, startPreview } from '../support/web-preview.ts';
import { samplePages } from '../support/web-samples.ts';

const ALL = {
  type: 'tag',
  values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
};
/** All that can be otherwise in the dark: nothing but colours is (tokens.css). */
const OF_COLOURS = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };
const CHECKED = { light: ALL, dark: OF_COLOURS };

/** Run in the page. */
const SMALL_TARGETS = `
  [...document.querySelectorAll('button, a, input:not([type=hidden]), summary')]
    .filter((each) => each.checkVisibility() && !each.closest('p, .skip'))
    .map((each) => each.closest('label') ?? each)
    .filter((each) => each.getBoundingClientRect().height < 43.9)
    .map((each) => each.outerHTML)`;
const MOVING = `
  [...document.querySelectorAll('*')]
    .filter((each) => getComputedStyle(each).transitionDuration !== '0s').length`;

/** The dots between facts whose line begins with them and that can be seen there. */
const LEADING_DOTS = `
  [...document.querySelectorAll('.facts > span')]
    .filter((each) => each.checkVisibility() && getComputedStyle(each, '::before').content.includes('·'))
    .filter((each) => {
      const [own, all] = [each.getBoundingClientRect(), each.parentElement.getBoundingClientRect()];
      if (own.left - all.left > 1) return false;
      const dot = own.left + parseFloat(getComputedStyle(each, '::before').left);
      const hidden = parseFloat(/inset\\(.* ([\\d.]+)px\\)/.exec(getComputedStyle(each.parentElement).clipPath)?.[1] ?? '0');
      return dot + 6 > all.left + hidden;
    })
    .map((each) => each.textContent)`;

const pages = samplePages(sampleView(loadAssets().paths));

describe('every page', () => {
  let server: TestListener;
  let browser: Browser;
  before(async () => {
    [server, browser] = await Promise.all([startPreview(), openBrowser()]);
  });
  after(async () => {
    await browser.close();
    await server.listener.stop();
  });

  /** What axe-core finds against WCAG 2.2 AA. */
  async function violations(page: Page, runOnly: object): Promise<string[]> {
    const run = `axe.run({ runOnly: ${JSON.stringify(runOnly)} })`;
    const told = 'each.id + ": " + each.nodes[0].html + " " + each.nodes[0].failureSummary';
    return page.evaluate<string[]>(
      `${run}.then((found) => found.violations.map((each) => ${told}))`,
    );
  }

  test('is accessible in the light and in the dark', async () => {
    // Colours change at once, and not over a while in which they are neither.
    const context = await browser.newContext({
      viewport: phone,
      bypassCSP: true,
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    for (const name of Object.keys(pages)) {
      await page.goto(`${server.origin}/page/${name}`);
      await page.addScriptTag({ content: axe.source });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        const found = await violations(page, CHECKED[colorScheme]);
        assert.deepEqual(found, [], `${name} in the ${colorScheme}`);
      }
    }
    await context.close();
  });

  test('fits a phone, a panel and a desk, and does not scroll sideways', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    for (const name of Object.keys(pages)) {
      await page.goto(`${server.origin}/page/${name}`);
      for (const viewport of [phone, panel, desk]) {
        await page.setViewportSize(viewport);
        const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
        assert.ok(wide <= viewport.width, `${name} is ${wide} wide of ${viewport.width}`);
      }
    }
    await context.close();
  });

  test('begins no line of facts with the dot that stands between two of them', async () => {
    const context = await browser.newContext({ viewport: phone });
    const page = await context.newPage();
    for (const name of ['me', 'activity']) {
      await page.goto(`${server.origin}/page/${name}`);
      assert.ok((await page.locator('.facts > span').count()) > 10);
      assert.deepEqual(await page.evaluate<string[]>(LEADING_DOTS), [], name);
    }
    await context.close();
  });

  test('keeps to the Content-Security-Policy, no script in it fails, and nobody is shown markup or what is for browsers without script', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const heard = complaints(page);
    for (const name of Object.keys(pages)) {
      await page.goto(`${server.origin}/page/${name}`);
      const text = await page.locator('body').innerText();
      assert.doesNotMatch(text, /<\/?[a-z]+[ >]/, name);
      assert.equal(await page.locator('noscript:visible').count(), 0, name);
    }
    // The preview has no gate behind it to begin a sign-in by passkey.
    assert.deepEqual(
      heard.filter((each) => !each.includes('404')),
      [],
    );
    await context.close();
  });

  test('has targets that a glove can hit: 44 pixels, but for links within a sentence', async () => {
    const context = await browser.newContext({ viewport: panel });
    const page = await context.newPage();
    for (const name of Object.keys(pages)) {
      await page.goto(`${server.origin}/page/${name}`);
      const small = await page.evaluate<string[]>(SMALL_TARGETS);
      assert.deepEqual(small, [], name);
    }
    await context.close();
  });

  test('says its language, has one first heading and a title that tells pages apart', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    for (const name of Object.keys(pages)) {
      await page.goto(`${server.origin}/page/${name}`);
      assert.equal(await page.locator('html').getAttribute('lang'), 'en');
      assert.equal(await page.locator('h1').count(), 1, name);
      const heading = await page.locator('h1').innerText();
      const title = await page.title();
      assert.match(title, / · Sallyport$/);
      assert.ok(
        /(-wrong|-used|-over|-unkept|-error)$/.test(name) === title.startsWith('Error: '),
        title,
      );
      assert.ok(name.startsWith('me') || title.includes(heading), title);
    }
    await context.close();
  });

  test('moves nothing for people who ask for that', async () => {
    const context = await browser.newContext({ reducedMotion: 'reduce' });
    const page = await context.newPage();
    await page.goto(`${server.origin}/page/sign-in`);
    const moving = await page.evaluate<number>(MOVING);
    assert.equal(moving, 0);
    await context.close();
  });

  test('is light: the sign-in page weighs less than 60 kB with all that it loads', async () => {
    const page = await (await fetch(`${server.origin}/page/sign-in`)).text();
    const files = [...page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path);
    let total = page.length;
    for (const file of files) {
      const answer = await fetch(server.origin + file);
      assert.equal(answer.status, 200);
      total += (await answer.arrayBuffer()).byteLength;
    }
    assert.equal(files.length, 4);
    assert.ok(total < 60_000, `${total} bytes`);
  });
});
