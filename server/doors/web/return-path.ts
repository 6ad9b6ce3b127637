/**
 * Where to go after signing in: a path on this site, below one of the few places that send people here, or nothing. Written so
 * that no reader of it, ours or a browser's, can be led off the site (CWE-601): one slash and no second, no backslash (which
 * some read as a slash), nothing that is not plain ASCII, no steps up, and nothing that means one thing before decoding and
 * another after.
 */
const PATH = /^\/(?![/\\])[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*$/;
const QUERY = /^[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*$/;
const LONGEST = 2048;
/** The portal, the pages of OpenID Connect and the proxy door. The way in itself would lead round in a circle. */
const PLACES = ['/me', '/oidc', '/gate'];
/** These lead on to another site, once all is well. */
const LEADING_ON = ['/oidc', '/gate'];
/** Where forms lead whose way goes on to another site (routes/onward.ts). */
export const ONWARD = '/signin/onward';
/** A slash, a backslash, a dot or a control character that was hidden by encoding it, or that is encoded twice. */
const HIDDEN = /%(?:2f|5c|2e|25|[01][0-9a-f]|7f)/i;

const below = (path: string, places: readonly string[]) =>
  places.some((place) => path === place || path.startsWith(`${place}/`));

export function returnPath(text: string | undefined): string | undefined {
  if (text === undefined || text.length > LONGEST) return undefined;
  const at = text.indexOf('?');
  const path = at < 0 ? text : text.slice(0, at);
  if (!PATH.test(path) || !QUERY.test(at < 0 ? '' : text.slice(at + 1))) return undefined;
  if (HIDDEN.test(path) || path.includes('//')) return undefined;
  if (path.split('/').some((step) => step === '.' || step === '..')) return undefined;
  if (!below(path, PLACES)) return undefined;
  const here = new URL('https://here.invalid');
  const there = new URL(text, here);
  return there.origin === here.origin && there.pathname === path ? text : undefined;
}

/** Whether the way goes on from there to an address that is not ours. */
export function leadsOn(path: string): boolean {
  const [place = ''] = path.split('?');
  return below(place, LEADING_ON);
}
