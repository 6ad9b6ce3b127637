/**
 * Passkeys need our browser code. What offers one is hidden until that code has found that this browser has them
 * (browser/page.ts); what is to be said without them shows where there is no script, or no passkeys.
 */
import { type Fill, type Html, html } from '../html.ts';

/** For `attributes`, on whatever offers a passkey. */
export const withPasskeys = { 'data-passkeys': 'yes', hidden: true } as const;

export function onlyWithPasskeys(content: Fill): Html {
  return html`<div class="stack" data-passkeys="yes" hidden>${content}</div>`;
}

export function withoutPasskeys(words: string, weight: 'summary' | 'help' = 'summary'): Html {
  return html`<noscript><p class="${weight}">${words}</p></noscript><p class="${weight}" data-passkeys="no" hidden>${words}</p>`;
}
