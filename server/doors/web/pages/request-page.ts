/**
 * What an application asks of a person in the background (CIBA). Who began it sees a number there and finds it here; who did not
 * has nothing to go by, and a button that says so.
 */
import type { SeenRequest } from '../../../gate/use-cases/apps/app-request-words.ts';
import { type Fill, type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { factsList, toldAddress } from '../parts/asked-facts.ts';
import { asks } from '../parts/asks.ts';
import { button, linkButton } from '../parts/button.ts';
import { form } from '../parts/form.ts';
import type { View } from '../view.ts';
import { span } from '../words.ts';

export type RequestData = Omit<SeenRequest, 'demand' | 'apis'> & {
  /** Where proofs are shown, and whence one comes back. */
  readonly proving: string;
};

export function requestPage(view: View, data: RequestData): Html {
  const { request } = view.texts;
  const { id, title, numbers } = data;
  return doorway(view, {
    title: request.title(title),
    open: 1,
    body: html`<p class="lead">${data.firstParty ? request.own : request.others}</p>
${facts(view, data)}
${asks(view, data)}
${
  numbers.length === 0
    ? html`<div class="stack">${linkButton(request.proofFirst, data.proving, { weight: 'primary' })}<p class="help">${request.proofFirstText}</p></div>`
    : choice(view, data)
}
<div class="summary" role="note"><p>${request.warning}</p></div>
${form(view, `/me/requests/${id}/disown`, [
  button(request.disown, { weight: 'danger' }),
  html`<p class="help">${request.disownText}</p>`,
])}`,
  });
}

function choice(view: View, { id, title, numbers }: RequestData): Html {
  const { request } = view.texts;
  const buttons = numbers.map((number) =>
    button(String(number), {
      weight: 'plain',
      name: 'number',
      value: String(number),
      label: request.numberNamed(number),
    }),
  );
  return html`<section class="asks" aria-labelledby="which"><h2 id="which">${request.which(title)}</h2>
<p class="help">${request.wrong}</p>
${form(view, `/me/requests/${id}`, html`<div class="numbers">${buttons}</div>`)}</section>`;
}

function facts(view: View, { message, address, place, expiresAt }: RequestData): Html {
  const { request, consent } = view.texts;
  const rows: readonly (readonly [string, Fill])[] = [
    // Its text may run the other way, and must not take ours along.
    ...(message === undefined ? [] : [[request.message, html`“<bdi>${message}</bdi>”`] as const]),
    [request.from, toldAddress(view, address)],
    ...(place === undefined ? [] : [[request.place, toldAddress(view, place)] as const]),
    [consent.as, view.visitor?.displayName ?? ''],
    [request.ends, span(view.texts, expiresAt - view.now)],
  ];
  return factsList(rows);
}
