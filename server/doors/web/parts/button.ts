import { attributes, type Fill, type Html, html } from '../html.ts';
import { icon } from './icons.ts';

export type Weight = 'primary' | 'plain' | 'danger' | 'quiet';

interface ButtonOptions {
  readonly weight?: Weight;
  /** For screen readers, where the visible word alone would not say what it is about. */
  readonly label?: string;
  readonly name?: string;
  readonly value?: string;
  readonly id?: string;
}

export function button(words: Fill, options: ButtonOptions = {}): Html {
  const { weight = 'primary', label, name, value, id } = options;
  const more = attributes({ 'aria-label': label, name, value, id });
  return html`<button class="button ${weight}"${more}>${words}</button>`;
}

export function linkButton(words: Fill, href: string, options: ButtonOptions = {}): Html {
  const { weight = 'plain', label } = options;
  return html`<a class="button ${weight}" href="${href}"${attributes({ 'aria-label': label })}>${words}</a>`;
}

export function backLink(words: string, href: string): Html {
  return html`<a class="back" href="${href}">${icon('back')}${words}</a>`;
}
