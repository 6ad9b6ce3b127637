/** A real Chromium, the machine's own. Told to keep its own errands off the network. */
import { existsSync } from 'node:fs';
import {
  type Browser,
  type BrowserContextOptions,
  type CDPSession,
  chromium,
  type Page,
} from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export const BROWSER_FLAGS: readonly string[] = [
  '--no-sandbox',
  '--headless',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Undefined on a machine without one; tests then say that they were skipped. */
export function chromiumPath(): string | undefined {
  return process.env.CHROMIUM ?? PLACES.find((place) => existsSync(place));
}

/** `more` is for this browser alone, such as which certificate it trusts. */
export function openBrowser(more: readonly string[] = []): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('no Chromium on this machine');
  return chromium.launch({ executablePath, args: [...BROWSER_FLAGS, ...more] });
}

/** For what a page is to show, or a socket to answer: only what hangs takes as long. */
export const PATIENCE = 60_000;

export const phone = { width: 360, height: 740 };
export const panel = { width: 1024, height: 768 };
export const desk = { width: 1440, height: 900 };

/** A page of somebody who was never here before: nothing of it is shared with other pages. */
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ viewport: panel, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  return page;
}

/** Whatever the page complains of: errors of scripts and everything that the Content-Security-Policy stopped. */
export function complaints(page: Page): string[] {
  const heard: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') heard.push(message.text());
  });
  page.on('pageerror', (error) => heard.push(String(error)));
  return heard;
}

export interface VirtualAuthenticator {
  readonly cdp: CDPSession;
  readonly id: string;
  /** Whether its user is verified when asked. */
  verify(verified: boolean): Promise<void>;
  /** Whether its user touches it at once; until then whatever was asked of it waits. */
  touch(touched: boolean): Promise<void>;
  credentials(): Promise<number>;
}

/** An authenticator within the browser that does real WebAuthn: a platform's passkeys, or a key on USB. */
export async function addAuthenticator(
  page: Page,
  transport: 'internal' | 'usb' = 'internal',
): Promise<VirtualAuthenticator> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId: id } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport,
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    cdp,
    id,
    async verify(isUserVerified) {
      await cdp.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified });
    },
    async touch(enabled) {
      await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: id, enabled });
    },
    async credentials() {
      const found = await cdp.send('WebAuthn.getCredentials', { authenticatorId: id });
      return found.credentials.length;
    },
  };
}
