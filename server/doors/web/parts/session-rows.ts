import type { OwnSession } from '../../../gate/use-cases/people/portal.ts';
import { deviceWords } from '../../../http/device-words.ts';
import { type Html, html } from '../html.ts';
import type { View } from '../view.ts';
import { deviceName, placeName, when } from '../words.ts';
import { button } from './button.ts';
import { form } from './form.ts';
import { icon } from './icons.ts';

const PHONES = new Set(['iPhone', 'Android']);

export function sessionRows(view: View, sessions: readonly OwnSession[]): Html {
  const { me } = view.texts;
  const others = sessions.filter(({ current }) => !current);
  const rows = html`<ul class="rows">${sessions.map((session) => row(view, session))}</ul>`;
  if (others.length === 0) return html`${rows}<p class="soft">${me.onlyThis}</p>`;
  const all =
    others.length > 1 &&
    html`<div class="end">${form(view, '/me/sessions/end-others', button(me.endOthers, { weight: 'plain' }))}</div>`;
  return html`${rows}${all}`;
}

function row(view: View, session: OwnSession): Html {
  const { me } = view.texts;
  const agent = session.about?.userAgent ?? undefined;
  const device = deviceName(view.texts, agent);
  const phone = PHONES.has(deviceWords(agent ?? '').system ?? '');
  const address = session.about?.address;
  const end = form(
    view,
    `/me/sessions/${session.id}/end`,
    button(me.end, { weight: 'quiet', label: me.endNamed(device) }),
  );
  return html`<li><span class="niche">${icon(phone ? 'phone' : 'screen')}</span>
<span class="said"><b>${device}</b><span class="facts"><span${title(address)}>${placeName(view.texts, address)}</span><span>${me.seen} ${when(view, session.seenAt)}</span><span>${me.began} ${when(view, session.createdAt)}</span>${binding(view, session)}</span></span>
<span class="does">${session.current ? html`<span class="tag">${me.current}</span>` : end}</span></li>`;
}

/** What a session is worth to whoever takes its cookie. */
function binding(
  { bound, texts: { me } }: View,
  { binding, current }: OwnSession,
): Html | undefined {
  if (binding === 'none') return undefined;
  const words = current ? me.bound : me.boundElsewhere;
  // Its browser is about to show a key (browser/bound.ts), and then says here what came of it.
  if (current && binding === 'unbound' && bound === 'new') {
    return html`<span class="in-a-moment" data-binding="${me.bound}">${me.unbound}</span>`;
  }
  return html`<span>${binding === 'bound' ? words : me.unbound}</span>`;
}

function title(address: string | undefined): Html | undefined {
  return address === undefined ? undefined : html` title="${address}"`;
}
