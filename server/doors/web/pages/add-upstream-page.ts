import { type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { backLink, button } from '../parts/button.ts';
import { errorSummary, field, form, tabOf } from '../parts/form.ts';
import type { View } from '../view.ts';
import type { AddPage } from './add-passkey-page.ts';

export function addUpstreamPage(view: View, data: AddPage): Html {
  const { addUpstream, form: words } = view.texts;
  const code = field(view, {
    name: 'code',
    label: addUpstream.code,
    help: addUpstream.codeHelp,
    autocomplete: 'one-time-code',
    maxlength: 64,
    code: true,
    focus: true,
    invalid: data.wrong !== undefined,
  });
  return doorway(view, {
    title: addUpstream.title,
    failed: data.wrong !== undefined,
    open: 1,
    body: html`<p class="lead">${addUpstream.text}</p>
${errorSummary(data.wrong)}
${form(view, data.path, [tabOf(data.tab), code, button(addUpstream.button)])}`,
    foot: backLink(words.back, data.back),
  });
}
