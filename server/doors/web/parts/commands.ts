import { type Html, html } from '../html.ts';

/** A text in which what is to be typed at a terminal stands between backticks, and looks so. */
export function withCommands(text: string): Html {
  const parts = text.split('`');
  return html`${parts.map((part, at) => (at % 2 === 0 ? part : html`<span class="command">${part}</span>`))}`;
}
