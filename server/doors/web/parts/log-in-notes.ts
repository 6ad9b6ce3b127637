import type { OwnLogIn } from '../../../gate/use-cases/network/own-log-ins.ts';
import { type Html, html } from '../html.ts';
import type { View } from '../view.ts';
import { span } from '../words.ts';
import { linkButton } from './button.ts';

/** Log-ins at network devices that wait for the person, said before all else on their page. */
export function logInNotes(view: View, list: readonly OwnLogIn[]): readonly Html[] {
  const { logIn } = view.texts;
  return list.map(({ id, client, expiresAt }) => {
    const left = span(view.texts, expiresAt - view.now);
    const look = linkButton(logIn.look, `/me/logins/${id}`, {
      weight: 'primary',
      label: logIn.lookNamed(client, left),
    });
    return html`<section class="advice"><div><h2>${logIn.waiting(client)}</h2><p>${logIn.waitingText(left)}</p></div>${look}</section>`;
  });
}
