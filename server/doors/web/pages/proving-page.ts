import { attributes, type Html, html } from '../html.ts';
import { doorway } from '../layout.ts';
import { linkButton } from '../parts/button.ts';
import type { View } from '../view.ts';

/** What is asked again once the key of this browser was shown. */
export interface Onward {
  readonly method: 'get' | 'post';
  /** A path of ours. */
  readonly path: string;
  /** The form as it came, its token included. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** Between a request and its answer, where the key of the browser has to be shown first; gone in a moment (browser/bound.ts). */
export function provingPage(view: View, onward: Onward): Html {
  const { proving } = view.texts;
  const fields = Object.entries(onward.fields ?? {}).map(
    ([name, value]) => html`<input${attributes({ type: 'hidden', name, value })}>`,
  );
  const again = linkButton(proving.signIn, '/signin', { weight: 'primary' });
  if (view.bound === undefined) {
    // Too late for a key: without one this session is of no use here.
    return doorway(view, {
      title: proving.title,
      body: html`<p class="summary" role="alert">${proving.failed}</p>${again}`,
    });
  }
  return doorway(view, {
    title: proving.title,
    body: html`<form data-proving hidden method="${onward.method}" action="${onward.path}">${fields}</form>
<noscript><p class="summary">${proving.needsScript}</p></noscript>
<p class="lead" data-proven="waiting" role="status">${proving.text}</p>
<p class="summary" data-proven="failed" role="alert" hidden>${proving.failed}</p>
<noscript>${again}</noscript>
<div class="stack" data-proven="failed" hidden>${again}</div>`,
  });
}
