import type { RecordedEvent } from '@sallyport/contract/events.ts';
import { ProofKind } from '@sallyport/contract/proofs.ts';
import { type Html, html } from '../html.ts';
import type { View } from '../view.ts';
import { ago, deviceName, placeName, when } from '../words.ts';
import { linkButton } from './button.ts';
import { emptyState } from './empty-state.ts';
import { type State, stateIcon } from './state-badge.ts';

const STATES: Readonly<Record<RecordedEvent['outcome'], State>> = {
  granted: 'granted',
  challenged: 'challenged',
  refused: 'refused',
  done: 'granted',
  failed: 'refused',
};

export function moments(view: View, events: readonly RecordedEvent[]): Html {
  const { me } = view.texts;
  if (events.length === 0) return emptyState(me.activityEmpty, me.activityEmptyText);
  return html`<ul class="rows moments">${events.map((event) => row(view, event))}</ul>`;
}

/** What happened, as its own person is told. */
export function eventWords(view: View, event: RecordedEvent): string {
  const { activity, kinds } = view.texts;
  const what = activity.types[event.type] ?? activity.other;
  const kind = ProofKind.safeParse(event.data.kind);
  return kind.success ? activity.withKind(what, kinds[kind.data]) : what;
}

function row(view: View, event: RecordedEvent): Html {
  const { me } = view.texts;
  const what = eventWords(view, event);
  const { personal } = event;
  const byOther = event.actor !== undefined && event.actor !== event.subject;
  const where =
    personal?.address === undefined && personal?.userAgent === undefined
      ? undefined
      : html`<span>${deviceName(view.texts, personal.userAgent)}</span><span>${placeName(view.texts, personal.address)}</span>`;
  const label = me.wasntMeNamed(what, ago(view.texts, event.at, view.now));
  return html`<li>${stateIcon(view, STATES[event.outcome])}
<span class="said"><b>${what}</b><span class="facts"><span>${when(view, event.at)}</span>${where}${byOther && html`<span>${me.byAdministrator}</span>`}</span></span>
<span class="does">${linkButton(me.wasntMe, `/me/trouble?event=${event.id}`, { weight: 'quiet', label })}</span></li>`;
}
