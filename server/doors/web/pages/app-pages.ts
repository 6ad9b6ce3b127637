import type { ErrorData, OverData, SignOutData } from '../../../http/app-pages.ts';
import { type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { button, linkButton } from '../parts/button.ts';
import type { View } from '../view.ts';
import { foreignForm } from './device-pages.ts';

/** An application asks that its person sign out (OpenID Connect RP-Initiated Logout §2): they are asked. */
export function appSignOutPage(view: View, { app, action, xsrf }: SignOutData): Html {
  const { appSignOut } = view.texts;
  return doorway(view, {
    title: appSignOut.title,
    body: html`<p class="lead">${appSignOut.text(app)}</p>
${foreignForm(action, xsrf, [button(appSignOut.yes, { name: 'logout', value: 'yes' })])}
${foreignForm(action, xsrf, [button(appSignOut.no, { weight: 'quiet' })])}`,
  });
}

/** Nothing is wrong, so nothing is said to be: a laptop slept, or a page was gone back to. */
export function appOverPage(view: View, { app }: OverData): Html {
  const { appOver } = view.texts;
  return doorway(view, {
    title: appOver.title,
    body: html`<p class="lead">${appOver.text(app?.title)}</p>
${app?.home !== undefined && linkButton(appOver.next(app.title), app.home, { weight: 'primary' })}`,
  });
}

export function appErrorPage(view: View, { error, detail, request }: ErrorData): Html {
  const { appError } = view.texts;
  return doorway(view, {
    title: appError.title,
    failed: true,
    body: html`<p class="lead">${appError.text}</p>
<p class="number">${error}${detail !== undefined && html`: ${detail}`}</p>
<p class="number">${appError.request} ${request}</p>`,
  });
}
