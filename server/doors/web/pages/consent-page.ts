import type { ConsentData } from '../../../http/app-pages.ts';
import { type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { asks } from '../parts/asks.ts';
import { button } from '../parts/button.ts';
import { form } from '../parts/form.ts';
import type { View } from '../view.ts';

/** What an application would learn and could do, before it does: two buttons of one weight would be no question. */
export function consentPage(view: View, data: Omit<ConsentData, 'csrf'>): Html {
  const { consent } = view.texts;
  return doorway(view, {
    title: consent.title(data.app),
    open: 1,
    body: html`<p class="lead">${consent.leads[data.asker]}</p>
<p class="help">${consent.as} <b>${data.person}</b></p>
${asks(view, data)}
<p class="help">${data.host !== '' && html`${consent.goesTo} <b>${data.host}</b>. `}${consent.takeBack}</p>
${form(view, data.action, [
  button(consent.yes, { name: 'answer', value: 'yes' }),
  button(consent.no, { weight: 'quiet', name: 'answer', value: 'no' }),
])}`,
  });
}
