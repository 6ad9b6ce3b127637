import { type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { linkButton } from '../parts/button.ts';
import { withCommands } from '../parts/commands.ts';
import type { Texts } from '../texts.ts';
import type { View } from '../view.ts';
import { span } from '../words.ts';

type ErrorTexts = Texts['errors'];
export type ErrorName = {
  [K in keyof ErrorTexts]: ErrorTexts[K] extends { title: string } ? K : never;
}[keyof ErrorTexts];

export interface ErrorData {
  readonly name: ErrorName;
  readonly request: string;
  readonly retryInMs?: number;
  readonly next: string;
  readonly onward?: { readonly app: string; readonly to: string } | undefined;
}

/** Told generically; what really happened stands in the log and the record under the request's number. */
export function errorPage(view: View, data: ErrorData): Html {
  const { errors } = view.texts;
  const { title, text, next } = errors[data.name];
  const { name } = data;
  const { visitor } = view;
  const own =
    visitor?.roles.includes('administrator') && (name === 'not-permitted' || name === 'closed')
      ? view.texts.administrators[name](visitor.identifier)
      : text;
  const { retryInMs: wait, onward } = data;
  return doorway(view, {
    title,
    body: html`<p class="lead">${withCommands(own)}</p>
${wait !== undefined && html`<p class="lead"><b>${errors.waitFor(span(view.texts, wait))}</b></p>`}
${onward && linkButton(errors.backTo(onward.app), onward.to, { weight: 'primary' })}
${linkButton(next, data.next, { weight: onward ? 'quiet' : 'primary' })}
${data.name === 'fault' && html`<p class="number">${errors.request} ${data.request}</p>`}`,
  });
}
