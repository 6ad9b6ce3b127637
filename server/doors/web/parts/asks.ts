import { type Html, html } from '../html.ts';
import type { View } from '../view.ts';

export interface Asks {
  /** What it would be told of the person, as scopes of OpenID Connect. */
  readonly scopes: readonly string[];
  /** What it could do elsewhere, in each API's own words; without any, come in there as the person. */
  readonly may: readonly { readonly api: string; readonly says: readonly string[] }[];
}

/** What an application would learn and could do, before it does. */
export function asks(view: View, data: Asks): readonly (Html | false)[] {
  const { consent } = view.texts;
  const words: Readonly<Record<string, string>> = consent.scopes;
  const { openid, profile, email, groups } = consent.scopes;
  const learnt = [openid, profile, email, groups];
  const said = data.scopes.map((scope) => words[scope]).filter((text) => text !== undefined);
  const learns = said.filter((text) => learnt.includes(text));
  const does = said.filter((text) => !learnt.includes(text));
  return [
    html`<section class="asks"><h2>${consent.learns}</h2>${list(learns)}</section>`,
    (data.may.length > 0 || does.length > 0) &&
      html`<section class="asks"><h2>${consent.may}</h2>${data.may.map(
        ({ api, says }) =>
          html`<p>${consent.at(api)}</p>${list(says.length > 0 ? says : [consent.comeIn])}`,
      )}${list(does)}</section>`,
  ];
}

function list(texts: readonly string[]): Html | false {
  return texts.length > 0 && html`<ul>${texts.map((text) => html`<li>${text}</li>`)}</ul>`;
}
