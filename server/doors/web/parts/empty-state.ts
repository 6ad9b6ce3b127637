import { type Fill, type Html, html } from '../html.ts';

/** Teaches: what this is, why it is empty, the one thing to do next. */
export function emptyState(title: string, text: string, deed?: Fill): Html {
  return html`<div class="empty"><h3>${title}</h3><p>${text}</p>${deed}</div>`;
}
