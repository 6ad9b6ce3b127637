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

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 32rem; margin: 12vh auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem; }
ol { padding-left: 1.25rem; }
li { margin: 0 0 1.25rem; }
a, button { display: inline-block; margin-top: .5rem; padding: .6rem 1.1rem; border: 1px solid; border-radius: .5rem; font: inherit; color: inherit; background: none; text-decoration: none; cursor: pointer; }
:focus-visible { outline: 3px solid; outline-offset: 2px; }
`;
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
<h1>Your form was not sent</h1>
<p>Before ${escapeHtml(host)} takes it you have to sign in again, or to show a fresh proof. What you wrote is not lost: your browser still has it, as long as this page stays open.</p>
<ol>
<li>Sign in, in another tab.<br><a href="${escapeHtml(to)}" target="_blank" rel="noopener">Sign in</a></li>
<li>Come back to this tab, and load it again. Your browser may ask whether to send the form once more: it is the first time that it arrives.<br><button type="button" hidden>Send it now</button></li>
</ol>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}
