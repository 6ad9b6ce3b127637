import type { ProofKind } from '@sallyport/contract/proofs.ts';
import { attributes, type Fill, type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { type Notice, say } from '../notice.ts';
import { button } from '../parts/button.ts';
import { withCommands } from '../parts/commands.ts';
import { errorSummary, form, goodNews } from '../parts/form.ts';
import { icon } from '../parts/icons.ts';
import { withoutPasskeys, withPasskeys } from '../parts/passkey-support.ts';
import { wayContent } from '../parts/ways.ts';
import type { View } from '../view.ts';

export interface EnrolmentState {
  readonly held: readonly ProofKind[];
  /** By policy enough to sign in with. */
  readonly enough: boolean;
  /** By policy nothing else will do. */
  readonly needsPasskey: boolean;
  /** Whether a recovery code will do for them in place of a passkey or phone. */
  readonly codesStandIn: boolean;
  readonly hasRecovery: boolean;
}

export interface EnrolData {
  readonly state: EnrolmentState;
  readonly notice: Notice | undefined;
}

const PROOFS = ['webauthn', 'password', 'totp'] as const;
/** What is set up already, what is still to come: one list until the end. */
export function enrolPage(view: View, { state, notice }: EnrolData): Html {
  const { enrol } = view.texts;
  const said = say(view, notice);
  const { done, of } = steps(state, view.cards !== undefined);
  const words = {
    webauthn: [enrol.passkey, enrol.passkeyText],
    password: [enrol.password, enrol.passwordText],
    totp: [enrol.totp, enrol.totpText],
  } as const;
  const rows = PROOFS.map((kind) => {
    const [name, hint] = words[kind];
    const held = state.held.includes(kind);
    const tag = state.needsPasskey ? enrol.needed : enrol.recommended;
    return row(view, { kind, name, hint, held, open: true, ...(kind === 'webauthn' && { tag }) });
  });
  const card =
    view.cards !== undefined &&
    row(view, {
      kind: 'card',
      name: view.texts.addProof.card,
      hint: view.texts.addProof.cardText,
      held: state.held.includes('card'),
      open: true,
    });
  const recovery = row(view, {
    kind: 'recovery',
    name: enrol.recovery,
    hint: state.enough
      ? state.codesStandIn
        ? enrol.recoveryText
        : enrol.recoveryBeside
      : state.needsPasskey
        ? enrol.recoveryAfterPasskey
        : enrol.recoveryLater,
    held: state.hasRecovery,
    open: state.enough,
  });
  const ready = state.enough && state.hasRecovery;
  // Ready before anything was set up here: whoever comes so had lost something, and could finish without another.
  const whole = ready && said.good === undefined ? enrol.textReady : enrol.text;
  const lead = state.needsPasskey ? enrol.textPasskey : whole;
  return doorway(view, {
    title: enrol.title(view.visitor?.displayName ?? ''),
    failed: said.bad !== undefined,
    open: done === 0 ? 0 : state.enough ? 2 : 1,
    body: html`<p class="lead">${lead}</p>
${errorSummary(said.bad)}${goodNews(said.good)}
${missing(view, state)}
<section class="ways"><div class="progress"><progress max="${of}" value="${done}" aria-label="${enrol.steps(done, of)}"></progress><span>${enrol.steps(done, of)}</span></div>
<ul>${rows}${card}${recovery}</ul></section>
${!state.held.includes('webauthn') && !state.needsPasskey && withoutPasskeys(enrol.noPasskeys, 'help')}
${ready && form(view, '/enrol/finish', button(enrol.finish))}`,
  });
}

/** As many as the list shows as done; and what is to come still: until policy has enough a second proof, or another, and then the codes. */
function steps({ held, enough, hasRecovery }: EnrolmentState, cards: boolean) {
  const listed = cards ? [...PROOFS, 'card' as const] : PROOFS;
  const proofs = listed.filter((kind) => held.includes(kind)).length;
  const toCome = (enough ? 0 : Math.max(1, 2 - proofs)) + (hasRecovery ? 0 : 1);
  const done = proofs + (hasRecovery ? 1 : 0);
  return { done, of: done + toCome };
}

/** Why what is set up is not enough, where the list alone would not say it. */
function missing(view: View, { held, enough, needsPasskey }: EnrolmentState): Html | undefined {
  const { enrol } = view.texts;
  if (needsPasskey) {
    const { roles = [] } = view.visitor ?? {};
    const why = roles.length > 0 ? enrol.needsPasskeyRole : enrol.needsPasskeyRules;
    return html`<section class="needs"><h2>${enrol.needsPasskey}</h2><p>${why}</p><p data-passkeys="yes" hidden>${enrol.needsPasskeyHow}</p>${withoutPasskeys(enrol.noPasskeysNeeded, 'help')}${ownLink(view)}</section>`;
  }
  if (enough || PROOFS.filter((kind) => held.includes(kind)).length < 2) return undefined;
  return html`<section class="needs"><h2>${enrol.missing}</h2><p>${enrol.needsOther}</p>${ownLink(view)}</section>`;
}

/** For an administrator, who may have nobody to ask. */
function ownLink({ texts, visitor }: View): Html | undefined {
  if (!visitor?.roles.includes('administrator')) return undefined;
  return html`<p class="help">${withCommands(texts.enrol.ownLink(visitor.identifier))}</p>`;
}

interface Row {
  readonly kind: ProofKind;
  readonly name: string;
  readonly hint: string;
  readonly held: boolean;
  readonly open: boolean;
  readonly tag?: string;
}

function row(view: View, given: Row): Html {
  const { enrol } = view.texts;
  const { kind, name, hint, held, open, tag } = given;
  if (held) {
    // Whoever comes by a pass holds proofs that are lost, or made for another host: each leads to a new one.
    const done = { words: name, hint: enrol.another(kind), tag: [icon('check'), enrol.done] };
    return html`<li><a class="way done" href="/enrol/add/${kind}">${wayContent({ icon: kind, ...done, good: true })}</a></li>`;
  }
  if (!open)
    return html`<li><div class="way closed">${wayContent({ icon: kind, words: name, hint, tag: '' })}</div></li>`;
  const label: Fill = tag === undefined ? name : html`${name} <em class="tag">${tag}</em>`;
  const passkey = attributes(kind === 'webauthn' ? withPasskeys : {});
  return html`<li${passkey}><a class="way" href="/enrol/add/${kind}">${wayContent({ icon: kind, words: label, hint })}</a></li>`;
}
