import { type Html, html } from '../html.ts';
import type { View } from '../view.ts';

export type State = 'granted' | 'challenged' | 'refused' | 'unknown';

const SHAPES: Readonly<Record<State, Html>> = {
  granted: html`<circle cx="6" cy="6" r="5" fill="currentColor"/>`,
  challenged: html`<circle cx="6" cy="6" r="4.3"/><path d="M6 1.7a4.3 4.3 0 0 1 0 8.6z" fill="currentColor"/>`,
  refused: html`<path d="M1.5 1.5h9v9h-9z" fill="currentColor"/>`,
  unknown: html`<circle cx="6" cy="6" r="4.3"/>`,
};

/** The gate's three answers, the same icon and colour everywhere; never colour alone. */
export function stateIcon(view: View, state: State, word = view.texts.states[state]): Html {
  return html`<span class="state state-${state}"><svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" focusable="false">${SHAPES[state]}</svg><span class="unseen">${word}</span></span>`;
}
