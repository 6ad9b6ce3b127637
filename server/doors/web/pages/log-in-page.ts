/**
 * A log-in at a network device that waits for its person's passkey. Whoever began it has typed the password; who sees a number there
 * types it here, and who didn't begin it has a button that says so, and is told what to do.
 */
import type { AskedLogIn } from '../../../gate/use-cases/network/own-log-ins.ts';
import { type Fill, type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { factsList, toldAddress } from '../parts/asked-facts.ts';
import { button, linkButton } from '../parts/button.ts';
import { field, form } from '../parts/form.ts';
import type { View } from '../view.ts';
import { span, when } from '../words.ts';

export type LogInData = Omit<AskedLogIn, 'demand'> & {
  /** Where a passkey is shown, and whence one comes back. */
  readonly proving: string;
};

export function logInPage(view: View, data: LogInData): Html {
  const { logIn } = view.texts;
  const { id, client, numbered } = data;
  return doorway(view, {
    title: logIn.title(client),
    open: 1,
    body: html`<p class="lead">${logIn.lead}</p>
${facts(view, data)}
${data.ready ? answer(view, data) : proofFirst(view, data)}
<div class="summary" role="note"><p>${numbered ? logIn.warning : logIn.warningNoNumber}</p></div>
${form(view, `/me/logins/${id}/disown`, [
  button(logIn.disown, { weight: 'danger' }),
  html`<p class="help">${logIn.disownText}</p>`,
])}`,
  });
}

/** What to do about somebody who knows the password. */
export function refusedLogInPage(view: View): Html {
  const { logIn } = view.texts;
  return doorway(view, {
    title: logIn.refusedTitle,
    open: 1,
    body: html`<p class="lead" role="status">${logIn.refusedText}</p>
<div class="stack">${linkButton(logIn.changePassword, '/me/proofs/add/password', { weight: 'primary' })}${linkButton(logIn.home, '/me', { weight: 'quiet' })}</div>`,
  });
}

function proofFirst(view: View, { client, numbered, proving }: LogInData): Html {
  const { logIn } = view.texts;
  const then = numbered ? logIn.proofFirstText(client) : logIn.proofFirstOnly;
  return html`<div class="stack">${linkButton(logIn.proofFirst, proving, { weight: 'primary' })}<p class="help">${then}</p></div>`;
}

function answer(view: View, { id, client, numbered }: LogInData): Html {
  const { logIn } = view.texts;
  return form(view, `/me/logins/${id}`, [
    numbered &&
      field(view, {
        name: 'number',
        label: logIn.number(client),
        help: logIn.wrong,
        autocomplete: 'off',
        inputmode: 'numeric',
        maxlength: 2,
        code: true,
        focus: true,
      }),
    button(logIn.yes, { weight: 'primary' }),
  ]);
}

function facts(view: View, { service, address, station, createdAt, expiresAt }: LogInData): Html {
  const { logIn, consent } = view.texts;
  const rows: readonly (readonly [string, Fill])[] = [
    [logIn.what, logIn.services[service] ?? service],
    [logIn.from, toldAddress(view, address)],
    // As the network device told it: its text may run the other way, and must not take ours along.
    ...(station === undefined || station === address
      ? []
      : [[logIn.station, html`<bdi>${station}</bdi>`] as const]),
    [consent.as, view.visitor?.displayName ?? ''],
    [logIn.when, when(view, createdAt)],
    [logIn.ends, span(view.texts, expiresAt - view.now)],
  ];
  return factsList(rows);
}
