import { type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { type Notice, say } from '../notice.ts';
import { button } from '../parts/button.ts';
import { errorSummary, field, form } from '../parts/form.ts';
import { ways } from '../parts/ways.ts';
import type { View } from '../view.ts';

export interface WelcomeData {
  /** Whether a link brought its pass along; nothing is used up until the button is pressed. */
  readonly byLink: boolean;
  readonly notice: Notice | undefined;
  readonly identifier: string | undefined;
}

/** Where a new link or pass is what helps. */
const NEEDS_ANOTHER: ReadonlySet<Notice['code']> = new Set([
  'link-over',
  'pass-over',
  'enrolment-closed',
]);

export function enrolWelcomePage(view: View, data: WelcomeData): Html {
  const { welcome, signIn } = view.texts;
  const said = say(view, data.notice);
  const aboutPass = data.notice?.code === 'pass-over';
  const typed = [
    field(view, {
      name: 'identifier',
      label: welcome.identifier,
      autocomplete: 'username',
      maxlength: 254,
      focus: true,
      value: data.identifier,
    }),
    field(view, {
      name: 'pass',
      label: welcome.pass,
      help: welcome.passHelp,
      autocomplete: 'off',
      maxlength: 64,
      code: true,
      invalid: aboutPass,
    }),
  ];
  return doorway(view, {
    title: welcome.title,
    failed: said.bad !== undefined,
    body: html`<p class="lead">${data.byLink ? welcome.linkText : welcome.typedText}</p>
${errorSummary(said.bad)}
${data.byLink && html`<p>${welcome.promise}</p>`}
${data.byLink ? form(view, '/enrol/begin', button(welcome.begin)) : form(view, '/enrol', [...typed, button(welcome.next)])}
${ways(undefined, [{ icon: 'webauthn', words: welcome.haveProofs, hint: signIn.title, href: '/signin' }])}
${data.notice !== undefined && NEEDS_ANOTHER.has(data.notice.code) && html`<section class="lost"><h2>${welcome.yourself}</h2><p class="help">${welcome.yourselfText} <span class="command">${welcome.yourselfCommand}</span>. ${welcome.yourselfFirst}</p></section>`}`,
  });
}
