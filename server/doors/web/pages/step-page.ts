/** One proof asked for, with a choice of the others that would do: in the middle of a sign-in, or before something sensitive. */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { OpenAttempt } from '../../../gate/outcome.ts';
import { type Html, html } from '../html.ts';
import { withTab } from '../kept.ts';
import { doorway } from '../layout.ts';
import { type Notice, say } from '../notice.ts';
import { button } from '../parts/button.ts';
import { cardLink } from '../parts/card-link.ts';
import { withCommands } from '../parts/commands.ts';
import { errorSummary, type Field, field, form, tabOf } from '../parts/form.ts';
import { passkeyForm } from '../parts/passkey-form.ts';
import { onlyWithPasskeys, withoutPasskeys } from '../parts/passkey-support.ts';
import { stateIcon } from '../parts/state-badge.ts';
import { type Way, ways } from '../parts/ways.ts';
import type { Texts } from '../texts.ts';
import type { View } from '../view.ts';

type Challenge = OpenAttempt['challenges'][number];

export interface StepData {
  /** Where this page lives: `/signin/step`, `/confirm` or `/enrol`. */
  readonly path: string;
  readonly attempt: Pick<OpenAttempt, 'challenges' | 'proven'>;
  /** Which tab this is, for its links (kept.ts). */
  readonly of?: string | undefined;
  /** What this tab is in the middle of, for its forms to say (tabs.ts). */
  readonly tab: string;
  /** The kind that was chosen among those offered. */
  readonly chosen: ProofKind | undefined;
  readonly notice: Notice | undefined;
  /** The name that was typed; undefined when the proof names its owner. */
  readonly identifier: string | undefined;
  /** What a step-up is for. */
  readonly confirms: string | undefined;
}

export function stepPage(view: View, data: StepData): Html {
  const { step } = view.texts;
  const { challenges, proven } = data.attempt;
  const current = choose(challenges, data.chosen);
  const said = say(view, data.notice);
  const [first] = proven;
  const confirming = data.confirms !== undefined;
  const title = confirming
    ? step.confirmTitle
    : first === undefined
      ? step.firstTitle
      : step.secondTitle;
  const lead = confirming
    ? confirmText(step, data.confirms)
    : first !== undefined &&
      html`${stateIcon(view, 'granted')} ${step.accepted(view.texts.kinds[first])}`;
  const others = challenges.filter(({ kind }) => kind !== current?.kind);
  return doorway(view, {
    title,
    failed: said.bad !== undefined,
    open: confirming || first !== undefined ? 1 : 0,
    passkeys: current?.kind === 'webauthn',
    body: html`${lead !== false && html`<p class="lead">${lead}</p>`}
${!confirming && whose(view, data)}
${errorSummary(said.bad)}
${current !== undefined && stepForm(view, data, current, said.bad)}
${!confirming && first === undefined && passwordless(step, current, others)}
${ways(
  step.ways,
  others.map(({ kind }) => wayTo(step, kind, data)),
)}
${others.some(({ kind }) => kind === 'webauthn') && withoutPasskeys(step.passkeysNoScript, 'help')}
${!confirming && first !== undefined && lost(step, data)}
${confirming && form(view, `${data.path}/leave`, [tabOf(data.tab), button(step.leave, { weight: 'quiet' })])}`,
  });
}

/** It says no more of what is held, and of what the rules ask for, than the ways that are offered above it. */
function lost(step: Texts['step'], { attempt, of }: StepData): Html {
  const takesCode = attempt.challenges.some(({ kind }) => kind === 'recovery');
  const text = takesCode ? step.lostText : step.lostNoCode;
  return html`<section class="lost"><h2>${step.lost}</h2><p class="help">${withCommands(text)} <a href="${withTab('/enrol', of)}">${step.lostLink}</a>.</p></section>`;
}

/** The same for everyone, as the password comes first for everyone (`choose`): it tells nothing of what is held. */
function passwordless(
  step: Texts['step'],
  current: Challenge | undefined,
  others: readonly Challenge[],
): Html | undefined {
  const both = current?.kind === 'password' && others.some(({ kind }) => kind === 'webauthn');
  return both ? onlyWithPasskeys(html`<p class="help">${step.passwordless}</p>`) : undefined;
}

function confirmText(step: Texts['step'], action: string | undefined): string {
  const texts: Readonly<Record<string, string>> = step.confirmText;
  return texts[action ?? ''] ?? step.confirmOther;
}

/** A password needs no script and no device at hand, so it comes before a passkey unless the person chose. */
function choose(
  challenges: readonly Challenge[],
  chosen: ProofKind | undefined,
): Challenge | undefined {
  const find = (kind: ProofKind | undefined) => challenges.find((each) => each.kind === kind);
  return find(chosen) ?? find('password') ?? challenges[0];
}

function whose(view: View, { identifier, tab }: StepData): Html | undefined {
  if (identifier === undefined) return undefined;
  const { step } = view.texts;
  const leave = form(view, '/signin/leave', [tabOf(tab), button(step.notYou, { weight: 'quiet' })]);
  return html`<div class="whose"><span class="unseen">${step.as}</span><b>${identifier}</b>${leave}</div>`;
}

function wayTo(step: Texts['step'], kind: ProofKind, { path, of }: StepData): Way {
  const href = withTab(`${path}?with=${kind}`, of);
  const passkey = kind === 'webauthn';
  return { icon: kind, words: step[`${kind}Way`], hint: step[`${kind}Hint`], href, passkey };
}

function stepForm(
  view: View,
  data: StepData,
  challenge: Challenge,
  wrong: string | undefined,
): Html {
  const { step } = view.texts;
  const { kind } = challenge;
  const last = data.confirms === undefined && data.attempt.proven.length > 0;
  const words = last ? step.enter : step.next;
  if (kind === 'webauthn') {
    const alone = data.attempt.challenges.every((each) => each.kind === 'webauthn');
    const asked = passkeyForm(view, {
      action: data.path,
      does: 'get',
      options: challenge.data,
      tab: data.tab,
      words: step.webauthnButton,
    });
    return html`${onlyWithPasskeys(html`<h2>${step.webauthnTitle}</h2><p>${step.webauthnHelp}</p>${asked}`)}
${withoutPasskeys(alone ? step.webauthnOnlyNoScript : step.webauthnNoScript)}`;
  }
  if (kind === 'card') {
    const to = data.confirms === undefined ? 'signin' : 'confirm';
    return cardLink(view, challenge.data, to, step, data.of);
  }
  const invalid = wrong === undefined ? {} : { invalid: true };
  const hidden = html`<input type="hidden" name="kind" value="${kind}">${tabOf(data.tab)}`;
  // Password managers look for the name beside the password (HTML autofill, username).
  const username =
    kind === 'password' &&
    data.identifier !== undefined &&
    html`<input hidden name="username" autocomplete="username" value="${data.identifier}">`;
  return form(view, data.path, [
    hidden,
    username,
    field(view, { ...stepField(step, kind), ...invalid }),
    button(words),
  ]);
}

function stepField(step: Texts['step'], kind: Exclude<ProofKind, 'webauthn' | 'card'>): Field {
  const code = { name: 'code', focus: true, code: true } as const;
  switch (kind) {
    case 'password':
      return {
        name: 'password',
        type: 'password',
        label: step.password,
        autocomplete: 'current-password',
        focus: true,
      };
    case 'totp':
      return {
        ...code,
        label: step.totp,
        help: step.totpHelp,
        autocomplete: 'one-time-code',
        inputmode: 'numeric',
        maxlength: 12,
      };
    case 'upstream':
      return {
        ...code,
        label: step.upstream,
        help: step.upstreamHelp,
        autocomplete: 'one-time-code',
        maxlength: 64,
      };
    case 'recovery':
      return {
        ...code,
        label: step.recovery,
        help: step.recoveryHelp,
        autocomplete: 'off',
        maxlength: 64,
      };
    case 'pass':
      return { ...code, label: step.pass, help: step.passHelp, autocomplete: 'off', maxlength: 64 };
  }
}
