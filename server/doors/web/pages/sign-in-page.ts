import { type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { type Notice, say } from '../notice.ts';
import { button } from '../parts/button.ts';
import { errorSummary, field, form, tabOf } from '../parts/form.ts';
import { passkeyTexts } from '../parts/passkey-form.ts';
import { withoutPasskeys } from '../parts/passkey-support.ts';
import { wayContent, ways } from '../parts/ways.ts';
import type { View } from '../view.ts';

export interface SignInData {
  readonly notice: Notice | undefined;
  readonly identifier: string | undefined;
  /** The application or site that they are on the way to. */
  readonly toward?: string | undefined;
  /** Where this tab goes on to, for its forms to say (tabs.ts). */
  readonly tab: string;
}

/** The first page: a name, or a passkey that brings its own. */
export function signInPage(view: View, data: SignInData): Html {
  const { signIn, step } = view.texts;
  const said = say(view, data.notice);
  const aboutName = data.notice?.code === 'needs-name';
  const name = field(view, {
    name: 'identifier',
    label: signIn.identifier,
    // The last word lets browsers list passkeys here (WebAuthn Level 3 §5.1.4, conditional mediation).
    autocomplete: 'username webauthn',
    focus: true,
    maxlength: 254,
    value: data.identifier,
    invalid: aboutName,
  });
  const tab = tabOf(data.tab);
  const passkey = form(
    view,
    '/signin/passkey',
    html`<input type="hidden" name="credential">${tab}<button class="way">${wayContent({ icon: 'webauthn', words: signIn.passkey, hint: signIn.passkeyHint })}</button><p class="help" role="status"></p>`,
    {
      data: {
        passkey: 'any',
        begin: '/signin/passkey/begin',
        texts: passkeyTexts(view),
        again: '',
      },
      hidden: true,
      class: 'ways',
    },
  );
  return doorway(view, {
    title: signIn.title,
    failed: said.bad !== undefined,
    passkeys: true,
    body: html`${view.organisation !== undefined && html`<p class="lead">${signIn.to(view.organisation)}</p>`}
${data.toward !== undefined && html`<p class="lead">${signIn.toward} <b>${data.toward}</b></p>`}
${errorSummary(said.bad)}
${form(view, '/signin', [tab, name, button(signIn.next)])}
${withoutPasskeys(step.passkeysNoScript, 'help')}
<div class="choices">${passkey}
${view.cards !== undefined && form(view, '/signin/card', html`${tab}<button class="way">${wayContent({ icon: 'card', words: signIn.card, hint: signIn.cardHint })}</button>`, { class: 'ways' })}
${ways(undefined, [{ icon: 'pass', words: signIn.first, hint: signIn.firstHint, href: '/enrol' }])}</div>`,
  });
}
