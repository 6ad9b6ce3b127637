/** The pages that other doors show to people, as functions from data to text: drawn here, so that all of them look alike. */
import type { AppPages } from '../../http/app-pages.ts';
import { pageHeaders } from '../../http/security-headers.ts';
import type { Clock } from '../../kernel/clock.ts';
import { loadAssets } from './assets.ts';
import type { Html } from './html.ts';
import { appErrorPage, appOverPage, appSignOutPage } from './pages/app-pages.ts';
import { consentPage } from './pages/consent-page.ts';
import { deviceAskPage, deviceConfirmPage, deviceDonePage } from './pages/device-pages.ts';
import { onwardPage } from './pages/onward-page.ts';
import { signedOutPage } from './pages/signed-out-page.ts';
import { english } from './texts.ts';
import type { View } from './view.ts';

export function createAppPages(deps: {
  readonly clock: Clock;
  readonly organisation: string | undefined;
}): AppPages {
  const { paths } = loadAssets();
  const view = (csrf = ''): View => ({
    texts: english,
    now: deps.clock.now(),
    csrf,
    assets: paths,
    organisation: deps.organisation,
    visitor: undefined,
    bound: undefined,
  });
  const drawn =
    <D>(page: (view: View, data: D) => Html) =>
    (data: D) =>
      page(view(), data).text;
  return {
    headers: pageHeaders,
    consent: ({ csrf, ...data }) => consentPage(view(csrf), data).text,
    onward: (to) => onwardPage(view(), { to }).text,
    deviceAsk: drawn(deviceAskPage),
    deviceConfirm: drawn(deviceConfirmPage),
    deviceDone: drawn(deviceDonePage),
    signOut: drawn(appSignOutPage),
    signedOut: () => signedOutPage(view()).text,
    over: drawn(appOverPage),
    error: drawn(appErrorPage),
  };
}
