import type { OwnEvent } from '../../../gate/use-cases/people/activity.ts';
import { type Html, html } from '../html.ts';
import { desk } from '../layout.ts';
import { backLink, linkButton } from '../parts/button.ts';
import { emptyPage } from '../parts/empty-state.ts';
import { moments } from '../parts/moments.ts';
import type { View } from '../view.ts';

export interface ActivityData {
  readonly events: readonly OwnEvent[];
  /** Whether newer ones are left out, and from which event older ones go on. */
  readonly fromStart: boolean;
  readonly older: string | undefined;
}

export function activityPage(view: View, data: ActivityData): Html {
  const { me, shell } = view.texts;
  const newest = !data.fromStart && linkButton(me.newestActivity, '/me/activity');
  const older =
    data.older !== undefined && linkButton(me.olderActivity, `/me/activity?before=${data.older}`);
  return desk(view, {
    title: me.activity,
    body: html`${backLink(shell.account, '/me')}
<div class="greeting"><h1>${me.activity}</h1><p class="soft">${me.activityText}</p></div>
${data.events.length > 0 ? moments(view, data.events) : nothing(view, data)}
<nav class="end" aria-label="${me.activity}">${newest}${older}</nav>`,
  });
}

function nothing({ texts: { me } }: View, { fromStart }: ActivityData): Html {
  return fromStart
    ? emptyPage(me.activityEmpty, me.activityEmptyText)
    : emptyPage(me.activityOver, me.activityOverText);
}
