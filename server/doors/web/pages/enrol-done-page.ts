import { type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { linkButton } from '../parts/button.ts';
import type { View } from '../view.ts';

export function enrolDonePage(view: View, data: { readonly signedIn: boolean }): Html {
  const { enrol } = view.texts;
  const [words, href] = data.signedIn ? [enrol.toAccount, '/me'] : [enrol.toSignIn, '/signin'];
  return doorway(view, {
    title: enrol.ready,
    open: 2,
    body: html`<p class="lead">${enrol.readyText}</p>${linkButton(words, href, { weight: 'primary' })}`,
  });
}
