import { attributes, type Fill, type Html, html } from '../html.ts';
import { type IconName, icon } from './icons.ts';
import { withPasskeys } from './passkey-support.ts';

export interface WayContent {
  readonly icon: IconName;
  readonly words: Fill;
  readonly hint: string;
  /** Stands at the end instead of the arrow, such as "Done". */
  readonly tag?: Fill;
  readonly good?: boolean;
}

export interface Way extends WayContent {
  readonly href: string;
  /** Can be chosen only where the browser has passkeys. */
  readonly passkey?: boolean;
}

/** Things to choose from, as rows that a glove can hit. */
export function ways(title: string | undefined, rows: readonly Way[]): Html | undefined {
  if (rows.length === 0) return undefined;
  const all = rows.every(({ passkey }) => passkey);
  return html`<section${attributes({ class: 'ways', ...(all ? withPasskeys : {}) })}>
${title !== undefined && html`<h2>${title}</h2>`}
<ul>${rows.map((row) => html`<li${attributes(row.passkey && !all ? withPasskeys : {})}><a class="way" href="${row.href}">${wayContent(row)}</a></li>`)}</ul>
</section>`;
}

export function wayContent(row: WayContent): Html {
  const tag = row.good === true ? 'tag good' : 'tag';
  const end =
    row.tag === undefined
      ? html`<span class="next">${icon('next')}</span>`
      : html`<span class="${tag}">${row.tag}</span>`;
  return html`<span class="niche">${icon(row.icon)}</span><span class="said"><b>${row.words}</b><span>${row.hint}</span></span>${end}`;
}
