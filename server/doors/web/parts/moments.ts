import type { OwnEvent } from '../deps.ts';
import { type Html, html } from '../html.ts';
import type { View } from '../view.ts';
import { ago, deviceName, placeName, when } from '../words.ts';
import { linkButton } from './button.ts';
import { emptyState } from './empty-state.ts';
import { type State, stateIcon } from './state-badge.ts';

const STATES: Readonly<Record<OwnEvent['outcome'], State>> = {
  granted: 'granted',
  challenged: 'challenged',
  refused: 'refused',
  done: 'granted',
  failed: 'refused',
};

export function moments(view: View, events: readonly OwnEvent[]): Html {
  const { me } = view.texts;
  if (events.length === 0) return emptyState(me.activityEmpty, me.activityEmptyText);
  return html`<ul class="rows moments">${events.map((event) => row(view, event))}</ul>`;
}

/** What happened, as its own person is told. */
export function eventWords(view: View, event: OwnEvent): string {
  const { activity, kinds } = view.texts;
  const what = activity.types[event.type] ?? activity.other;
  return event.kind === undefined ? what : activity.withKind(what, kinds[event.kind]);
}

function row(view: View, event: OwnEvent): Html {
  const { me } = view.texts;
  const what = eventWords(view, event);
  const where =
    event.address === undefined && event.userAgent === undefined
      ? undefined
      : html`<span>${deviceName(view.texts, event.userAgent)}</span><span>${placeName(view.texts, event.address)}</span>`;
  const label = me.wasntMeNamed(what, ago(view.texts, event.at, view.now));
  return html`<li>${stateIcon(view, STATES[event.outcome])}
<span class="said"><b>${what}</b><span class="facts"><span>${when(view, event.at)}</span>${where}${event.byOther && html`<span>${me.byAdministrator}</span>`}</span></span>
<span class="does">${linkButton(me.wasntMe, `/me/trouble?event=${event.id}`, { weight: 'quiet', label })}</span></li>`;
}
