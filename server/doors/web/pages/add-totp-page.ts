import { z } from 'zod';
import { Fault } from '../../../kernel/fault.ts';
import { type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { backLink, button } from '../parts/button.ts';
import { copyButton, errorSummary, field, form, tabOf } from '../parts/form.ts';
import { qr } from '../parts/qr.ts';
import type { View } from '../view.ts';
import type { AddPage } from './add-passkey-page.ts';

const TotpOffer = z.object({
  uri: z.string(),
  /** In groups, as it is shown. */
  key: z.string(),
  algorithm: z.string(),
  digits: z.number(),
  period: z.number(),
});
export type TotpOffer = z.infer<typeof TotpOffer>;

export function readTotpOffer(offer: unknown): TotpOffer {
  const read = TotpOffer.safeParse(offer);
  if (!read.success) throw new Fault('door', 'an authenticator was offered without its key');
  return read.data;
}

export function addTotpPage(view: View, data: AddPage & { readonly offer: TotpOffer }): Html {
  const { addTotp, form: words } = view.texts;
  const { uri, key, digits, period, algorithm } = data.offer;
  const code = field(view, {
    name: 'code',
    label: addTotp.code,
    help: addTotp.codeHelp,
    autocomplete: 'one-time-code',
    inputmode: 'numeric',
    maxlength: 12,
    code: true,
    invalid: data.wrong !== undefined,
  });
  return doorway(view, {
    title: addTotp.title,
    failed: data.wrong !== undefined,
    open: 1,
    body: html`${errorSummary(data.wrong)}
<div class="stack"><p class="lead">${addTotp.scan}</p>${qr(uri, addTotp.qrLabel)}
<details><summary>${addTotp.typeInstead}</summary><div class="stack"><code class="key">${key}</code><p class="help">${addTotp.keyFacts(digits, period, algorithm)}</p>
<div class="pair">${copyButton(view, key.replaceAll(' ', ''))}<a class="button quiet" href="${uri}">${addTotp.openApp}</a></div></div></details></div>
${form(view, data.path, [tabOf(data.tab), code, button(addTotp.button)])}`,
    foot: backLink(words.back, data.back),
  });
}
