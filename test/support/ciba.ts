/** Applications that ask people in the background, and people who answer on our pages. */
import assert from 'node:assert/strict';
import type { ApplicationDetail } from '@sallyport/contract/resources.ts';
import * as oidc from 'openid-client';
import type { z } from 'zod';
import { call, type RawAnswer } from './code-client.ts';
import { type OidcHouse, openOidcHouse, signInFrom, type TestApp, wander } from './oidc-house.ts';
import type { TestPerson } from './people.ts';
import { addProof } from './processes.ts';
import type { WebAnswer, WebClient } from './web-client.ts';

export const CIBA = 'urn:openid:params:grant-type:ciba';

export interface AskingApp extends TestApp {
  readonly secret: string;
  readonly client: oidc.Configuration;
  /** In its own words, as raw as the answer comes. */
  ask(hint: string, change?: Readonly<Record<string, string>>): Promise<RawAnswer>;
  poll(handle: unknown, change?: Readonly<Record<string, string>>): Promise<RawAnswer>;
}

export async function askingApp(
  house: OidcHouse,
  name: string,
  detail: z.input<typeof ApplicationDetail> = {},
): Promise<AskingApp> {
  const app = await house.addApp(name, {
    title: name,
    clientAuth: 'secret',
    grants: ['ciba', 'refresh_token'],
    ...detail,
  });
  const { shownOnce } = await addProof(house, app.process, 'secret', {});
  const [secret = ''] = shownOnce ?? [];
  const own = { client_id: app.id, client_secret: secret };
  return {
    ...app,
    secret,
    client: await app.config(oidc.ClientSecretPost(secret)),
    ask: (login_hint, change = {}) =>
      call(house, '/ciba', { ...own, scope: 'openid', login_hint, ...change }),
    poll: (handle, change = {}) =>
      call(house, '/token', {
        ...own,
        grant_type: CIBA,
        auth_req_id: String(handle),
        ...change,
      }),
  };
}

/** Ada, who is signed in, and an application that may ask her. */
export interface AskingHouse {
  readonly house: OidcHouse;
  readonly ada: TestPerson;
  readonly app: AskingApp;
  readonly browser: WebClient;
}

export async function openAskingHouse(): Promise<AskingHouse> {
  const house = await openOidcHouse({ oidc: { ciba: true } });
  const ada = await house.person('ada');
  const app = await askingApp(house, 'Counter');
  return { house, ada, app, browser: await atHome(house, ada) };
}

/** Somebody who is signed in, by proofs from before anything was asked. */
export async function atHome(house: OidcHouse, person: TestPerson): Promise<WebClient> {
  const browser = house.browser();
  await browser.follow(await browser.get('/me'));
  const { page } = await signInFrom(house, browser, person);
  assert.equal(page.status, 200, page.text);
  return browser;
}

/** The requests that wait on the person's own page. */
export async function waiting(browser: WebClient): Promise<string[]> {
  const { text } = await browser.get('/me');
  return [...text.matchAll(/href="(\/me\/requests\/[^"]+)"/g)].map(([, path]) => path ?? '');
}

export function numbersOn({ text }: Pick<WebAnswer, 'text'>): number[] {
  return [...text.matchAll(/name="number" value="(\d\d)"/g)].map(([, number]) => Number(number));
}

/** Opens a request, shows the proof that it wants, and gives the page with the numbers. */
export async function openRequest(
  house: OidcHouse,
  browser: WebClient,
  person: TestPerson,
  path: string,
): Promise<WebAnswer> {
  const page = await browser.get(path);
  const [, proving] = /href="(\/signin\/enter[^"]*)"/.exec(page.text) ?? [];
  if (proving === undefined) return page;
  assert.deepEqual(numbersOn(page), [], 'no numbers before the proof');
  await wander(house, browser, proving.replaceAll('&amp;', '&'));
  house.clock.advance(30_000);
  const shown = await browser.post('/confirm', { kind: 'totp', code: person.totp.code() });
  assert.equal(shown.location, path);
  return browser.get(path);
}

/** The whole answer: the number is chosen and the page after it is given. */
export async function choose(
  house: OidcHouse,
  browser: WebClient,
  person: TestPerson,
  number: unknown,
): Promise<WebAnswer> {
  const [path = ''] = await waiting(browser);
  await openRequest(house, browser, person, path);
  return browser.follow(await browser.post(path, { number: String(number) }));
}
