import { attributes, type Fill, type Html, html } from '../html.ts';
import type { View } from '../view.ts';

interface FormOptions {
  readonly class?: string;
  /** Hidden until our browser code has made it work. */
  readonly hidden?: boolean;
  readonly data?: Readonly<Record<string, string>>;
}

/** Every form posts to our own path and carries the token that proves it came from this page. */
export function form(view: View, action: string, content: Fill, options: FormOptions = {}): Html {
  const data = Object.entries(options.data ?? {}).map(([name, value]) => [`data-${name}`, value]);
  const more = attributes({
    class: options.class,
    hidden: options.hidden,
    ...Object.fromEntries(data),
  });
  return html`<form method="post" action="${action}"${more}><input type="hidden" name="csrf" value="${view.csrf}">${content}</form>`;
}

/** Says which tab a form is from (tabs.ts). */
export function tabOf(tab: string): Html {
  return html`<input type="hidden" name="tab" value="${tab}">`;
}

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type?: 'text' | 'password';
  readonly help?: string;
  readonly error?: string | undefined;
  /** The error summary above says what is wrong with this, the only field. */
  readonly invalid?: boolean;
  readonly value?: string | undefined;
  readonly autocomplete: string;
  readonly focus?: boolean;
  readonly inputmode?: 'numeric' | 'text' | 'email';
  readonly maxlength?: number;
  readonly code?: boolean;
}

export function field(view: View, given: Field): Html {
  const { name, label, type = 'text', help, error, value, code } = given;
  const wrong = error !== undefined || given.invalid === true;
  const describedBy = [
    error !== undefined && `${name}-error`,
    given.invalid === true && 'error-summary',
    help !== undefined && `${name}-help`,
  ]
    .filter((id) => id !== false)
    .join(' ');
  const more = attributes({
    type,
    value,
    class: code === true ? 'code' : undefined,
    autocomplete: given.autocomplete,
    inputmode: given.inputmode,
    maxlength: given.maxlength,
    autofocus: given.focus === true || wrong,
    'aria-describedby': describedBy === '' ? undefined : describedBy,
    'aria-invalid': wrong ? 'true' : undefined,
    autocapitalize: 'none',
    spellcheck: 'false',
  });
  const show =
    type === 'password' &&
    html`<button type="button" class="show" hidden data-show="${name}" data-shown="${view.texts.form.hidePassword}" aria-controls="${name}">${view.texts.form.showPassword}</button>`;
  return html`<div class="field">
<label for="${name}">${label}</label>
${help !== undefined && html`<p class="help" id="${name}-help">${help}</p>`}
${error !== undefined && html`<p class="wrong" id="${name}-error">${error}</p>`}
<div class="input"><input id="${name}" name="${name}" required${more}>${show}</div>
</div>`;
}

/** Said first and read aloud at once: what went wrong, and where there are several fields a way to the one it is about. */
export function errorSummary(text: string | undefined, fieldName?: string): Html | undefined {
  if (text === undefined) return undefined;
  const said = fieldName === undefined ? text : html`<a href="#${fieldName}">${text}</a>`;
  return html`<div class="summary" role="alert" id="error-summary"><p>${said}</p></div>`;
}

export function goodNews(text: string | undefined): Html | undefined {
  return text === undefined ? undefined : html`<p class="news" role="status">${text}</p>`;
}

/** Works by our browser code alone, and is hidden without it: what it copies stands beside it. */
export function copyButton(view: View, copies: string, words = view.texts.form.copy): Html {
  return html`<button type="button" class="button plain" hidden data-copy="${copies}" data-copied="${view.texts.form.copied}">${words}</button>`;
}
