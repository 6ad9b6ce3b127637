import { type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { backLink, linkButton } from '../parts/button.ts';
import { errorSummary } from '../parts/form.ts';
import { passkeyForm } from '../parts/passkey-form.ts';
import { onlyWithPasskeys, withoutPasskeys } from '../parts/passkey-support.ts';
import type { View } from '../view.ts';

export interface AddPage {
  /** Where this page lives and posts to. */
  readonly path: string;
  readonly back: string;
  readonly wrong: string | undefined;
  /** What this tab is setting up, for its form to say (tabs.ts). */
  readonly tab: string;
}

export function addPasskeyPage(
  view: View,
  data: AddPage & { readonly options: unknown; readonly securityKey: boolean },
): Html {
  const { addPasskey, form } = view.texts;
  const other: readonly [string, string] = data.securityKey
    ? [addPasskey.preferPasskey, data.path]
    : [addPasskey.preferSecurityKey, `${data.path}?form=security-key`];
  const asked = passkeyForm(view, {
    action: data.path,
    does: 'create',
    options: data.options,
    tab: data.tab,
    words: data.securityKey ? addPasskey.securityKeyButton : addPasskey.button,
  });
  return doorway(view, {
    title: addPasskey.title,
    failed: data.wrong !== undefined,
    open: 1,
    passkeys: true,
    body: html`<p class="lead">${addPasskey.text}</p>
${errorSummary(data.wrong)}
${onlyWithPasskeys([html`<p>${addPasskey.help}</p>`, asked, linkButton(...other, { weight: 'quiet' })])}
${withoutPasskeys(addPasskey.noScript)}`,
    foot: backLink(form.back, data.back),
  });
}
