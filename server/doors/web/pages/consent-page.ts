import { type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { button } from '../parts/button.ts';
import { form } from '../parts/form.ts';
import type { View } from '../view.ts';

export interface ConsentData {
  readonly app: string;
  readonly host: string;
  readonly person: string;
  readonly scopes: readonly string[];
  readonly may: readonly { readonly api: string; readonly says: readonly string[] }[];
  readonly action: string;
}

/** What an application of others would learn and could do, before it does: two buttons of one weight would be no question. */
export function consentPage(view: View, data: ConsentData): Html {
  const { consent } = view.texts;
  const words: Readonly<Record<string, string>> = consent.scopes;
  const { openid, profile, email, groups } = consent.scopes;
  const learnt = [openid, profile, email, groups];
  const said = data.scopes.map((scope) => words[scope]).filter((text) => text !== undefined);
  const learns = said.filter((text) => learnt.includes(text));
  const does = said.filter((text) => !learnt.includes(text));
  return doorway(view, {
    title: consent.title(data.app),
    open: 1,
    body: html`<p class="lead">${consent.lead}</p>
<p class="help">${consent.as} <b>${data.person}</b></p>
<section class="asks"><h2>${consent.learns}</h2>${list(learns)}</section>
${
  (data.may.length > 0 || does.length > 0) &&
  html`<section class="asks"><h2>${consent.may}</h2>${data.may.map(
    ({ api, says }) => html`<p>${consent.at(api)}</p>${list(says)}`,
  )}${list(does)}</section>`
}
<p class="help">${data.host !== '' && html`${consent.goesTo} <b>${data.host}</b>. `}${consent.takeBack}</p>
${form(view, data.action, [
  button(consent.yes, { name: 'answer', value: 'yes' }),
  button(consent.no, { weight: 'quiet', name: 'answer', value: 'no' }),
])}`,
  });
}

function list(texts: readonly string[]): Html | false {
  return texts.length > 0 && html`<ul>${texts.map((text) => html`<li>${text}</li>`)}</ul>`;
}
