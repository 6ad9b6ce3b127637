import { type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { backLink, button } from '../parts/button.ts';
import { errorSummary, field, form, tabOf } from '../parts/form.ts';
import type { View } from '../view.ts';
import type { AddPage } from './add-passkey-page.ts';

export function addPasswordPage(view: View, data: AddPage & { readonly changes: boolean }): Html {
  const { addPassword, form: words } = view.texts;
  const fields = [
    tabOf(data.tab),
    html`<input hidden name="username" autocomplete="username" value="${view.visitor?.identifier ?? ''}">`,
    field(view, {
      name: 'password',
      type: 'password',
      label: addPassword.label,
      help: addPassword.help,
      autocomplete: 'new-password',
      focus: true,
      // What is wrong with it stands above, once.
      invalid: data.wrong !== undefined,
    }),
    field(view, {
      name: 'again',
      type: 'password',
      label: addPassword.again,
      autocomplete: 'new-password',
    }),
  ];
  return doorway(view, {
    title: data.changes ? addPassword.changeTitle : addPassword.title,
    failed: data.wrong !== undefined,
    open: 1,
    body: html`<p class="lead">${addPassword.text}</p>
${errorSummary(data.wrong, 'password')}
${form(view, data.path, [...fields, button(addPassword.button)])}
${data.changes && html`<p class="help">${addPassword.changeNote}</p>`}`,
    foot: backLink(words.back, data.back),
  });
}
