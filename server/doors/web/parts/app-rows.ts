import type { OwnApp } from '../../../gate/use-cases/apps/app-words.ts';
import { type Html, html } from '../html.ts';
import type { View } from '../view.ts';
import { when } from '../words.ts';
import { button } from './button.ts';
import { emptyState } from './empty-state.ts';
import { form } from './form.ts';
import { icon } from './icons.ts';

/** What may act for a person: who first, then what it may and when it last did, and the way to cut it off. */
export function appRows(view: View, list: readonly OwnApp[]): Html {
  const { apps } = view.texts;
  if (list.length === 0) return emptyState(apps.empty, apps.emptyText);
  return html`<ul class="rows">${list.map((app) => row(view, app))}</ul>`;
}

function row(view: View, { id, title, since, lastUsedAt, offline, may }: OwnApp): Html {
  const { apps } = view.texts;
  const cut = form(
    view,
    `/me/apps/${id}/revoke`,
    button(apps.revoke, { weight: 'quiet', label: apps.revokeNamed(title) }),
  );
  return html`<li><span class="niche">${icon('app')}</span>
<span class="said"><b>${title}</b><span class="facts"><span>${apps.used} ${when(view, lastUsedAt)}</span><span>${apps.since} ${when(view, since)}</span><span>${offline ? apps.offline : apps.whileHere}</span>${may.map((one) => html`<span>${one}</span>`)}</span></span>
<span class="does">${cut}</span></li>`;
}
