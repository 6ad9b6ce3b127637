import { type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { linkButton } from '../parts/button.ts';
import type { View } from '../view.ts';

/** Goes on by itself; the button is for browsers that were told not to. */
export function onwardPage(view: View, data: { readonly to: string }): Html {
  const { onward } = view.texts;
  return doorway(view, {
    title: onward.title,
    open: 2,
    goesTo: data.to,
    body: html`<p class="lead">${onward.text}</p>
${linkButton(onward.next, data.to, { weight: 'primary' })}`,
  });
}

/** In a tab of its own, beside a form that waits at a site. */
export function besideFormPage(view: View): Html {
  const { besideForm } = view.texts;
  return doorway(view, {
    title: besideForm.title,
    open: 2,
    body: html`<p class="lead">${besideForm.text}</p>`,
  });
}
