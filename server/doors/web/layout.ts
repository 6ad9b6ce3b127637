/**
 * The two frames that all pages stand in. The doorway is the sally port itself: a lit arch within an arch, one thing to do.
 * The outer arch is drawn in the accent once the first proof was right: one gate is open, one is to come. The desk is where a
 * person who is in looks after their things.
 */
import { attributes, type Fill, type Html, html } from './html.ts';
import { button } from './parts/button.ts';
import { form } from './parts/form.ts';
import { mark } from './parts/icons.ts';
import type { View } from './view.ts';

export interface Frame {
  readonly title: string;
  /** What went wrong is also said in the title, which screen readers read first. */
  readonly failed?: boolean;
  readonly body: Fill;
  /** The path that the page goes on to by itself. */
  readonly goesTo?: string;
}

const GIVEN_UP_SECONDS = 5;

/**
 * A browser that leaves while its session is being bound loses the answer, and comes back with a cookie that is worth nothing by
 * itself. So browser/bound.ts goes on when that is done; without scripts, or should it never be done, the page goes by itself.
 */
function goesOn(view: View, to: string): Html {
  const after = (seconds: number) =>
    html`<meta http-equiv="refresh" content="${seconds}; url=${to}">`;
  if (view.bound !== 'new') return after(0);
  return html`<noscript>${after(0)}</noscript>${after(GIVEN_UP_SECONDS)}`;
}

function whole(
  view: View,
  frame: Frame,
  bodyClass: string,
  content: Html,
  passkeys: boolean,
): Html {
  const { texts, assets } = view;
  const title = frame.failed === true ? texts.form.errorTitle(frame.title) : frame.title;
  return html`<!doctype html>
<html lang="${texts.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${frame.goesTo !== undefined && goesOn(view, frame.goesTo)}
<title>${title} · ${texts.product}</title>
<link rel="icon" href="${assets['mark.svg']}" type="image/svg+xml">
<link rel="stylesheet" href="${assets['sallyport.css']}">
<script type="module" src="${assets['page.js']}"></script>
${view.bound !== undefined && html`<script type="module" src="${assets['bound.js']}"></script>`}
${passkeys && html`<script type="module" src="${assets['passkey.js']}"></script>`}
</head>
<body${attributes({ class: bodyClass, 'data-bound': view.bound, 'data-csrf': view.bound && view.csrf, 'data-goes-to': view.bound && frame.goesTo })}>
${content}
</body>
</html>
`;
}

export interface Doorway extends Frame {
  /** How many gates are open already. */
  readonly open?: 0 | 1 | 2;
  readonly passkeys?: boolean;
  /** Said small at the foot of the arch. */
  readonly foot?: Fill;
}

export function doorway(view: View, page: Doorway): Html {
  const content = html`<div class="port open-${page.open ?? 0}">
<main id="content" class="lit">
<div class="crown">${mark(40)}</div>
<h1>${page.title}</h1>
${page.body}
<footer class="foot">${page.foot}<p>${view.organisation ?? view.texts.product}</p></footer>
</main>
</div>`;
  return whole(view, page, 'doorway', content, page.passkeys === true);
}

export interface Desk extends Frame {
  readonly passkeys?: boolean;
  /** One narrow column, for a page with one question. */
  readonly narrow?: boolean;
}

export function desk(view: View, page: Desk): Html {
  const { shell, product } = view.texts;
  const who = view.visitor;
  const content = html`<a class="skip" href="#content">${shell.skip}</a>
<header class="bar"><div class="within">
<a class="home" href="/me">${mark(24)}<span>${view.organisation ?? product}</span></a>
${
  who !== undefined &&
  html`<span class="who">${who.displayName}</span>${form(view, '/signout', button(shell.signOut, { weight: 'plain' }))}`
}
</div></header>
<main id="content"${attributes({ class: page.narrow === true ? 'within narrow' : 'within', tabindex: -1 })}>
${page.body}
</main>`;
  return whole(view, page, 'desk', content, page.passkeys === true);
}
