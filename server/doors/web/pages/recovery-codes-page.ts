import { attributes, type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { backLink, button } from '../parts/button.ts';
import { copyButton, errorSummary, form, tabOf } from '../parts/form.ts';
import type { View } from '../view.ts';

export interface CodesData {
  readonly path: string;
  readonly codes: readonly string[];
  /** The box was not ticked. */
  readonly unkept: boolean;
}

/** Shown once. The codes come from the sealed cookie of this browser and are gone when the person goes on. */
export function recoveryCodesPage(view: View, data: CodesData): Html {
  const { codes } = view.texts;
  const wrong = data.unkept ? codes.keptNeeded : undefined;
  const list = data.codes.map((code) => html`<li>${code}</li>`);
  return doorway(view, {
    title: codes.title,
    failed: wrong !== undefined,
    open: 2,
    body: html`<p class="lead">${codes.text}</p>
${errorSummary(wrong)}
<ol class="codes">${list}</ol>
<div class="pair">${form(view, `${data.path}/file`, button(codes.download, { weight: 'plain' }), { data: { again: '' } })}${copyButton(view, data.codes.join('\n'), codes.copyAll)}</div>
<p class="help">${codes.how}</p>
${form(view, data.path, [
  html`<label class="check"><input type="checkbox" id="kept" name="kept" value="yes" required${attributes({ 'aria-describedby': wrong && 'error-summary', autofocus: data.unkept })}> ${codes.kept}</label>`,
  button(codes.button),
])}`,
  });
}

export interface MakeCodesData {
  readonly path: string;
  readonly back: string;
  /** Whether there are codes that would stop working. */
  readonly voids: boolean;
  readonly wrong: string | undefined;
  readonly tab: string;
}

export function makeCodesPage(view: View, data: MakeCodesData): Html {
  const { codes, form: words } = view.texts;
  return doorway(view, {
    title: codes.makeTitle,
    failed: data.wrong !== undefined,
    open: 1,
    body: html`<p class="lead">${codes.makeText}</p>
${errorSummary(data.wrong)}
${data.voids && html`<p>${codes.makeVoids}</p>`}
${form(view, data.path, [tabOf(data.tab), button(codes.makeButton)])}`,
    foot: backLink(words.back, data.back),
  });
}
