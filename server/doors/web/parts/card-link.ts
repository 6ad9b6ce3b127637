/** The way to the port where a card is shown: a link, since a form may lead nowhere but to us (CSP, form-action). */
import { type Html, html } from '../html.ts';
import { withTab } from '../kept.ts';
import type { View } from '../view.ts';
import { linkButton } from './button.ts';

interface CardWords {
  readonly cardTitle: string;
  readonly cardHelp: string;
  readonly cardButton: string;
}

export function cardLink(
  view: View,
  challenge: Readonly<Record<string, unknown>>,
  to: 'signin' | 'confirm' | 'me' | 'enrol',
  words: CardWords,
  tab?: string,
): Html {
  const query = new URLSearchParams({ for: String(challenge.challenge ?? ''), to });
  const href = withTab(`${view.cards ?? ''}/card?${query}`, tab);
  return html`<h2>${words.cardTitle}</h2><p>${words.cardHelp}</p>${linkButton(words.cardButton, href, { weight: 'primary' })}`;
}
