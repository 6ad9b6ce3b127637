import type { ProofKind } from '@sallyport/contract/proofs.ts';
import { type Fill, type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { type Notice, say } from '../notice.ts';
import { button } from '../parts/button.ts';
import { errorSummary, form, goodNews } from '../parts/form.ts';
import { icon } from '../parts/icons.ts';
import { wayContent } from '../parts/ways.ts';
import type { View } from '../view.ts';

export interface EnrolmentState {
  readonly held: readonly ProofKind[];
  /** By policy enough to sign in with. */
  readonly enough: boolean;
  readonly hasRecovery: boolean;
}

export interface EnrolData {
  readonly state: EnrolmentState;
  readonly notice: Notice | undefined;
}

const PROOFS = ['webauthn', 'password', 'totp'] as const;
const WANTED = 3; // Two proofs and the recovery codes.

/** What is set up already, what is still to come: one list until the end. */
export function enrolPage(view: View, { state, notice }: EnrolData): Html {
  const { enrol } = view.texts;
  const said = say(view, notice);
  const proofs = PROOFS.filter((kind) => state.held.includes(kind)).length;
  const done = Math.min(proofs, 2) + (state.hasRecovery ? 1 : 0);
  const words = {
    webauthn: [enrol.passkey, enrol.passkeyText],
    password: [enrol.password, enrol.passwordText],
    totp: [enrol.totp, enrol.totpText],
  } as const;
  const rows = PROOFS.map((kind) => {
    const [name, hint] = words[kind];
    const held = state.held.includes(kind);
    const recommended = kind === 'webauthn' && !held;
    return row(view, { kind, name, hint, held, open: true, recommended });
  });
  const recovery = row(view, {
    kind: 'recovery',
    name: enrol.recovery,
    hint: state.enough ? enrol.recoveryText : enrol.recoveryLater,
    held: state.hasRecovery,
    open: state.enough,
    recommended: false,
  });
  const ready = state.enough && state.hasRecovery;
  return doorway(view, {
    title: enrol.title(view.visitor?.displayName ?? ''),
    failed: said.bad !== undefined,
    open: done === 0 ? 0 : state.enough ? 2 : 1,
    body: html`<p class="lead">${enrol.text}</p>
${errorSummary(said.bad)}${goodNews(said.good)}
<section class="ways"><div class="progress"><progress max="${WANTED}" value="${done}" aria-label="${enrol.steps(done, WANTED)}"></progress><span>${enrol.steps(done, WANTED)}</span></div>
<ul>${rows.map((each) => html`<li>${each}</li>`)}<li>${recovery}</li></ul></section>
${ready && form(view, '/enrol/finish', button(enrol.finish))}`,
  });
}

interface Row {
  readonly kind: ProofKind;
  readonly name: string;
  readonly hint: string;
  readonly held: boolean;
  readonly open: boolean;
  readonly recommended: boolean;
}

function row(view: View, given: Row): Html {
  const { enrol } = view.texts;
  const { kind, name, hint, held, open, recommended } = given;
  if (held) {
    return html`<div class="way done">${wayContent({ icon: kind, words: name, hint, tag: [icon('check'), enrol.done], good: true })}</div>`;
  }
  if (!open)
    return html`<div class="way closed">${wayContent({ icon: kind, words: name, hint, tag: '' })}</div>`;
  const label: Fill = recommended ? html`${name} <em class="tag">${enrol.recommended}</em>` : name;
  return html`<a class="way" href="/enrol/add/${kind}">${wayContent({ icon: kind, words: label, hint })}</a>`;
}
