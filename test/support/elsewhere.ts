/** Commands of `./sallyport` that work at a served house, and the person's browser that they send somewhere. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../server/kernel/clock.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import type { Desk as AnyDesk } from '../../server/main/desks/desk.ts';
import { serverDesk } from '../../server/main/desks/server/server-desk.ts';
import { connect } from '../../server/main/remote/connection.ts';
import { createLoginFile } from '../../server/main/remote/login-file.ts';
import { runCommandLine } from '../../server/main/terminal/command-line.ts';
import { createOutput } from '../../server/main/terminal/output.ts';
import type { Ran } from './command.ts';
import { type OidcHouse, signInFrom, wander } from './oidc-house.ts';
import type { TestPerson } from './people.ts';
import { type PasskeyPerson, passkeySignIn } from './served-people.ts';
import type { WebAnswer, WebClient } from './web-client.ts';

export interface Desk {
  readonly folder: string;
  /** Where its logins are kept. */
  readonly file: string;
  /** `browse` is called with each address that the command prints for a browser. */
  run(
    args: readonly string[],
    browse?: (address: string) => Promise<unknown>,
    /** What it has answered so far, as it goes. */
    watch?: (out: string) => void,
  ): Promise<Ran>;
  /** What is kept for a server. */
  kept(origin: string): {
    accessToken: string;
    refreshToken: string;
    expiresAt: number;
    key: Record<string, string>;
  };
  close(): void;
}

/** A computer that somebody works at. */
export function openDesk(environment: Readonly<Record<string, string>> = {}): Desk {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-desk-'));
  const file = join(folder, 'config', 'sallyport', 'logins.json');
  return {
    folder,
    file,
    close: () => rmSync(folder, { recursive: true }),
    kept: (origin) => JSON.parse(readFileSync(file, 'utf8')).logins[origin],
    async run(args, browse = () => assert.fail('no browser is wanted here'), watch = () => {}) {
      let [out, err] = ['', ''];
      const browsing: Promise<unknown>[] = [];
      const code = await runCommandLine({
        args,
        environment: { XDG_CONFIG_HOME: join(folder, 'config'), ...environment },
        folder,
        stdout: {
          write(text) {
            out += text;
            watch(out);
          },
        },
        stderr: {
          write(text) {
            err += text;
            const address = /^ {2}(https?:\S+\/oidc\/auth\?\S+)$/m.exec(text)?.[1];
            if (address !== undefined) browsing.push(browse(address));
          },
        },
      });
      await Promise.all(browsing);
      return { code, out, err };
    },
  };
}

/** Says yes on the page that asks, and goes back to the command. */
export async function agree(
  house: OidcHouse,
  browser: WebClient,
  asked: WebAnswer,
): Promise<Response> {
  const action = /<form[^>]* action="(\/oidc\/interaction\/[^"]+)"/.exec(asked.text)?.[1];
  assert.ok(action, asked.text);
  const { left, page } = await wander(
    house,
    browser,
    await browser.post(action, { answer: 'yes' }),
  );
  assert.ok(left, page.text + house.notices.join());
  return fetch(left);
}

/** An administrator, whose browser holds a session that began a moment ago. */
export function administering(house: OidcHouse, browser: WebClient, person: PasskeyPerson) {
  return async (address: string): Promise<Response> => {
    const { session } = await passkeySignIn(house, person);
    browser.cookies.set(house.cookieName('session'), session.token);
    const now = await wander(house, browser, address);
    return agree(house, browser, now.page);
  };
}

/** The house's clock stands still or was moved on, and the command line has that of the machine. */
export function catchUp(house: OidcHouse): void {
  house.clock.advance(Date.now() - house.clock.now());
}

/** A person at their browser: signs in when asked to, says yes, and lets it go back to the command. */
export function browsing(house: OidcHouse, browser: WebClient, person: TestPerson) {
  return async (address: string): Promise<Response> => {
    let now = await wander(house, browser, address);
    if (now.at.startsWith('/signin')) {
      now = await signInFrom(house, browser, person);
      catchUp(house);
    }
    assert.equal(now.left, undefined, 'people are asked each time');
    return agree(house, browser, now.page);
  };
}

export interface Administering {
  readonly desk: Desk;
  /** Runs a command there, with the person at their browser where it wants a fresh proof. */
  run(...args: string[]): Promise<Ran>;
  /** What it answers with --json. */
  // biome-ignore lint/suspicious/noExplicitAny: Tests look at it member by member, and fail where it is otherwise.
  json(...args: string[]): Promise<any>;
}

/** A computer at which somebody signed in to the house. */
export async function signedIn(house: OidcHouse, person: PasskeyPerson): Promise<Administering> {
  const desk = openDesk({ SALLYPORT_AT: house.origin });
  const browse = (address: string) => administering(house, house.browser(), person)(address);
  const run = (...args: string[]) => desk.run(args, browse);
  const { code, err } = await run('login', '--no-browser');
  assert.equal(code, 0, err + house.notices.join());
  return {
    desk,
    run,
    async json(...args) {
      const ran = await run(...args, '--json');
      assert.equal(ran.code, 0, ran.err + ran.out);
      return JSON.parse(ran.out);
    },
  };
}

/** The other desk for the same house, with nobody at a browser. */
export function deskAt(house: OidcHouse, { file }: Desk): AnyDesk {
  const stream = { write: () => {} };
  const output = createOutput({ stdout: stream, stderr: stream, json: true, colours: false });
  const noBrowser = () => assert.fail('nothing here wants a fresh proof');
  return serverDesk(
    connect(
      {
        clock: systemClock(),
        random: systemRandom(),
        output,
        logins: createLoginFile(file),
        waits: true,
        show: async () => noBrowser(),
        isOwn: () => false,
        givenUp: noBrowser,
      },
      house.origin,
    ),
  );
}
