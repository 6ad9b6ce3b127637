import { type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { backLink } from '../parts/button.ts';
import { cardLink } from '../parts/card-link.ts';
import { errorSummary } from '../parts/form.ts';
import type { View } from '../view.ts';
import type { AddPage } from './add-passkey-page.ts';

export function addCardPage(
  view: View,
  data: Omit<AddPage, 'path' | 'tab'> & {
    readonly offer: Readonly<Record<string, unknown>>;
    readonly to: 'me' | 'enrol';
  },
): Html {
  const { addCard, form, step } = view.texts;
  return doorway(view, {
    title: addCard.title,
    failed: data.wrong !== undefined,
    open: 1,
    body: html`<p class="lead">${addCard.text}</p>
${errorSummary(data.wrong)}
${cardLink(view, data.offer, data.to, step)}`,
    foot: backLink(form.back, data.back),
  });
}
