/** A served house with applications in it, and a person's way through their sign-ins, without a screen. */
import assert from 'node:assert/strict';
import { ApiDetail, ApplicationDetail } from '@sallyport/contract/resources.ts';
import * as oidc from 'openid-client';
import type { z } from 'zod';
import type { ResourceId } from '../../server/kernel/id.ts';
import type { Process } from '../../server/subjects/process.ts';
import { skewOf } from './clock.ts';
import { enrolledPerson, type TestPerson } from './people.ts';
import { openServedHouse, type ServedHouse, type ServedOptions } from './served-house.ts';
import type { WebAnswer, WebClient } from './web-client.ts';

export const CALLBACK = 'https://app.example.com/callback';

export interface OidcHouse extends ServedHouse {
  readonly issuer: string;
  addApp(name: string, detail?: z.input<typeof ApplicationDetail>, more?: More): Promise<TestApp>;
  addApi(name: string, detail: z.input<typeof ApiDetail>, more?: More): Promise<ResourceId>;
  person(name: string): Promise<TestPerson>;
}

interface More {
  readonly open?: 'everyone' | 'listed';
  readonly members?: readonly string[];
}

export interface TestApp {
  readonly id: ResourceId;
  /** Of an application that proves itself: what its proofs are added to. */
  readonly process: Process;
  /** Of openid-client, as a public client; others are made with `configure`. */
  config(auth?: oidc.ClientAuth): Promise<oidc.Configuration>;
}

export async function openOidcHouse(options: ServedOptions = {}): Promise<OidcHouse> {
  const served = await openServedHouse(options);
  // oidc-provider and the clients that come here have the clock of the machine.
  served.clock.advance(Date.now() - served.clock.now());
  const issuer = `${served.origin}/oidc`;
  const { house } = served;
  const everyone = { open: 'everyone', groups: [], members: [] } as const;
  return {
    ...served,
    issuer,
    person: (name) => enrolledPerson(served, name),

    async addApp(name, detail = {}, more = {}) {
      const full = ApplicationDetail.parse({ redirectUris: [CALLBACK], ...detail });
      const added = await house.store.write((tx) =>
        house.resources.add(
          tx,
          { name, ...everyone, ...more, kind: 'application', detail: full },
          { door: 'cli' },
        ),
      );
      assert.ok(added.ok, JSON.stringify(added));
      const { id } = added.value;
      return {
        id,
        process: { id: id as string } as Process, // They share an id.
        config: (auth = oidc.None()) => {
          // People's codes have moved the house's clock ahead.
          const skew = skewOf(served);
          const metadata = { [oidc.clockSkew]: skew };
          return oidc.discovery(new URL(issuer), id, metadata, auth, {
            execute: [oidc.allowInsecureRequests],
          });
        },
      };
    },

    async addApi(name, detail, more = {}) {
      const added = await house.store.write((tx) =>
        house.resources.add(
          tx,
          { name, ...everyone, ...more, kind: 'api', detail: ApiDetail.parse(detail) },
          { door: 'cli' },
        ),
      );
      assert.ok(added.ok, JSON.stringify(added));
      return added.value.id;
    },
  };
}

/** Where a page leads by itself, or the answer's own redirect. */
export function nextOf(answer: WebAnswer): string | undefined {
  const refresh = /http-equiv="refresh" content="0; url=([^"]*)"/.exec(answer.text)?.[1];
  return answer.leads ?? refresh?.replaceAll('&amp;', '&');
}

/** Goes on, from page to page, until there is one that asks something or an address that is not ours. */
export async function wander(
  { origin }: Pick<OidcHouse, 'origin'>,
  browser: WebClient,
  from: string | WebAnswer,
): Promise<{ readonly left: URL | undefined; readonly page: WebAnswer; readonly at: string }> {
  let at = typeof from === 'string' ? from : '';
  let page = typeof from === 'string' ? await browser.get(at.replace(origin, '')) : from;
  for (let hops = 0; hops < 20; hops++) {
    const next = nextOf(page);
    if (next === undefined) return { left: undefined, page, at };
    const url = new URL(next, origin);
    if (url.origin !== origin) return { left: url, page, at };
    at = url.pathname + url.search;
    page = await browser.get(at);
  }
  throw new Error('this goes round in a circle');
}

/** Types what the sign-in pages ask for, and goes on from there. */
export async function signInFrom(
  house: OidcHouse,
  browser: WebClient,
  person: TestPerson,
): Promise<Awaited<ReturnType<typeof wander>>> {
  await browser.post('/signin', { identifier: person.identifier });
  await browser.follow(
    await browser.post('/signin/step', { kind: 'password', password: person.password }),
  );
  const done = await browser.post('/signin/step', { kind: 'totp', code: person.totp.code() });
  house.clock.advance(30_000);
  return wander(house, browser, done);
}

export interface Begun {
  readonly url: URL;
  readonly checks: oidc.AuthorizationCodeGrantChecks & { readonly pkceCodeVerifier: string };
}

/** An authorization request as openid-client makes it, with PKCE, state and nonce. */
export async function begin(
  config: oidc.Configuration,
  parameters: Record<string, string> = {},
): Promise<Begun> {
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const expectedState = oidc.randomState();
  const expectedNonce = oidc.randomNonce();
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'openid profile email',
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
    ...parameters,
  });
  return { url, checks: { pkceCodeVerifier, expectedState, expectedNonce } };
}

/**
 * One authorization in a browser: signs in when it is asked to, says yes to a program on the person's computer, and gives where the
 * browser is sent.
 */
export async function authorize(
  house: OidcHouse,
  browser: WebClient,
  url: URL,
  person: TestPerson,
): Promise<URL> {
  let now = await wander(house, browser, url.href);
  if (now.left === undefined && now.at.startsWith('/signin')) {
    now = await signInFrom(house, browser, person);
  }
  if (now.left === undefined && now.page.text.includes('a program on your computer')) {
    now = await wander(house, browser, await browser.post(now.at, { answer: 'yes' }));
  }
  assert.ok(now.left, `${now.at} ${now.page.text} ${house.notices.join()}`);
  return now.left;
}

export type Tokens = Awaited<ReturnType<typeof oidc.authorizationCodeGrant>>;

/** The whole way: from the request to tokens. */
export async function tokensFor(
  house: OidcHouse,
  config: oidc.Configuration,
  person: TestPerson,
  given: {
    readonly browser?: WebClient;
    readonly parameters?: Record<string, string>;
    readonly DPoP?: oidc.DPoPHandle;
    readonly atToken?: Record<string, string>;
  } = {},
): Promise<Tokens> {
  const { browser = house.browser(), parameters, DPoP, atToken } = given;
  const { url, checks } = await begin(config, parameters);
  const left = await authorize(house, browser, url, person);
  return oidc.authorizationCodeGrant(config, left, checks, atToken, DPoP && { DPoP });
}
