/** A Chromium that holds a certificate of its person's, as one with a card reader would: in a key store of its own, for this test. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { BROWSER_FLAGS, chromiumPath } from '../support/browser.ts';
import type { ShownCertificate } from '../support/card-house.ts';

const TOOLS = ['/usr/bin/certutil', '/usr/bin/pk12util'];

/** What is missing on this machine; undefined where nothing is. */
export function cardBrowserLacks(): string | undefined {
  if (chromiumPath() === undefined) return 'no Chromium on this machine';
  return TOOLS.every((tool) => existsSync(tool)) ? undefined : 'no libnss3-tools on this machine';
}

export interface CardBrowser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

export async function openCardBrowser(
  cards: string,
  shown: ShownCertificate,
): Promise<CardBrowser> {
  const home = mkdtempSync(join(tmpdir(), 'card-browser-'));
  const file = (name: string, text: string) => {
    const path = join(home, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const store = join(home, '.pki', 'nssdb');
  mkdirSync(store, { recursive: true });
  const run = (tool: string, ...args: string[]) => execFileSync(tool, args, { stdio: 'pipe' });
  run('certutil', '-N', '-d', `sql:${store}`, '--empty-password');
  const bundle = join(home, 'card.p12');
  const inPem = [file('cert.pem', shown.cert), file('key.pem', String(shown.key))] as const;
  run(
    'openssl',
    'pkcs12',
    '-export',
    '-in',
    inPem[0],
    '-inkey',
    inPem[1],
    '-out',
    bundle,
    '-passout',
    'pass:card',
    '-name',
    'card',
  );
  run('pk12util', '-i', bundle, '-d', `sql:${store}`, '-W', 'card');

  // As a policy of an organisation would have it: the browser shows the certificate there without asking.
  const profile = join(home, 'profile');
  mkdirSync(join(profile, 'Default'), { recursive: true });
  const setting = { [`${cards},*`]: { setting: { filters: [{}] } } };
  const preferences = {
    profile: { content_settings: { exceptions: { auto_select_certificate: setting } } },
  };
  writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences));

  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('no Chromium on this machine');
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: [...BROWSER_FLAGS],
    env: { ...process.env, HOME: home } as Record<string, string>, // What is undefined is left out.
    ignoreHTTPSErrors: true,
  });
  return {
    context,
    async close() {
      await context.close();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
