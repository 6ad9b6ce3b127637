/** What is known of something that a person is asked to answer for: who asks, from where, for how long. */
import { type Fill, type Html, html } from '../html.ts';
import type { View } from '../view.ts';
import { placeName } from '../words.ts';

export function factsList(rows: readonly (readonly [name: string, value: Fill])[]): Html {
  return html`<dl class="facts-list">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

export function toldAddress(view: View, address: string): string {
  return `${address}, ${placeName(view.texts, address)}`;
}
