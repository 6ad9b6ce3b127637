/**
 * Shown in place of a form's answer, where whoever sent the form has to sign in first, or to show a fresh proof. It is the
 * answer to the form itself, at its address: so the browser still holds what was written, and sends it again when the page is
 * loaded anew. We see nothing of it and keep nothing of it. It stands alone, since it comes from the site's own address:
 * nothing of ours can be loaded there.
 */
import { hash } from 'node:crypto';
import { escapeHtml } from '../../http/escape-html.ts';

export interface UnsentData {
  readonly host: string;
  /** Where to sign in, at the site. */
  readonly to: string;
}

/** The colours of our own pages, which can't be loaded here. */
const STYLE = `
:root { color-scheme: light dark; --wall: #efebe3; --lit: #fdfbf8; --ink: #2b2621; --soft: #605a53; --edge: #8b857c; --accent: #1d5763; --on: #fdfbf8; }
@media (prefers-color-scheme: dark) {
  :root { --wall: #110e0c; --lit: #211e1a; --ink: #ebe7df; --soft: #b1aaa1; --edge: #7e7870; --accent: #8acdd6; --on: #0a1a1e; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; background: var(--wall); color: var(--ink); font: 0.9375rem/1.6 system-ui, sans-serif; }
main { max-width: 30rem; min-height: 100vh; margin: 0 auto; padding: 4rem 1.5rem; background: var(--lit); }
svg { display: block; margin: 0 auto 1.5rem; color: var(--accent); fill: none; stroke: currentColor; stroke-width: 2.2; stroke-linecap: round; stroke-linejoin: round; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; text-align: center; }
p { margin: 0 0 1.5rem; color: var(--soft); }
ol { margin: 0; padding-left: 1.25rem; }
li { margin: 0 0 1.5rem; }
a, button { display: flex; align-items: center; justify-content: center; width: 100%; min-height: 52px; margin-top: .75rem; padding: .5rem 1.5rem; border: 1px solid var(--edge); border-radius: 8px; font: inherit; font-weight: 600; color: var(--ink); background: none; text-decoration: none; cursor: pointer; }
a { border-color: transparent; background: var(--accent); color: var(--on); }
[hidden] { display: none; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`;
const MARK =
  '<svg width="40" height="40" viewBox="0 0 24 24" aria-hidden="true"><path d="M3 21.5V12a9 9 0 0 1 18 0v9.5h-4.6V12a4.4 4.4 0 0 0-8.8 0v5"/></svg>';
const SCRIPT = `
const button = document.querySelector('button');
button.hidden = false;
button.addEventListener('click', () => location.reload());
`;

const sha = (text: string) => `'sha256-${hash('sha256', text, 'base64')}'`;

/**
 * Without `form-action`, which no other directive stands in for: browsers hold to it what they send again when a page is loaded anew
 * (CSP3 §6.4.1), and where the application leads from there. The page has no form of its own, and nothing is put in it unescaped.
 */
export const unsentHeaders: readonly string[] = Object.freeze([
  ...['Content-Type', 'text/html; charset=utf-8', 'Cache-Control', 'no-store'],
  'Content-Security-Policy',
  `default-src 'none'; style-src ${sha(STYLE)}; script-src ${sha(SCRIPT)}; frame-ancestors 'none'; base-uri 'none'`,
  ...['X-Content-Type-Options', 'nosniff', 'X-Frame-Options', 'DENY'],
]);

/** ASCII alone: hosts and targets are, as asked.ts reads them. */
export function unsentPage({ host, to }: UnsentData): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Your form was not sent</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${MARK}
<h1>Your form was not sent</h1>
<p>Before ${escapeHtml(host)} takes it, it has to be sure again that it is you. What you wrote is not lost: your browser still has it, as long as this page stays open.</p>
<ol>
<li>Show that it is you, in another tab. <a href="${escapeHtml(to)}" target="_blank" rel="noopener">Show that it is you</a></li>
<li>Come back to this tab, and send it now<noscript> by loading this page again</noscript>. Your browser may ask whether to send the form once more: it is the first time that it arrives. <button type="button" hidden>Send it now</button></li>
</ol>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}
