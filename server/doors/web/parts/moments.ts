import { ProofKind } from '@sallyport/contract/proofs.ts';
import type { OwnEvent } from '../../../gate/use-cases/people/activity.ts';
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
  failed: 'unknown',
};

/** What was done against somebody, and is no good news to them. */
const SHUT_OUT: readonly string[] = ['person.disabled', 'person.erased'];

/** What was done without a question to the gate is not told as an answer of it. */
function stateOf(view: View, { type, outcome }: OwnEvent): Html {
  if (outcome === 'failed') return stateIcon(view, 'unknown', view.texts.atDevice.failed);
  const state = SHUT_OUT.includes(type) ? 'refused' : STATES[outcome];
  return outcome === 'done' ? stateIcon(view, state, view.texts.me.done) : stateIcon(view, state);
}

export function moments(view: View, events: readonly OwnEvent[]): Html {
  const { me } = view.texts;
  if (events.length === 0) return emptyState(me.activityEmpty, me.activityEmptyText);
  return html`<ul class="rows moments">${events.map((event) => row(view, event))}</ul>`;
}

/** What happened, as its own person is told. */
export function eventWords(view: View, event: OwnEvent): string {
  const { activity, kinds } = view.texts;
  const about = event.named && activity.named[event.type]?.(event.named);
  const what = about ?? activity.types[event.type] ?? activity.other;
  const { action, note, purpose, fields, kind } = event.data;
  switch (event.type) {
    case 'access.refused': {
      const doing =
        action === 'enter' ? activity.opening(event.named) : activity.doing[String(action)];
      if (doing === undefined) return what;
      const asked = event.outcome === 'challenged';
      return asked ? activity.askedFirst(doing) : activity.notPermitted(doing);
    }
    case 'entry.refused':
      return event.outcome === 'challenged'
        ? activity.askedFirst(activity.opening(event.named))
        : what;
    case 'login.told': {
      const { told } = view.texts.atDevice;
      const { asked, answer } = event.data;
      return told[`${asked} ${answer}`] ?? told[String(asked)] ?? what;
    }
    case 'session.ended':
      return event.reason === 'asked' && event.actor === undefined ? activity.signedOut : what;
    case 'pass.issued':
      return purpose === 'link' ? activity.linkIssued : what;
    case 'proof.noted':
      return activity.notes[String(note)] ?? what;
    case 'person.changed': {
      const known = Array.isArray(fields) ? fields.map((each) => activity.fields[each]) : [];
      const told = known.filter((each) => each !== undefined).join(', ');
      return told === '' ? what : activity.changed(told);
    }
    default: {
      const read = ProofKind.safeParse(kind);
      return read.success ? activity.withKind(what, kinds[read.data]) : what;
    }
  }
}

/** By whom, where it was someone else or could have been. Who runs the server needs no name to do it. */
function byWhom(view: View, { actor, subject, door }: OwnEvent): string | undefined {
  const { activity } = view.texts;
  if (actor === undefined) return door === 'cli' ? activity.byAdministrator : undefined;
  return actor === subject ? activity.byYou : activity.byAdministrator;
}

/** Why a login at a network device is not what it was. */
function whyAtDevice(view: View, { type, data }: OwnEvent): string | undefined {
  const { answers, whyChanged, whyEnded } = view.texts.atDevice;
  switch (type) {
    case 'login.changed':
      return whyChanged;
    case 'login.told':
      return answers[String(data.answer)];
    case 'login.ended':
      return whyEnded[String(data.why)];
    default:
      return undefined;
  }
}

function row(view: View, event: OwnEvent): Html {
  const { me } = view.texts;
  const what = eventWords(view, event);
  const { personal } = event;
  const why = view.texts.activity.because[event.reason ?? ''] ?? whyAtDevice(view, event);
  const facts = [byWhom(view, event), why]
    .filter((fact) => fact !== undefined)
    .map((fact) => html`<span>${fact}</span>`);
  // Who came by a network device came by no browser: of what they sat at nothing is known.
  const device = event.client ?? deviceName(view.texts, personal?.userAgent);
  const place = html`<span>${placeName(view.texts, personal?.address)}</span>`;
  const nowhere = personal?.address === undefined && personal?.userAgent === undefined;
  const where = nowhere
    ? event.client && html`<span>${event.client}</span>`
    : html`<span>${device}</span>${place}`;
  const label = me.wasntMeNamed(what, ago(view.texts, event.at, view.now));
  return html`<li>${stateOf(view, event)}
<span class="said"><b>${what}</b><span class="facts"><span>${when(view, event.at)}</span>${where}${facts}</span></span>
<span class="does">${linkButton(me.wasntMe, `/me/trouble?event=${event.id}`, { weight: 'quiet', label })}</span></li>`;
}
