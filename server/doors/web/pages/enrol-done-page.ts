import { type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { linkButton } from '../parts/button.ts';
import type { View } from '../view.ts';

export interface DoneData {
  /** Undefined when someone opens this page without having set anything up. */
  readonly identifier: string | undefined;
  /** With the path, the address of the sign-in in full, to be written down. */
  readonly origin: string;
}

export function enrolDonePage(view: View, { identifier, origin }: DoneData): Html {
  const { enrol } = view.texts;
  const name = identifier !== undefined && html`<dt>${enrol.readyName}</dt><dd>${identifier}</dd>`;
  return doorway(view, {
    title: enrol.ready,
    open: 2,
    body: html`<p class="lead">${enrol.readyText}</p>
<dl class="facts-list">${name}<dt>${enrol.readyWhere}</dt><dd>${origin}<wbr>/signin</dd></dl>
${linkButton(enrol.toSignIn, '/signin', { weight: 'primary' })}`,
  });
}
