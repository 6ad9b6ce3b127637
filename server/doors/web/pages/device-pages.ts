/** Signing another device in by a code that it shows (RFC 8628). The code is always typed: a link that brings one is bait (§5.4). */
import type { DeviceAskData, DeviceConfirmData } from '../../../http/app-pages.ts';
import { type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { button } from '../parts/button.ts';
import { errorSummary, field } from '../parts/form.ts';
import type { View } from '../view.ts';
import { deviceName, placeName } from '../words.ts';

/** These forms carry the token of the sign-in that they are part of. */
export function foreignForm(action: string, xsrf: string, content: readonly Html[]): Html {
  return html`<form method="post" action="${action}"><input type="hidden" name="xsrf" value="${xsrf}">${content}</form>`;
}

export function deviceAskPage(view: View, { action, xsrf, problem }: DeviceAskData): Html {
  const { deviceSignIn: device } = view.texts;
  const bad = problem === undefined ? undefined : device[problem];
  const code = field(view, {
    name: 'user_code',
    label: device.code,
    help: device.help,
    autocomplete: 'off',
    code: true,
    focus: true,
    maxlength: 16,
    ...(bad === undefined ? {} : { invalid: true }),
  });
  return doorway(view, {
    title: device.title,
    failed: bad !== undefined,
    body: html`<p class="lead">${device.text}</p>${errorSummary(bad)}
${foreignForm(action, xsrf, [code, button(device.next)])}`,
  });
}

export function deviceConfirmPage(view: View, data: DeviceConfirmData): Html {
  const { deviceSignIn: device } = view.texts;
  const { action, xsrf, code, app, address, userAgent } = data;
  const hidden = html`<input type="hidden" name="confirm" value="yes"><input type="hidden" name="user_code" value="${code}">`;
  return doorway(view, {
    title: device.confirmTitle,
    open: 1,
    body: html`<p class="lead">${device.confirmText(app)}</p>
<p class="shown-code"><code>${code}</code></p>
<p class="help">${device.asked} <b>${deviceName(view.texts, userAgent)}</b>, <b title="${address}">${placeName(view.texts, address)}</b>.</p>
<div class="summary" role="note"><p>${device.warning}</p></div>
${foreignForm(action, xsrf, [hidden, button(device.yes)])}
${foreignForm(action, xsrf, [
  html`<input type="hidden" name="abort" value="yes"><input type="hidden" name="user_code" value="${code}">`,
  button(device.no, { weight: 'quiet' }),
])}`,
  });
}

export function deviceDonePage(view: View, { app }: { readonly app: string }): Html {
  const { deviceSignIn: device } = view.texts;
  return doorway(view, {
    title: device.doneTitle,
    open: 2,
    body: html`<p class="lead">${device.doneText(app)}</p>`,
  });
}
