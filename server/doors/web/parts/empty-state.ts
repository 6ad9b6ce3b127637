import { type Fill, type Html, html } from '../html.ts';

/** Teaches: what this is, why it is empty, the one thing to do next. */
export function emptyState(title: string, text: string, deed?: Fill): Html {
  return html`<div class="empty"><h3>${title}</h3><p>${text}</p>${deed}</div>`;
}

/** The same where it is all that a page has. */
export function emptyPage(title: string, text: string): Html {
  return html`<div class="empty"><h2>${title}</h2><p>${text}</p></div>`;
}
