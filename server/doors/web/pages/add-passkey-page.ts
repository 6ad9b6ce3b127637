import { type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { backLink } from '../parts/button.ts';
import { errorSummary } from '../parts/form.ts';
import { passkeyForm } from '../parts/passkey-form.ts';
import type { View } from '../view.ts';

export interface AddPage {
  /** Where this page lives and posts to. */
  readonly path: string;
  readonly back: string;
  readonly wrong: string | undefined;
}

export function addPasskeyPage(view: View, data: AddPage & { readonly options: unknown }): Html {
  const { addPasskey, form } = view.texts;
  return doorway(view, {
    title: addPasskey.title,
    failed: data.wrong !== undefined,
    open: 1,
    passkeys: true,
    body: html`<p class="lead">${addPasskey.text}</p>
${errorSummary(data.wrong)}
<p>${addPasskey.help}</p>
${passkeyForm(view, {
  action: data.path,
  does: 'create',
  options: data.options,
  words: addPasskey.button,
  noScript: addPasskey.noScript,
})}`,
    foot: backLink(form.back, data.back),
  });
}
