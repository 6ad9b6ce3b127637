import type { OwnRequest } from '../../../gate/use-cases/apps/app-request-words.ts';
import type { OwnApp } from '../../../gate/use-cases/apps/app-words.ts';
import type { OwnLogIn } from '../../../gate/use-cases/network/own-log-ins.ts';
import type { OwnEvent } from '../../../gate/use-cases/people/activity.ts';
import type { OwnProof, OwnSession } from '../../../gate/use-cases/people/portal.ts';
import { type Fill, type Html, html } from '../html.ts';
import { desk } from '../layout.ts';
import { type Notice, say } from '../notice.ts';
import { appRows } from '../parts/app-rows.ts';
import { linkButton } from '../parts/button.ts';
import { withCommands } from '../parts/commands.ts';
import { errorSummary, goodNews } from '../parts/form.ts';
import { logInNotes } from '../parts/log-in-notes.ts';
import { moments } from '../parts/moments.ts';
import { proofRows } from '../parts/proof-rows.ts';
import { requestNotes } from '../parts/request-notes.ts';
import { sessionRows } from '../parts/session-rows.ts';
import type { View } from '../view.ts';

export interface MeData {
  readonly requests: readonly OwnRequest[];
  readonly logIns: readonly OwnLogIn[];
  readonly proofs: readonly OwnProof[];
  readonly sessions: readonly OwnSession[];
  readonly apps: readonly OwnApp[];
  readonly activity: readonly OwnEvent[];
  readonly notice: Notice | undefined;
}

const FEW_CODES = 3;

export function mePage(view: View, data: MeData): Html {
  const { me } = view.texts;
  const said = say(view, data.notice);
  const who = view.visitor;
  return desk(view, {
    title: me.title,
    failed: said.bad !== undefined,
    body: html`${errorSummary(said.bad)}${goodNews(said.good)}
<div class="greeting"><h1>${me.hello(who?.displayName ?? '')}</h1><p class="soft">${me.signsInAs} ${who?.identifier}</p>${who?.roles.includes('administrator') && html`<p class="soft">${withCommands(me.administer)}</p>`}</div>
${logInNotes(view, data.logIns)}${requestNotes(view, data.requests)}
${advice(view, data.proofs)}
${room('proofs', me.proofs, me.proofsText, proofRows(view, data.proofs))}
${room('sessions', me.sessions, me.sessionsText, sessionRows(view, data.sessions))}
${room('apps', view.texts.apps.title, view.texts.apps.text, appRows(view, data.apps))}
${room('activity', me.activity, me.activityText, [
  moments(view, data.activity),
  data.activity.length > 0 &&
    html`<div class="end">${linkButton(me.allActivity, '/me/activity', { weight: 'quiet' })}</div>`,
])}`,
  });
}

function room(id: string, title: string, text: string, content: Fill): Html {
  return html`<section class="room" aria-labelledby="${id}"><header><h2 id="${id}">${title}</h2><p>${text}</p></header><div>${content}</div></section>`;
}

/** The one thing that is most worth doing about one's proofs; none when all is well. */
function advice(view: View, proofs: readonly OwnProof[]): Html | undefined {
  const { me } = view.texts;
  const recovery = proofs.find(({ kind }) => kind === 'recovery');
  const others = proofs.filter(
    ({ kind, otherHost }) => kind !== 'recovery' && kind !== 'pass' && otherHost === undefined,
  );
  const say = (title: string, text: string, words: string, href: string) =>
    html`<section class="advice"><div><h2>${title}</h2><p>${text}</p></div>${linkButton(words, href)}</section>`;
  if (others.length === 1) return say(me.oneProof, me.oneProofText, me.addProof, '/me/proofs/add');
  if (others.length === 0) return undefined; // The empty list says it.
  if (recovery === undefined) {
    return say(me.noRecovery, me.noRecoveryText, me.makeCodes, '/me/proofs/add/recovery');
  }
  const left = recovery.codesLeft ?? FEW_CODES;
  if (left >= FEW_CODES) return undefined;
  return say(me.fewCodes(left), me.fewCodesText, me.makeCodes, '/me/proofs/add/recovery');
}
