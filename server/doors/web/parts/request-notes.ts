import type { OwnRequest } from '../../../gate/use-cases/apps/app-request-words.ts';
import { type Html, html } from '../html.ts';
import type { View } from '../view.ts';
import { span } from '../words.ts';
import { linkButton } from './button.ts';

/** What waits for a person's answer, said before all else on their page. */
export function requestNotes(view: View, list: readonly OwnRequest[]): readonly Html[] {
  const { request } = view.texts;
  return list.map(({ id, title, expiresAt }) => {
    const left = span(view.texts, expiresAt - view.now);
    const look = linkButton(request.look, `/me/requests/${id}`, {
      weight: 'primary',
      label: request.lookNamed(title, left),
    });
    return html`<section class="advice"><div><h2>${request.waiting(title)}</h2><p>${request.waitingText(left)}</p></div>${look}</section>`;
  });
}
