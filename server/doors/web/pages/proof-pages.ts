/** The small pages about one proof: which to add, another name, removing it. */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { OwnProof } from '../../../gate/use-cases/people/portal.ts';
import { type Html, html } from '../html.ts';
import { desk } from '../layout.ts';
import { backLink, button, linkButton } from '../parts/button.ts';
import { errorSummary, field, form } from '../parts/form.ts';
import { type Way, ways } from '../parts/ways.ts';
import type { View } from '../view.ts';

export function addProofPage(view: View, data: { readonly held: readonly ProofKind[] }): Html {
  const { addProof, enrol, shell } = view.texts;
  const way = (kind: ProofKind, words: string, hint: string): Way => ({
    icon: kind,
    words,
    hint,
    href: `/me/proofs/add/${kind}`,
    passkey: kind === 'webauthn',
  });
  const rows = [
    way('webauthn', enrol.passkey, enrol.passkeyText),
    way('totp', enrol.totp, enrol.totpText),
    view.cards !== undefined && way('card', addProof.card, addProof.cardText),
    view.upstream === true &&
      !data.held.includes('upstream') &&
      way('upstream', addProof.upstream, addProof.upstreamText),
    !data.held.includes('password') && way('password', enrol.password, enrol.passwordText),
    !data.held.includes('recovery') && way('recovery', enrol.recovery, enrol.recoveryText),
  ].filter((row) => row !== false);
  return desk(view, {
    title: addProof.title,
    narrow: true,
    body: html`${backLink(shell.account, '/me')}
<div class="greeting"><h1>${addProof.title}</h1><p class="soft">${addProof.text}</p></div>
${ways(undefined, rows)}`,
  });
}

export function renameProofPage(
  view: View,
  data: { readonly proof: OwnProof; readonly value: string; readonly wrong: string | undefined },
): Html {
  const { rename, form: words } = view.texts;
  const name = field(view, {
    name: 'name',
    label: rename.label,
    help: rename.help,
    value: data.value,
    autocomplete: 'off',
    maxlength: 64,
    focus: true,
    invalid: data.wrong !== undefined,
  });
  return desk(view, {
    title: rename.title,
    failed: data.wrong !== undefined,
    narrow: true,
    body: html`<h1>${rename.title}</h1>
${errorSummary(data.wrong)}
${form(view, `/me/proofs/${data.proof.id}/rename`, [
  name,
  html`<div class="pair">${button(rename.button)}${linkButton(words.cancel, '/me', { weight: 'quiet' })}</div>`,
])}`,
  });
}

export function removeProofPage(
  view: View,
  data: { readonly proof: OwnProof; readonly wrong: string | undefined },
): Html {
  const { remove } = view.texts;
  const { proof } = data;
  return desk(view, {
    title: remove.title(proof.name),
    failed: data.wrong !== undefined,
    narrow: true,
    body: html`<h1>${remove.title(proof.name)}</h1>
${errorSummary(data.wrong)}
<p>${remove.text}</p><p>${remove[proof.kind]}</p>
${form(view, `/me/proofs/${proof.id}/remove`, html`<div class="pair">${button(remove.button, { weight: 'danger' })}${linkButton(remove.keep, '/me', { weight: 'quiet' })}</div>`)}`,
  });
}
