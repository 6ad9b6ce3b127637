import assert from 'node:assert/strict';
import type { PasskeyPerson } from './served-people.ts';
import type { WebAnswer, WebClient } from './web-client.ts';

const plain = (text: string) =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

/** What our browser code does on a page that asks for a passkey: shows it, and sends the form. */
export function showPasskey(
  { origin }: { readonly origin: string },
  browser: WebClient,
  page: WebAnswer,
  { passkey }: Pick<PasskeyPerson, 'passkey'>,
): Promise<WebAnswer> {
  const [form = ''] = /<form[^>]*data-passkey="get"[^>]*>/.exec(page.text) ?? [];
  const action = /action="([^"]*)"/.exec(form)?.[1];
  const options = /data-options="([^"]*)"/.exec(form)?.[1];
  assert.ok(action && options, page.text);
  const credential = passkey.get(JSON.parse(plain(options)), origin);
  const fields = { kind: 'webauthn', credential: JSON.stringify(credential) };
  return browser.post(action, fields);
}
