/** "This wasn't me": what will happen, then what to look through next. */
import type { OwnEvent } from '../../../gate/use-cases/people/activity.ts';
import { type Html, html } from '../html.ts';
import { desk } from '../layout.ts';
import { button, linkButton } from '../parts/button.ts';
import { form } from '../parts/form.ts';
import { eventWords } from '../parts/moments.ts';
import { ways } from '../parts/ways.ts';
import type { View } from '../view.ts';
import { deviceName, placeName, when } from '../words.ts';

export function troublePage(view: View, data: { readonly event: OwnEvent | undefined }): Html {
  const { trouble, texts } = { ...view.texts, texts: view.texts };
  const { event } = data;
  const about =
    event !== undefined &&
    html`<p class="soft">${trouble.about}: <b>${eventWords(view, event)}</b>, ${when(view, event.at)}, ${deviceName(texts, event.personal?.userAgent)}, ${placeName(texts, event.personal?.address)}.</p>`;
  const hidden =
    event !== undefined && html`<input type="hidden" name="event" value="${event.id}">`;
  const choice = html`<div class="pair">${button(trouble.button, { weight: 'danger' })}${linkButton(trouble.keep, '/me', { weight: 'quiet' })}</div>`;
  return desk(view, {
    title: trouble.title,
    narrow: true,
    body: html`<h1>${trouble.title}</h1>
${about}
<p>${trouble.text}</p>
<ul class="list">${trouble.consequences.map((each) => html`<li>${each}</li>`)}</ul>
${form(view, '/me/trouble', [hidden, choice])}`,
  });
}

export function troubleDonePage(view: View, data: { readonly sessionsEnded: number }): Html {
  const { trouble } = view.texts;
  return desk(view, {
    title: trouble.doneTitle,
    narrow: true,
    body: html`<div class="greeting"><h1>${trouble.doneTitle}</h1><p role="status">${trouble.doneText(data.sessionsEnded)}</p></div>
${ways(undefined, [
  {
    icon: 'password',
    words: trouble.checkPassword,
    hint: trouble.checkPasswordText,
    href: '/me/proofs/add/password',
  },
  { icon: 'webauthn', words: trouble.checkProofs, hint: trouble.checkProofsText, href: '/me' },
  {
    icon: 'recovery',
    words: trouble.checkCodes,
    hint: trouble.checkCodesText,
    href: '/me/proofs/add/recovery',
  },
])}`,
  });
}
