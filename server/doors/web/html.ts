/**
 * Pages are written as tagged templates. Whatever is filled in is escaped, except what came out of a template itself; so a
 * page can't forget to escape. Attributes are always quoted: `<a href="${path}">`.
 */
import { escapeHtml } from '../../http/escape-html.ts';

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
}

/** What a template can be filled with; nothing is shown for undefined and false, so that parts can be left out. */
export type Fill = string | number | Html | undefined | false | readonly Fill[];

function fill(value: Fill): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(fill).join('');
  return escapeHtml(String(value));
}

export function html(strings: TemplateStringsArray, ...values: readonly Fill[]): Html {
  let text = strings[0] ?? '';
  values.forEach((value, at) => {
    text += fill(value) + (strings[at + 1] ?? '');
  });
  return new Html(text);
}

/** Attributes that may be absent: `<input${attributes({ required: true, value })}>`. */
export function attributes(
  all: Readonly<Record<string, string | number | boolean | undefined>>,
): Html {
  let text = '';
  for (const [name, value] of Object.entries(all)) {
    if (value === undefined || value === false) continue;
    text += value === true ? ` ${name}` : ` ${name}="${escapeHtml(String(value))}"`;
  }
  return new Html(text);
}
