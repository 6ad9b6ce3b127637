import { type Html, html } from '../html.ts';
import type { View } from '../view.ts';
import { button } from './button.ts';
import { form, tabOf } from './form.ts';
import { icon } from './icons.ts';

/** What browser/passkey.ts says: it has no words of its own. */
export function passkeyTexts(view: View): string {
  return JSON.stringify(view.texts.browser);
}

/** A form that our browser code sends once the browser has made the proof; hidden until that code has set it up. */
export function passkeyForm(
  view: View,
  given: {
    readonly action: string;
    readonly does: 'get' | 'create';
    readonly options: unknown;
    readonly tab: string;
    readonly words: string;
  },
): Html {
  return form(
    view,
    given.action,
    html`${tabOf(given.tab)}<input type="hidden" name="kind" value="webauthn"><input type="hidden" name="credential">${button([icon('webauthn'), given.words])}<p class="help" role="status"></p>`,
    {
      hidden: true,
      data: {
        passkey: given.does,
        options: JSON.stringify(given.options),
        texts: passkeyTexts(view),
        again: '',
      },
    },
  );
}
