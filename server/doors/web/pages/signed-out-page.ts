import { type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { linkButton } from '../parts/button.ts';
import type { View } from '../view.ts';

export function signedOutPage(view: View): Html {
  const { signedOut } = view.texts;
  return doorway(view, {
    title: signedOut.title,
    body: html`<p class="lead">${signedOut.text}</p>${linkButton(signedOut.again, '/signin', { weight: 'primary' })}`,
  });
}
