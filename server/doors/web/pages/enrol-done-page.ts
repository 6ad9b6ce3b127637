import { type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { linkButton } from '../parts/button.ts';
import type { View } from '../view.ts';

export function enrolDonePage(view: View): Html {
  const { enrol } = view.texts;
  return doorway(view, {
    title: enrol.ready,
    open: 2,
    body: html`<p class="lead">${enrol.readyText}</p>${linkButton(enrol.toSignIn, '/signin', { weight: 'primary' })}`,
  });
}
